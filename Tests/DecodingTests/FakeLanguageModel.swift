// A language model whose next word depends on every word before, as a recurrent network's does: by a hash of all of
// them.

import Decoding
import Glibc
import Synchronization

struct FakeLanguageModel: RecurrentLanguageModel {
    /// Tokens from 2 on.
    let words: [String]
    let unknown = 0
    let end = 1
    /// How often a state has read a word.
    let reads = Reads()

    init(_ words: [String]) { self.words = words }

    func token(of word: String) -> Int { words.firstIndex(of: word).map { $0 + 2 } ?? unknown }
    func makeStates(_ count: Int) -> any LanguageModelStates { FakeStates(self, count) }

    /// ln p of each token after the tokens `before`.
    func logPosteriors(after before: [Int]) -> [Float] {
        var generator = SeededGenerator(
            state: before.reduce(7) { ($0 &* 31 &+ UInt64($1) &+ 1) &* 0x9E37_79B9_7F4A_7C15 })
        let values = (0..<words.count + 2).map { _ in Float.random(in: 0.05...1, using: &generator) }
        return values.map { log($0 / values.reduce(0, +)) }
    }

    /// ln p of each word after those before it, and of the end.
    func logs(of words: [String]) -> [Double] {
        let tokens = words.map(token) + [end]
        return tokens.indices.map { Double(logPosteriors(after: Array(tokens[..<$0]))[tokens[$0]]) }
    }

    final class Reads: Sendable {
        let count = Atomic(0)
    }
}

private final class FakeStates: LanguageModelStates, @unchecked Sendable {
    private let model: FakeLanguageModel
    private var histories: [[Int]]
    private let values: UnsafeMutablePointer<Float>

    init(_ model: FakeLanguageModel, _ count: Int) {
        self.model = model
        // What no history is, so that a place that was never written shows.
        histories = Array(repeating: [-1], count: count)
        values = .allocate(capacity: model.words.count + 2)
    }

    deinit { values.deallocate() }

    func begin(_ place: Int) -> UnsafePointer<Float> { put([], at: place) }

    func advance(_ place: Int, by token: Int, to other: Int) -> UnsafePointer<Float> {
        precondition(place != other && histories[place] != [-1], "a word is read from a state that is there")
        model.reads.count.add(1, ordering: .relaxed)
        return put(histories[place] + [token], at: other)
    }

    private func put(_ history: [Int], at place: Int) -> UnsafePointer<Float> {
        histories[place] = history
        for (token, value) in model.logPosteriors(after: history).enumerated() { values[token] = value }
        return UnsafePointer(values)
    }
}

// The states of a recurrent language model after the hypotheses of one search: counted references in a fixed number of
// places with a list of free ones, as BeamHistory's nodes. Beside each state lie the log-posteriors of what may come
// next, of the search's words alone: to score a word is to read one of them. The network runs once for each new history
// that lives on.
//
//     columns     0: the end    1: words that the model does not know    2 + w: word w of the search
//
// A search needs no more places than its hypotheses of this step and of the next, one for the begin, and one to look at
// an end.

/// States, and what they say of the next word. A class, so that a search that is only looked at can try an end.
final class KeptStates: @unchecked Sendable {
    // Sendable: it belongs to one search, which one thread uses at a time.

    /// The place of the state at the begin of an utterance, which is always there.
    static let begin: Int32 = 0
    static let endColumn: Int32 = 0, unknownColumn: Int32 = 1, firstWord: Int32 = 2

    private let states: any LanguageModelStates
    /// The token of each column.
    private let tokens: [Int]
    /// [places, columns]
    private var logPosteriors: [Float]
    private var references: [Int]
    private var free: [Int32]

    /// Places for a search of `width` hypotheses for `words`.
    init(_ model: any RecurrentLanguageModel, words: [String], width: Int) {
        let places = 2 * width + 2
        states = model.makeStates(places)
        tokens = [model.end, model.unknown] + words.map(model.token)
        logPosteriors = Array(repeating: 0, count: places * tokens.count)
        references = Array(repeating: 0, count: places)
        free = []
        free.reserveCapacity(places)
        store(states.begin(Int(Self.begin)), at: Self.begin)
        clear()
    }

    /// Forgets every state but that at the begin.
    func clear() {
        free.removeAll(keepingCapacity: true)
        for place in references.indices.reversed() {
            references[place] = 0
            if place != Self.begin { free.append(Int32(place)) }
        }
        references[Int(Self.begin)] = 1
    }

    /// How many places are in use.
    var count: Int { references.count - free.count }

    func logPosterior(_ column: Int32, at place: Int32) -> Float {
        logPosteriors[Int(place) * tokens.count + Int(column)]
    }

    func retain(_ place: Int32) { references[Int(place)] += 1 }

    func release(_ place: Int32) {
        references[Int(place)] -= 1
        precondition(references[Int(place)] >= 0, "a state is released as often as it was retained")
        if references[Int(place)] == 0 { free.append(place) }
    }

    /// The place of the state after `place` and the word of `column`; it is retained once.
    func advance(_ place: Int32, by column: Int32) -> Int32 {
        guard let other = free.popLast() else {
            preconditionFailure("a search keeps more states than it has hypotheses")
        }
        references[Int(other)] = 1
        store(states.advance(Int(place), by: tokens[Int(column)], to: Int(other)), at: other)
        return other
    }

    private func store(_ values: UnsafePointer<Float>, at place: Int32) {
        let first = Int(place) * tokens.count
        for (column, token) in tokens.enumerated() { logPosteriors[first + column] = values[token] }
    }
}

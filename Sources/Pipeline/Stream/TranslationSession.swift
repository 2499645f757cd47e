// One stream of lines to be translated, from its bytes to what it says. An encoder reads a line as a whole, so nothing
// is said before a line has ended; then its translation is. Times are counts of source tokens.

import Decoding
import Recurrent

/// A stream of steps: what the engine and files ask of it, whatever its model does.
package protocol StepSession: AnyObject {
    /// Bytes, in any cut; ``work(budget:into:)`` must follow.
    func append(_ bytes: some Sequence<UInt8>)
    /// No more bytes will come.
    func finish()
    /// The stream ends for a reason that its bytes do not have.
    func stop(code: String, text: String, into events: inout [SessionEvent])
    /// Nobody waits for what would be made up behind the end.
    func abandon()
    /// From the next sequence on these networks read.
    func read(with readings: Readings, into events: inout [SessionEvent])
    /// Reads what the bytes hold, about `budget` steps at the most.
    func work(budget: Int, into events: inout [SessionEvent])
    /// Steps that have been read.
    var now: Int { get }
    /// The bytes hold more.
    var isInterrupted: Bool { get }
    /// Nothing more will be said.
    var isOver: Bool { get }
}

extension SequenceSession: StepSession {}

/// What a line became.
package struct TranslatedLine: Sendable, Equatable {
    /// Counts the stream's lines with text from 1.
    package var number: Int
    package var start: Int
    package var end: Int
    package var source: String
    package var text: String
    /// ln P of the whole, in nats.
    package var logProbability: Double
}

/// One stream of lines and its memory. Used by one thread at a time.
package final class TranslationSession: StepSession {
    /// Characters of a line at the most, so that memory has an end.
    private static let longestLine = 1 << 16

    private let translator: Translator
    private var reader = TextReader(.characters)
    private var line = String.UnicodeScalarView()
    /// Characters of the line at hand: one that is longer than may be is passed over to its end.
    private var length = 0
    /// Lines that have ended, and those of them that were translated.
    private var lines = 0
    private var number = 0
    package private(set) var now = 0
    private var hasBegun = false
    package private(set) var isOver = false
    package private(set) var isInterrupted = false

    package init(_ model: TranslationModel, _ options: TranslationOptions = TranslationOptions()) {
        translator = Translator(model, options)
    }

    /// - Throws: ``ModelError`` for a reading of the source from one side.
    package static func check(_ model: TranslationModel, _ readings: Readings) throws(ModelError) {
        guard readings == .offline || readings == .online else {
            throw .kind(
                path: model.path,
                reason: "it reads a line as a whole, once; there are no two readings (mode both) to compare")
        }
    }

    package func append(_ bytes: some Sequence<UInt8>) { if !isOver { reader.append(bytes) } }
    package func abandon() {}
    package func finish() { if !isOver { reader.finish() } }

    package func stop(code: String, text: String, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        events.append(.problem(code: code, text: text, at: now))
        reader.finish()
    }

    package func read(with readings: Readings, into events: inout [SessionEvent]) {
        do {
            try Self.check(translator.model, readings)
        } catch {
            events.append(.problem(code: "unfit-model", text: "\(error)", at: now))
        }
    }

    package func work(budget: Int, into events: inout [SessionEvent]) {
        var left = budget
        isInterrupted = false
        while !isOver {
            guard left > 0 else {
                isInterrupted = true
                return
            }
            do {
                switch try reader.next() {
                case .token(let character):
                    take(character)
                    // A walk over characters costs little, and not nothing.
                    if length % 64 == 0 { left -= 1 }
                case .lineEnd: left -= endLine(into: &events)
                case .needsBytes: return
                case .finished: end(into: &events)
                }
            } catch {
                events.append(.problem(code: error.code, text: "\(error)", at: now))
                line.removeAll()
                end(into: &events)
            }
        }
    }

    private func take(_ character: String) {
        length += 1
        if length <= Self.longestLine { line.append(contentsOf: character.unicodeScalars) }
    }

    /// Says what the line became. Returns the steps that it took, about.
    private func endLine(into events: inout [SessionEvent]) -> Int {
        let text = String(line)
        defer {
            line.removeAll(keepingCapacity: true)
            length = 0
        }
        lines += 1
        guard !text.allSatisfy(\.isWhitespace) else { return 1 }
        if !hasBegun {
            hasBegun = true
            let units = translator.model.source.units.rawValue
            events.append(.beginSequence(SequenceFormat(container: "text", encoding: units, rate: 1, width: 1)))
        }
        guard length <= Self.longestLine else {
            let text = "line \(lines) has more than \(Self.longestLine) characters; part it"
            events.append(.problem(code: "line-too-long", text: text, at: now))
            return 1
        }
        number += 1
        let start = now
        do throws(TranslationError) {
            let translation = try translator.translate(text), best = translation.candidates[0]
            now += translation.source.count - 1
            events.append(
                .translation(
                    TranslatedLine(
                        number: number, start: start, end: now, source: text, text: best.text,
                        logProbability: best.logProbability)))
            return translation.source.count + best.tokens.count * translator.options.beam
        } catch {
            events.append(.problem(code: "line-too-long", text: "line \(lines): \(error)", at: now))
            return 1
        }
    }

    private func end(into events: inout [SessionEvent]) {
        if !line.isEmpty { _ = endLine(into: &events) }
        isOver = true
        if !hasBegun { events.append(.problem(code: "empty-stream", text: "not one line with text came", at: 0)) }
        events.append(.end(samples: now))
    }
}

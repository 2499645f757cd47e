// One stream of lines to be translated, from its bytes to what it says. An encoder reads a line as a whole, so nothing
// is said before a line has ended; then its translation is: a second reading without a first. Times are counts of
// source tokens.

import Decoding
import Events
import Glibc
import Recurrent

/// One stream of lines and its memory.
package struct TranslationSession: StreamSession, ~Copyable {
    /// Characters of a line at the most, so that memory has a bound.
    private static let longestLine = 1 << 16
    /// Tokens of lines that may wait for their translation.
    private static let mostWaiting = 4096

    private let model: Model
    private let translator: Translator
    private var reader = TextReader(.characters)
    private var line = String.UnicodeScalarView()
    /// Characters of the line at hand: one that is longer than may be is passed over to its end.
    private var length = 0
    /// Lines that have ended, and those of them that were translated.
    private var lines = 0
    private var number = 0
    private var now = 0
    private var budget = Int.max
    private var hasBegun = false
    package var second: SecondReadings
    package private(set) var isOver = false
    package private(set) var isInterrupted = false

    /// - Throws: ``ModelError`` when the model cannot do what is asked for.
    package init(_ model: Model, _ options: SessionOptions = SessionOptions()) throws(ModelError) {
        try Self.check(model, options.reading)
        try model.checkHasNoSound(options)
        guard options.generation == nil else {
            throw .kind(
                path: model.path, reason: "it translates lines, and generates nothing after them: leave generate out")
        }
        self.model = model
        translator = Translator(model, options.translation)
        second = SecondReadings(handsOver: options.handsOverUtterances, limit: Self.mostWaiting)
    }

    /// - Throws: ``ModelError`` for a reading of the source from one side.
    package static func check(_ model: Model, _ reading: Reading) throws(ModelError) {
        guard reading != .both else {
            throw .kind(
                path: model.path,
                reason: "it reads a line as a whole, once; there are no two readings (mode both) to compare")
        }
    }

    package mutating func enter(_ bytes: UnsafeRawBufferPointer) { if !isOver { reader.append(bytes) } }
    package mutating func enterEndOfRecording() {}
    package mutating func enterEnd() { if !isOver { reader.finish() } }
    package mutating func abandon() {}

    package mutating func enterStop(
        code: String, text: String, insideOnly: Bool, into events: inout [SessionEvent]
    ) {
        guard !isOver else { return }
        // Its lines are whole, or a line without its end is one.
        if !insideOnly { second.say(.problem(code: code, text: text, at: now), into: &events) }
        reader.finish()
    }

    package mutating func enterBreakOff(code: String, text: String, into events: inout [SessionEvent]) {
        enterStop(code: code, text: text, insideOnly: false, into: &events)
    }

    package mutating func enterReading(_ reading: Reading, into events: inout [SessionEvent]) {
        do {
            try Self.check(model, reading)
        } catch {
            second.say(.problem(code: "unfit-model", text: "\(error)", at: now), into: &events)
        }
    }

    package var position: Int { now }
    package var seconds: Double? { nil }

    package mutating func beginSlice(budget: Int) { self.budget = budget }

    /// Gives no steps: the source is read as a whole.
    package mutating func prepare(
        _ steps: UnsafeMutablePointer<Float>?, limit: Int, into events: inout [SessionEvent]
    ) -> Int {
        isInterrupted = false
        while !isOver {
            isInterrupted = second.isFull || budget <= 0
            if isInterrupted { return 0 }
            do {
                switch try reader.next() {
                case .token(let character):
                    take(character)
                    // A walk over characters costs little, and not nothing.
                    if length % 64 == 0 { budget -= 1 }
                case .lineEnd: endLine(into: &events)
                case .needsBytes: return 0
                case .finished: end(into: &events)
                }
            } catch {
                second.say(.problem(code: error.code, text: "\(error)", at: now), into: &events)
                line.removeAll()
                end(into: &events)
            }
        }
        return 0
    }

    package func add(row: Int, count: Int, to batch: StepBatch) {}
    package mutating func decode(row: Int, count: Int, of batch: StepBatch, into events: inout [SessionEvent]) {}

    private mutating func take(_ character: String) {
        length += 1
        if length <= Self.longestLine { line.append(contentsOf: character.unicodeScalars) }
    }

    /// Has the line translated.
    private mutating func endLine(into events: inout [SessionEvent]) {
        let text = String(line), length = length
        line.removeAll(keepingCapacity: true)
        self.length = 0
        lines += 1
        budget -= 1
        guard !text.allSatisfy(\.isWhitespace) else { return }
        if !hasBegun {
            hasBegun = true
            events.append(.said(.streamStart(model.streamStart)))
        }
        func refuse(_ reason: String) -> SessionEvent {
            .problem(code: "line-too-long", text: "line \(lines)\(reason)", at: now)
        }
        guard length <= Self.longestLine else {
            return second.say(refuse(" has more than \(Self.longestLine) characters; part it"), into: &events)
        }
        do throws(TranslationError) {
            translate(text, try translator.source(text), into: &events)
        } catch {
            second.say(refuse(": \(error)"), into: &events)
        }
    }

    private mutating func translate(_ text: String, _ source: [Int], into events: inout [SessionEvent]) {
        number += 1
        let (number, start, end) = (number, now, now + source.count - 1)
        now = end
        budget -= source.count
        let (model, translator) = (model, translator)
        let ended = EndedUtterance(number: number, decided: now, weight: source.count) { events in
            let best = translator.translate(source).candidates[0]
            let line = Translated(
                sequence: number, start: model.time(start), end: model.time(end), read: text, text: best.text,
                confidence: exp(best.logProbability).inFourPlaces, decided: model.time(end))
            events.append(.said(.translation(line)))
        }
        second.read(ended, into: &events)
    }

    private mutating func end(into events: inout [SessionEvent]) {
        if !line.isEmpty { endLine(into: &events) }
        isOver = true
        if !hasBegun { events.append(.problem(code: "empty-stream", text: "not one line with text came", at: 0)) }
        second.say(.end(samples: now), into: &events)
    }
}

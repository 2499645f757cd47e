// How the tests of this target make steps and feed them. One step is 100 samples at 1 kHz, so 0.1 s, and it can be
// computed 50 samples after its end. Posteriors are given as probabilities and fed as logarithms.

import Decoding
import Glibc

let stepSamples = 100
let sampleRate = 1000

/// The posteriors of each step, [T][N].
typealias Posteriors = [[Float]]

func span(_ index: Int) -> StepSpan {
    let start = index * stepSamples
    return StepSpan(start: start, end: start + stepSamples, available: start + stepSamples + 50)
}

/// Feeds `posteriors` as the steps that follow step `first`.
func feed(_ posteriors: Posteriors, to decoder: inout Decoder, from first: Int = 0) -> [Decoded] {
    var events: [Decoded] = []
    for (index, row) in posteriors.enumerated() {
        row.map { log($0) }.withUnsafeBufferPointer { decoder.step($0, span(first + index), into: &events) }
    }
    return events
}

/// All events of one utterance, `finish` included: the stream ends 50 samples after the last step.
func decode(
    _ posteriors: Posteriors, _ options: DecoderOptions, _ vocabulary: Vocabulary, lexicon: Lexicon? = nil,
    languageModel: NGramModel? = nil, recurrent: FakeLanguageModel? = nil
) throws -> [Decoded] {
    var decoder = try Decoder(
        options: options, vocabulary: vocabulary, sampleRate: sampleRate, lexicon: lexicon,
        languageModel: languageModel, recurrent: recurrent)
    var events = feed(posteriors, to: &decoder)
    decoder.finish(decided: posteriors.count * stepSamples + 50, into: &events)
    return events
}

/// A small generator with a fixed seed (splitmix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `steps` rows of `width` posteriors, each one of a few levels, so that ties are common; rows do not sum to 1.
    mutating func posteriors(steps: Int, width: Int) -> Posteriors {
        (0..<steps).map { _ in (0..<width).map { _ in Float(Int.random(in: 1...6, using: &self)) / 6 } }
    }
}

extension [Decoded] {
    var labels: [Label] {
        compactMap { if case .label(let label) = $0 { label } else { nil } }
    }
    var partials: [String] {
        compactMap { if case .partial(let text, _, _) = $0 { text } else { nil } }
    }
    var texts: [String] { labels.map(\.text) }
    var endpoints: [Int] {
        compactMap { if case .endpoint(let decided) = $0 { decided } else { nil } }
    }
    var starts: [Int] {
        compactMap { if case .speechStart(let at, _) = $0 { at } else { nil } }
    }
    var ends: [Int] {
        compactMap { if case .speechEnd(let at, _) = $0 { at } else { nil } }
    }

    /// Says what is wrong with the order of the events, or nil: segments are start, then partials and labels, then end,
    /// then (but for the last) endpoint; decisions never go back in time; what a partial calls stable, all later ones
    /// and the labels begin with.
    var disorder: String? {
        var inSegment = false
        var mayEnd = false
        var clock = Int.min
        var stable = ""
        var told: [String] = []
        for event in self {
            let decided: Int
            switch event {
            case .speechStart(let at, let time):
                if inSegment { return "a segment inside a segment" }
                if at > time { return "speech began after it was heard" }
                (inSegment, mayEnd, decided) = (true, false, time)
                (stable, told) = ("", [])
            case .partial(let text, let prefix, let time):
                if !inSegment { return "a partial outside a segment" }
                if !text.hasPrefix(stable) { return "\"\(stable)\" was stable, and became \(text)" }
                if !text.hasPrefix(prefix) { return "\"\(prefix)\" is no beginning of \(text)" }
                stable = prefix
                decided = time
            case .label(let label):
                if !inSegment { return "a label outside a segment" }
                if label.start >= label.end || label.end > label.decided { return "a label's times: \(label)" }
                if !(0...1).contains(label.confidence) { return "a label's confidence: \(label)" }
                told.append(label.text)
                decided = label.decided
            case .speechEnd(_, let time):
                if !inSegment { return "an end without a start" }
                let text = told.joined(separator: " ")
                if !text.hasPrefix(stable) { return "\"\(stable)\" was stable, and became \(text)" }
                (inSegment, mayEnd, decided) = (false, true, time)
            case .endpoint(let time):
                if !mayEnd { return "an endpoint without an end of speech" }
                (mayEnd, decided) = (false, time)
            }
            if decided < clock { return "a decision went back in time: \(event)" }
            clock = decided
        }
        return inSegment ? "the last segment has no end" : nil
    }
}

// The decoder settings of a model file: one JSON object with snake_case keys. A missing key takes its default;
// an unknown key is an error, so that a misspelt one is not silently ignored.

import Schema

/// How posteriors become labels.
package struct DecoderOptions: Equatable {
    /// How the network was trained to name things.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// Connectionist temporal classification: the labels in order, blanks between them.
        case ctc
        /// A posterior of every label at every step, or one for the utterance: see ``pooling``.
        case framewise
    }

    /// `kind`: `ctc` (the default) or `framewise`.
    package var kind = Kind.ctc
    /// `joins_characters` (true): join characters to words at the separator. Read by `ctc` alone.
    package var joinsCharacters = true
    /// `partials` (true): tell the hypothesis of a segment whenever it changes.
    package var partials = true
    /// `on_threshold` (0.8): the smoothed posterior that opens a label, above 0, at most 1. Read by `framewise` alone.
    package var onThreshold: Float = 0.8
    /// `off_threshold` (0.5): an open label closes below it, 0 to `on_threshold`. Read by `framewise` alone.
    package var offThreshold: Float = 0.5
    /// `minimum_duration` (0.1), seconds: a label is decided once it has been open so long. Read by `framewise` alone.
    package var minimumDuration = 0.1
    /// `refractory` (0.5), seconds: a label that closed does not open again so soon. Read by `framewise` alone.
    package var refractory = 0.5
    /// `smoothing` (1), steps, 1 to 1000: length of the moving average over posteriors. Read by `framewise` alone.
    package var smoothing = 1
    /// `delay` (0), steps, 0 to 100: a step's posteriors are about the one so many before it. Read by `framewise`
    /// alone.
    package var delay = 0
    /// `pooling` (none): `last`, `mean` or `max`: an utterance has one label, from the outputs of its steps pooled so,
    /// as the network's loss has pooled them. Then of the keys for `framewise` none is read, but `threshold` is. Read
    /// by `framewise` alone.
    package var pooling: SequencePooling?
    /// `endpoint_silence` (1), seconds of non-speech that end a segment; 0 means that silence never does.
    package var endpointSilence = 1.0
    /// `maximum_utterance` (60), seconds: a longer segment is cut at its next non-speech step, or 2 seconds later.
    package var maximumUtterance = 60.0
    /// `blank` (none): name of CTC's blank; `ctc` needs one.
    package var blank: String?
    /// `separator` (none): name of the label between words.
    package var separator: String?
    /// `non_speech` (empty): names of labels that are neither text nor speech.
    package var nonSpeech: [String] = []
    /// `garbage` (empty): names of labels that are speech but never told: "a word that is none of the others".
    package var garbage: [String] = []
    /// `threshold` (0), 0 to 1: a label of less confidence is dropped. Read by `ctc` and `pooling` alone.
    package var threshold: Float = 0
    /// `thresholds` (empty): label to the threshold that counts for it in place of `threshold`.
    package var thresholds: [String: Float] = [:]
    /// `beam_width` (0): hypotheses of the prefix beam search, at most 1000; 0 decodes the best path. Read by `ctc`
    /// alone, and the keys that follow by the prefix beam search alone.
    package var beamWidth = 0
    /// `beam_threshold` (10): ln of how much less probable than the best hypothesis one may be, above 0, at most 1000.
    package var beamThreshold: Float = 10
    /// `beam_symbols` (20): the symbols followed at each step, 1 to 1000, the most probable ones.
    package var beamSymbols = 20
    /// `stability` (0.9), above 0.5, at most 1: a label is decided once hypotheses of this share of the probability
    /// have it.
    package var stability = 0.9
    /// `maximum_delay` (0.3), seconds from a label's end: then the best hypothesis decides. 0 means never.
    package var maximumDelay = 0.3
    /// `lm_weight` (0.5), 0 to 10: exponent of the language model's probability of each word; 0 leaves it out.
    package var languageModelWeight: Float = 0.5
    /// `lm_mixture` (0.5), 0 to 1: the share of an attached recurrent language model in that probability; the rest is
    /// that of the model's own n-gram model. Where there is one of both, it has all.
    package var languageModelMixture: Float = 0.5
    /// `word_bonus` (0), -100 to 100: ln of what each word multiplies a hypothesis's probability by.
    package var wordBonus: Float = 0

    /// The defaults.
    package init() {}

    /// Throws `DecodingError.badOption` with the key of the first value that makes no sense.
    package func validate() throws(DecodingError) {
        if let fault { throw DecodingError(fault) }
        func check(_ key: String, _ value: some Any, _ isGood: Bool, _ expected: String) throws(DecodingError) {
            if !isGood { throw .badOption(key: key, found: "\(value)", expected: expected) }
        }
        try check(
            "off_threshold", offThreshold, offThreshold <= onThreshold,
            "a number from 0 to on_threshold, which is \(onThreshold)")
        try check(
            "pooling", pooling?.rawValue ?? "none", kind == .framewise || pooling == nil,
            "kind framewise with it, or leave it out")
        try check("blank", "missing", kind != .ctc || blank != nil, "the name of the blank label, or kind framewise")
    }
}

extension DecoderOptions: Options {
    package static let rows: [OptionRow<Self>] = [
        .init("kind", \.kind),
        .init("joins_characters", \.joinsCharacters),
        .init("partials", \.partials),
        .init("on_threshold", \.onThreshold, "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 },
        .init("off_threshold", \.offThreshold, "a number from 0 to 1") { (0...1).contains($0) },
        .init("minimum_duration", \.minimumDuration, seconds, day.contains),
        .init("refractory", \.refractory, seconds, day.contains),
        .init("smoothing", \.smoothing, "1 to 1000 steps", (1...1000).contains),
        .init("delay", \.delay, "0 to 100 steps", (0...100).contains),
        .init("pooling", \.pooling),
        .init("endpoint_silence", \.endpointSilence, seconds, day.contains),
        .init("maximum_utterance", \.maximumUtterance, "seconds from 0.1 to 86400", (0.1...86_400).contains),
        .init("blank", \.blank),
        .init("separator", \.separator),
        .init("non_speech", \.nonSpeech),
        .init("garbage", \.garbage),
        .init("threshold", \.threshold, "a number from 0 to 1") { (0...1).contains($0) },
        .init("thresholds", \.thresholds, "numbers from 0 to 1") { $0.values.allSatisfy { (0...1).contains($0) } },
        .init("beam_width", \.beamWidth, "0 to 1000 hypotheses", (0...1000).contains),
        .init("beam_threshold", \.beamThreshold, "a number above 0, at most 1000") { $0 > 0 && $0 <= 1000 },
        .init("beam_symbols", \.beamSymbols, "1 to 1000 symbols", (1...1000).contains),
        .init("stability", \.stability, "a number above 0.5 and at most 1") { $0 > 0.5 && $0 <= 1 },
        .init("maximum_delay", \.maximumDelay, seconds, day.contains),
        .init("lm_weight", \.languageModelWeight, "a number from 0 to 10") { (0...10).contains($0) },
        .init("lm_mixture", \.languageModelMixture, "a number from 0 to 1") { (0...1).contains($0) },
        .init("word_bonus", \.wordBonus, "a number from -100 to 100") { (-100...100).contains($0) },
    ]

    package static let subject = "the decoder"

    private static let seconds = "seconds from 0 to 86400", day = 0.0...86_400

    package static func error(_ fault: OptionFault) -> any Error { DecodingError(fault) }
}

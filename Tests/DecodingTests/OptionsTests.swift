// The decoder settings of a model file, and the vocabulary they name: defaults, every key, every error.

import Decoding
import Foundation
import Testing

@Suite struct OptionsTests {
    private func options(_ json: String) throws -> DecoderOptions {
        try JSONDecoder().decode(DecoderOptions.self, from: Data(json.utf8))
    }

    @Test func missingKeysTakeTheirDefaults() throws {
        let options = try options("{}")
        #expect(options == DecoderOptions())
        #expect(options.kind == .ctc)
        #expect(options.joinsCharacters)
        #expect(options.partials)
        #expect(options.onThreshold == 0.8)
        #expect(options.offThreshold == 0.5)
        #expect(options.minimumDuration == 0.1)
        #expect(options.refractory == 0.5)
        #expect(options.smoothing == 1)
        #expect(options.endpointSilence == 1)
        #expect(options.maximumUtterance == 60)
        #expect(options.blank == nil && options.separator == nil && options.nonSpeech == [])
        #expect(options.garbage == [] && options.threshold == 0 && options.thresholds == [:])
        #expect(options.beamWidth == 0)
        #expect(options.beamThreshold == 10)
        #expect(options.beamSymbols == 20)
        #expect(options.stability == 0.9)
        #expect(options.maximumDelay == 0.3)
        #expect(options.languageModelWeight == 0.5)
        #expect(options.languageModelMixture == 0.5)
        #expect(options.wordBonus == 0)
    }

    @Test func everyKeyIsReadAndWritten() throws {
        let json = """
            {"kind": "framewise", "joins_characters": false, "partials": false, "on_threshold": 0.75,
             "off_threshold": 0.25, "minimum_duration": 0.2, "refractory": 1, "smoothing": 5, "delay": 3,
             "endpoint_silence": 0, "maximum_utterance": 30, "blank": "-", "separator": "_", "non_speech": ["'"],
             "garbage": ["B"], "threshold": 0.4, "thresholds": {"A": 0.6}, "beam_width": 8, "beam_threshold": 12,
             "beam_symbols": 5, "stability": 0.9, "maximum_delay": 0, "lm_weight": 1.5, "lm_mixture": 0.25,
             "word_bonus": -2}
            """
        var expected = DecoderOptions()
        expected.kind = .framewise
        expected.joinsCharacters = false
        expected.partials = false
        expected.onThreshold = 0.75
        expected.offThreshold = 0.25
        expected.minimumDuration = 0.2
        expected.refractory = 1
        expected.smoothing = 5
        expected.delay = 3
        expected.endpointSilence = 0
        expected.maximumUtterance = 30
        expected.blank = "-"
        expected.separator = "_"
        expected.nonSpeech = ["'"]
        expected.garbage = ["B"]
        expected.threshold = 0.4
        expected.thresholds = ["A": 0.6]
        expected.beamWidth = 8
        expected.beamThreshold = 12
        expected.beamSymbols = 5
        expected.stability = 0.9
        expected.maximumDelay = 0
        expected.languageModelWeight = 1.5
        expected.languageModelMixture = 0.25
        expected.wordBonus = -2
        let options = try options(json)
        #expect(options == expected)
        try options.validate()
        let written = try JSONEncoder().encode(options)
        #expect(try JSONDecoder().decode(DecoderOptions.self, from: written) == options)
    }

    @Test func anUnknownKeyIsAnError() {
        #expect(throws: DecodingError.unknownOption(key: "on_treshold")) { try options(#"{"on_treshold": 0.5}"#) }
    }

    @Test(arguments: [#"{"kind": "viterbi"}"#, #"{"smoothing": 1.5}"#, #"{"blank": 0}"#, "[]"])
    func aValueOfTheWrongTypeIsAnError(json: String) {
        #expect(throws: DecodingError.self) { try options(json) }
    }

    @Test(arguments: [
        ("on_threshold", #"{"on_threshold": 0}"#), ("on_threshold", #"{"on_threshold": 1.1}"#),
        ("off_threshold", #"{"off_threshold": -0.1}"#), ("off_threshold", #"{"off_threshold": 0.9}"#),
        ("minimum_duration", #"{"minimum_duration": -1}"#), ("refractory", #"{"refractory": 1e9}"#),
        ("delay", #"{"delay": -1}"#), ("smoothing", #"{"smoothing": 0}"#), ("smoothing", #"{"smoothing": 1001}"#),
        ("endpoint_silence", #"{"endpoint_silence": -0.5}"#), ("maximum_utterance", #"{"maximum_utterance": 0}"#),
        ("blank", #"{"kind": "ctc"}"#), ("threshold", #"{"threshold": 1.5}"#),
        ("thresholds", #"{"thresholds": {"A": -1}}"#), ("beam_width", #"{"beam_width": -1}"#),
        ("beam_threshold", #"{"beam_threshold": 0}"#), ("beam_symbols", #"{"beam_symbols": 0}"#),
        ("stability", #"{"stability": 0.5}"#), ("maximum_delay", #"{"maximum_delay": -1}"#),
        ("lm_weight", #"{"lm_weight": 11}"#), ("word_bonus", #"{"word_bonus": 1000}"#),
        ("lm_mixture", #"{"lm_mixture": 1.5}"#),
    ])
    func aBadValueIsAnErrorThatNamesItsKey(key: String, json: String) throws {
        let error = #expect(throws: DecodingError.self) { try options(json).validate() }
        #expect(error?.description.contains("'\(key)'") == true)
    }

    @Test func notANumberIsABadValue() {
        var options = DecoderOptions()
        options.blank = "-"
        options.onThreshold = .nan
        #expect(throws: DecodingError.self) { try options.validate() }
        options.onThreshold = 0.8
        options.refractory = .nan
        #expect(throws: DecodingError.self) { try options.validate() }
    }

    @Test func namesBecomeIndices() throws {
        var options = DecoderOptions()
        options.blank = "-"
        options.separator = "_"
        options.nonSpeech = ["'", "B"]
        let vocabulary = try Vocabulary(labels: characters.labels, options: options)
        #expect(vocabulary.blank == 0)
        #expect(vocabulary.separator == 1)
        #expect(vocabulary.nonSpeech == [3, 4])
    }

    @Test func aNameThatIsNoLabelIsAnErrorThatNamesItsKey() {
        func error(_ change: (inout DecoderOptions) -> Void) -> DecodingError? {
            var options = DecoderOptions()
            change(&options)
            return #expect(throws: DecodingError.self) { try Vocabulary(labels: ["a"], options: options) }
        }
        #expect(error { $0.blank = "b" } == .unknownLabel(key: "blank", name: "b"))
        #expect(error { $0.separator = "b" } == .unknownLabel(key: "separator", name: "b"))
        #expect(error { $0.garbage = ["b"] } == .unknownLabel(key: "garbage", name: "b"))
        #expect(error { $0.nonSpeech = ["a", "b"] } == .unknownLabel(key: "non_speech", name: "b"))
    }

    @Test(arguments: [([], 0), (["a", ""], 1), (["a", "b", "a"], 2)] as [([String], Int)])
    func labelsMustBeThereAndDiffer(labels: [String], index: Int) {
        let error = #expect(throws: DecodingError.self) { try Vocabulary(labels: labels) }
        #expect(error?.description.hasPrefix("label \(index) ") == true)
    }

    @Test func theNetworkHasOneOutputForEachLabel() throws {
        try characters.validate(outputs: 5)
        #expect(throws: DecodingError.widthMismatch(labels: 5, outputs: 29)) { try characters.validate(outputs: 29) }
    }
}

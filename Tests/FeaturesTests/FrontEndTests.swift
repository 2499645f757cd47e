// Options: their JSON, their defaults, their limits, and the messages of what is wrong.

import Features
import Foundation
import Testing

@Suite struct FrontEndTests {
    private func decode(_ json: String) throws -> FrontEnd {
        try JSONDecoder().decode(FrontEnd.self, from: Data(json.utf8))
    }

    @Test func missingKeysTakeDefaults() throws {
        #expect(try decode("{}") == FrontEnd())
        #expect(try decode(#"{"mel": {}, "deltas": {}}"#) == FrontEnd())
        let mfcc = try decode(#"{"output": {"mfcc": {}}}"#)
        #expect(mfcc.output == .mfcc(FrontEnd.MFCC()))
        #expect(try decode(#"{"output": "mfcc"}"#) == mfcc)
        #expect(try decode(#"{"output": {}}"#) == mfcc)
        #expect(try decode(#"{"stack": 3}"#).stackHop == 3)
        #expect(FrontEnd().highHz == 8000)
    }

    /// Every key, with a value that is not its default.
    @Test func everyKeyIsRead() throws {
        let ours = try decode(
            #"""
            {"sample_rate": 8000, "window_samples": 200, "hop_samples": 80, "fft_size": 256, "window": "povey",
             "window_is_periodic": false, "window_placement": "centre", "frame_span": "fft", "pre_emphasis": 0.97,
             "remove_mean": true, "sample_scale": 32768, "spectrum": "magnitude",
             "mel": {"bands": 40, "low_hz": 60, "high_hz": 3800, "scale": "slaney", "shape": "linear_in_hz",
                     "norm": "slaney"},
             "log": {"offset": 0.001}, "output": {"mfcc": {"coefficients": 20, "scaling": "tensorflow", "lifter": 22}},
             "deltas": {"order": 2, "window": 3}, "tail": "pad", "trail_samples": 8000, "stack": 4, "stack_hop": 2, "stack_tail": "repeat"}
            """#)
        var frontEnd = FrontEnd()
        (frontEnd.sampleRate, frontEnd.windowSamples, frontEnd.hopSamples, frontEnd.fftSize) = (8000, 200, 80, 256)
        (frontEnd.window, frontEnd.windowIsPeriodic) = (.povey, false)
        (frontEnd.windowPlacement, frontEnd.frameSpan) = (.centre, .fft)
        (frontEnd.preEmphasis, frontEnd.removeMean, frontEnd.sampleScale) = (0.97, true, 32768)
        (frontEnd.spectrum, frontEnd.log, frontEnd.tail) = (.magnitude, .offset(0.001), .pad)
        frontEnd.trailSamples = 8000
        (frontEnd.mel.bands, frontEnd.mel.lowHz, frontEnd.mel.highHz) = (40, 60, 3800)
        (frontEnd.mel.scale, frontEnd.mel.shape, frontEnd.mel.norm) = (.slaney, .linearInHz, .slaney)
        var mfcc = FrontEnd.MFCC()
        (mfcc.coefficients, mfcc.scaling, mfcc.lifter) = (20, .tensorflow, 22)
        frontEnd.output = .mfcc(mfcc)
        (frontEnd.deltas.order, frontEnd.deltas.window) = (2, 3)
        (frontEnd.stack, frontEnd.stackHop, frontEnd.stackTail) = (4, 2, .repeat)
        #expect(ours == frontEnd)
        try ours.validate()
        let plan = try FeaturePlan(ours)
        #expect(plan.stepFeatures == 20 * 3 * 4)
        #expect(plan.stepSamples == 160)
        #expect(plan.spanSamples == 3 * 80 + 256)
        #expect(plan.lookaheadSamples == 2 * 3 * 80)
    }

    @Test(arguments: StreamingTests.frontEnds) func encodingIsReadBack(frontEnd: FrontEnd) throws {
        #expect(try JSONDecoder().decode(FrontEnd.self, from: JSONEncoder().encode(frontEnd)) == frontEnd)
    }

    @Test(arguments: [
        (#"{"hop_sample": 160}"#, "hop_sample"), (#"{"mel": {"high": 1}}"#, "mel.high"),
        (#"{"output": {"mfcc": {"c0": true}}}"#, "output.mfcc.c0"), (#"{"output": {"plp": {}}}"#, "output.plp"),
    ]) func unknownKeysAreNamed(json: String, key: String) throws {
        let error = #expect(throws: FeatureError.self) { try decode(json) }
        guard case .unknownKey(key, let known) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try #require(error).description.contains(try #require(known.first)))
    }

    @Test(arguments: [
        (#"{"hop_samples": "ten"}"#, "hop_samples is ten; it must be a whole number"),
        (#"{"hop_samples": 1.5}"#, "hop_samples"),
        (#"{"window": "han"}"#, "window is han; it must be one of hann, hamming"), (#"{"mel": 3}"#, "mel is"),
        (#"{"mel": {"scale": "bark"}}"#, "mel.scale is bark; it must be one of htk, slaney"),
        (#"{"log": {}}"#, "log is"), (#"{"log": {"floor": 1, "offset": 1}}"#, "log is"),
        (#"{"output": "plp"}"#, "output is plp; it must be log_mel"), (#"{"mel": {"high_hz": "x"}}"#, "mel.high_hz"),
        (#"{"deltas": {"order": null, "window": true}}"#, "deltas.window"),
    ]) func badValuesAreNamed(json: String, text: String) throws {
        let error = #expect(throws: FeatureError.self) { try decode(json) }
        #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }

    static let broken: [(String, @Sendable (inout FrontEnd) -> Void)] = [
        ("sample_rate", { $0.sampleRate = 0 }), ("fft_size", { $0.fftSize = 1 << 20 }),
        ("window_samples", { $0.windowSamples = 513 }), ("window_samples", { $0.windowSamples = 1 }),
        ("hop_samples", { $0.hopSamples = 0 }), ("hop_samples", { $0.hopSamples = 401 }),
        ("pre_emphasis", { $0.preEmphasis = 1.1 }), ("pre_emphasis", { $0.preEmphasis = .nan }),
        ("sample_scale", { $0.sampleScale = 0 }), ("mel.bands", { $0.mel.bands = 0 }),
        ("mel.low_hz", { $0.mel.lowHz = 8000 }), ("mel.low_hz", { $0.mel.lowHz = -1 }),
        ("mel.high_hz", { $0.mel.highHz = 8001 }), ("log.floor", { $0.log = .floor(0) }),
        ("log.offset", { $0.log = .offset(-1) }), ("deltas.order", { $0.deltas.order = 3 }),
        ("deltas.window", { $0.deltas.window = 0 }), ("stack", { $0.stack = 0 }), ("stack_hop", { $0.stackHop = 2 }),
        ("stack_hop", { $0.stackHop = 0 }),
        (
            "output.mfcc.coefficients",
            {
                var mfcc = FrontEnd.MFCC()
                mfcc.coefficients = 81
                $0.output = .mfcc(mfcc)
            }
        ),
        (
            "output.mfcc.lifter",
            {
                var mfcc = FrontEnd.MFCC()
                mfcc.lifter = -1
                $0.output = .mfcc(mfcc)
            }
        ),
    ]

    @Test(arguments: broken.indices) func limitsAreKept(index: Int) throws {
        let (key, breakIt) = Self.broken[index]
        var frontEnd = FrontEnd()
        try frontEnd.validate()
        breakIt(&frontEnd)
        let error = #expect(throws: FeatureError.self) { try FeaturePlan(frontEnd) }
        guard case .badOption(key, _, _) = error else {
            Issue.record("\(key): \(String(describing: error))")
            return
        }
    }

    /// Mel options that the output does not use are neither validated nor given memory.
    @Test func logSpectrumIgnoresMel() throws {
        var frontEnd = FrontEnd()
        (frontEnd.output, frontEnd.mel.bands) = (.logSpectrum, -1)
        #expect(try steps(frontEnd, speech()).first?.count == 257)
    }

    @Test func normalisationMustFit() throws {
        let good = [Float](repeating: 1, count: 80)
        var bad = good
        _ = try FeaturePlan(.an4, normalisation: Normalisation(mean: good, std: good))
        for value in [0, -1, Float.nan, .infinity] {
            bad[7] = value
            let error = #expect(throws: FeatureError.self) {
                try FeaturePlan(.an4, normalisation: Normalisation(mean: good, std: bad))
            }
            #expect(error?.description.contains("std[7]") == true)
        }
        #expect(throws: FeatureError.self) { try FeaturePlan(.an4, normalisation: Normalisation(mean: bad, std: good)) }
        #expect(throws: FeatureError.self) {
            try FeaturePlan(.an4, normalisation: Normalisation(mean: good, std: good.dropLast()))
        }
    }
}

// The limits of every option. They keep a hostile model file from asking for absurd memory, and a plan's arithmetic
// inside Int.

extension FrontEnd {
    /// Holds every option against its limits; the error names the JSON key, the value and the limits.
    package func validate() throws(FeatureError) {
        try require("sample_rate", sampleRate, in: 1000...384_000)
        try require("fft_size", fftSize, in: 2...65_536)
        try require("window_samples", windowSamples, in: 2...fftSize, "fft_size")
        try require("hop_samples", hopSamples, in: 1...windowSamples, "window_samples, or samples would be skipped")
        try require("pre_emphasis", preEmphasis, in: 0...1)
        try require("sample_scale", sampleScale, in: 1e-6...1e9)
        try require("deltas.order", deltas.order, in: 0...2)
        try require("deltas.window", deltas.window, in: 1...16)
        try require("trail_samples", trailSamples, in: 0...10 * sampleRate, "ten seconds")
        try require("stack", stack, in: 1...64)
        try require("stack_hop", stackHop, in: 1...stack, "stack, or frames would be skipped")
        try log.validate()
        if output != .logSpectrum { try mel.validate(nyquistHz: Double(sampleRate) / 2) }
        if case .mfcc(let mfcc) = output { try mfcc.validate(bands: mel.bands) }
        try require(
            "stack", frameFeatures * stack, in: 1...Self.mostStepFeatures, "values of a step, frames times stack")
    }

    /// Values of one step: many times what any network is trained on, and little memory.
    private static let mostStepFeatures = 65_536
}

extension FrontEnd.Log {
    func validate() throws(FeatureError) {
        switch self {
        case .floor(let value): try require("log.floor", value, in: Self.limits)
        case .offset(let value): try require("log.offset", value, in: Self.limits)
        }
    }

    /// From the smallest normal float up: with 0, silence would give minus infinity.
    private static let limits = Double(Float.leastNormalMagnitude)...1e9
}

extension FrontEnd.Mel {
    func validate(nyquistHz: Double) throws(FeatureError) {
        try require("mel.bands", bands, in: 1...1024)
        if let highHz {
            try require("mel.high_hz", highHz, in: 1...nyquistHz, "half the sample rate")
        }
        let top = highHz ?? nyquistHz
        try require("mel.low_hz", lowHz, in: 0...top - 1, "1 Hz below mel.high_hz")
    }
}

extension FrontEnd.MFCC {
    func validate(bands: Int) throws(FeatureError) {
        try require("output.mfcc.coefficients", coefficients, in: 1...bands, "mel.bands")
        try require("output.mfcc.lifter", lifter, in: 0...1000)
    }
}

/// Throws unless `value` is in `limits` (which a NaN never is). `upper` says where the upper limit comes from.
private func require<Value: Comparable>(
    _ key: String, _ value: Value, in limits: ClosedRange<Value>, _ upper: String? = nil
) throws(FeatureError) {
    guard !limits.contains(value) else { return }
    let reason = upper.map { " (\($0))" } ?? ""
    throw .badOption(
        key: key, found: "\(value)", wanted: "from \(limits.lowerBound) to \(limits.upperBound)\(reason)")
}

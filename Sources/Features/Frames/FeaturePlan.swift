// The tables of a front end, made once per model and shared by its streams.

/// Window, Fourier plan, mel weights, cosine table and normalisation of one front end. Immutable.
package final class FeaturePlan: Sendable {
    /// The options that this plan carries out.
    package let frontEnd: FrontEnd
    /// Mean and deviation of a frame, or nil: frames are given as they are.
    package let normalisation: Normalisation?
    /// [windowSamples], times `sampleScale`.
    let window: [Float]
    /// Where the window stands in the transform.
    let windowOffset: Int
    /// How far into a frame's samples the window begins: `windowOffset` if a frame spans the transform.
    let sourceOffset: Int
    let transform: SpectrumTransform
    /// nil for the output `logSpectrum`.
    let filterbank: MelFilterbank?
    /// nil unless the output is `mfcc`.
    let dct: DCT?
    /// 1 / std, [frameFeatures], or empty.
    let inverseStd: [Float]

    /// Validates the front end and makes its tables. Throws if an option is out of its limits, or if the normalisation
    /// is not [frameFeatures] finite numbers with deviations above 0.
    package init(_ frontEnd: FrontEnd, normalisation: Normalisation? = nil) throws(FeatureError) {
        try frontEnd.validate()
        try normalisation?.validate(features: frontEnd.frameFeatures)
        self.frontEnd = frontEnd
        self.normalisation = normalisation
        let scale = Float(frontEnd.sampleScale)
        window = frontEnd.window.values(count: frontEnd.windowSamples, periodic: frontEnd.windowIsPeriodic)
            .map { $0 * scale }
        windowOffset = frontEnd.windowPlacement == .left ? 0 : (frontEnd.fftSize - frontEnd.windowSamples) / 2
        sourceOffset = frontEnd.frameSpan == .fft ? windowOffset : 0
        transform = SpectrumTransform(size: frontEnd.fftSize)
        filterbank = frontEnd.output == .logSpectrum ? nil : MelFilterbank(frontEnd)
        if case .mfcc(let mfcc) = frontEnd.output { dct = DCT(mfcc, bands: frontEnd.mel.bands) } else { dct = nil }
        inverseStd = normalisation?.std.map { 1 / $0 } ?? []
    }

    /// Floats in one step, after deltas and stacking.
    package var stepFeatures: Int { frontEnd.frameFeatures * frontEnd.stack }

    /// Samples from one step to the next.
    package var stepSamples: Int { frontEnd.hopSamples * frontEnd.stackHop }

    /// Samples that the frames of one step cover. A step also waits for `lookaheadSamples` more.
    package var spanSamples: Int { (frontEnd.stack - 1) * frontEnd.hopSamples + frontEnd.frameSamples }

    /// Samples beyond a step's span that its deltas look at; 0 without deltas.
    package var lookaheadSamples: Int { frontEnd.deltas.order * frontEnd.deltas.window * frontEnd.hopSamples }

    /// Samples at the start of a frame that were already under, or before, the window of the frame ahead of it.
    var windowOverlap: Int { sourceOffset + frontEnd.windowSamples - frontEnd.hopSamples }

    /// Mel bands that hold no bin of the transform, as in librosa always at the logarithm's floor: fewer bands or a
    /// larger `fft_size` would fill them.
    package var emptyMelBands: [Int] { filterbank?.emptyBands ?? [] }
}

extension Normalisation {
    /// Throws unless there are `features` means and deviations that one can divide by.
    func validate(features: Int) throws(FeatureError) {
        guard mean.count == features, std.count == features else {
            throw .badNormalisation(
                problem: "there are \(mean.count) means and \(std.count) deviations, a frame has \(features) features")
        }
        if let index = mean.firstIndex(where: { !$0.isFinite }) {
            throw .badNormalisation(problem: "mean[\(index)] is \(mean[index]); it must be a finite number")
        }
        if let index = std.firstIndex(where: { !($0.isFinite && $0 >= .leastNormalMagnitude) }) {
            throw .badNormalisation(problem: "std[\(index)] is \(std[index]); it must be a finite number above 0")
        }
    }
}

// One frame of samples to one frame of static features, as Kaldi orders it:
//   scale -> remove the mean -> pre-emphasis -> window -> |FFT|² or |FFT| -> mel -> ln -> DCT
// Float throughout, every sum in one fixed order. Against float64, librosa and kaldi-native-fbank on speech: log-mel
// within 1e-4 in bands less than 60 dB under the loudest, within 1e-3 everywhere; ARM's MFCC within 1e-4.

/// The intermediate values of one frame; a stream owns one and reuses it for all its frames.
package struct FrameScratch: ~Copyable, Sendable {
    /// [fftSize]: the windowed samples; what lies beside the window stays 0.
    package let windowed: FloatBuffer
    /// [2 * bins]: (re, im) pairs.
    package let complex: FloatBuffer
    /// [bins], then zeros up to whole quads.
    package let spectrum: FloatBuffer
    /// [mel.bands] up to whole quads; empty for the output `logSpectrum`.
    package let energies: FloatBuffer
    /// [mel.bands]: the logarithms on their way to the cosine transform; empty but for the output `mfcc`.
    package let logarithms: FloatBuffer

    /// Buffers for the frames of one front end.
    package init(_ frontEnd: FrontEnd) {
        windowed = FloatBuffer(count: frontEnd.fftSize)
        complex = FloatBuffer(count: 2 * frontEnd.bins)
        spectrum = FloatBuffer(count: wholeQuads(frontEnd.bins))
        energies = FloatBuffer(count: frontEnd.output == .logSpectrum ? 0 : wholeQuads(frontEnd.mel.bands))
        if case .mfcc = frontEnd.output {
            logarithms = FloatBuffer(count: frontEnd.mel.bands)
        } else {
            logarithms = FloatBuffer(count: 0)
        }
    }
}

extension FeaturePlan {
    /// Analyses one frame, samples [frameSamples]. Writes features [staticFeatures].
    package func analyse(
        _ samples: UnsafePointer<Float>, scratch: borrowing FrameScratch, into features: UnsafeMutablePointer<Float>
    ) {
        applyWindow(samples + sourceOffset, into: scratch.windowed.start + windowOffset)
        transform.transform(scratch.windowed, into: scratch.complex)

        frontEnd.spectrum.apply(scratch.complex.start, into: scratch.spectrum.start, bins: transform.bins)
        guard let filterbank else {
            return frontEnd.log.apply(scratch.spectrum.start, into: features, count: transform.bins)
        }
        filterbank.apply(scratch.spectrum.start, into: scratch.energies.start)
        let logarithms = dct == nil ? features : scratch.logarithms.start
        frontEnd.log.apply(scratch.energies.start, into: logarithms, count: frontEnd.mel.bands)
        dct?.apply(logarithms, into: features)
    }

    /// y = (x - mean) / std, in place on a frame [frameFeatures] with its deltas.
    func normalise(_ frame: UnsafeMutablePointer<Float>) {
        guard let normalisation else { return }
        normalisation.mean.withUnsafeBufferPointer { mean in
            inverseStd.withUnsafeBufferPointer { scale in
                for i in 0..<mean.count { frame[i] = (frame[i] - mean[i]) * scale[i] }
            }
        }
    }

    /// Mean, pre-emphasis and window in one pass: x [windowSamples], out [windowSamples]. The window holds the scale.
    private func applyWindow(_ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
        let a = Float(frontEnd.preEmphasis)
        window.withUnsafeBufferPointer { window in
            if a == 0 && !frontEnd.removeMean {
                for i in 0..<window.count { out[i] = x[i] * window[i] }
            } else {
                let mean = frontEnd.removeMean ? Self.mean(x, count: window.count) : 0
                let first = x[0] - mean
                out[0] = (first - a * first) * window[0]
                for i in 1..<window.count { out[i] = ((x[i] - mean) - a * (x[i - 1] - mean)) * window[i] }
            }
        }
    }

    /// The mean of x [count]; the sum is taken in sixteen lanes, lane i of samples i, i + 16, …
    private static func mean(_ x: UnsafePointer<Float>, count: Int) -> Float {
        var lanes = SIMD16<Float>.zero
        let whole = count & ~15
        for i in stride(from: 0, to: whole, by: 16) {
            lanes += UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
        }
        var sum: Float = 0
        for lane in 0..<16 { sum += lanes[lane] }
        for i in whole..<count { sum += x[i] }
        return sum / Float(count)
    }
}

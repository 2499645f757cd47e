// The sound of a picture as a model's front end sees it, before it is normalised and stacked: what a network's inputs
// are made of.

import Features
import Foundation
import Pipeline

extension SpectrogramPanel {
    /// The frames of samples at the model's rate: the logarithms of its mel bands, or of the spectrum where it has no
    /// bands. Without deltas, normalisation, stacking and trail. nil when there is no frame.
    package init?(_ samples: [Float], frontEnd: FrontEnd) throws {
        var options = frontEnd
        if options.output != .logSpectrum { options.output = .logMel }
        options.deltas = FrontEnd.Deltas()
        (options.stack, options.stackHop, options.trailSamples) = (1, 1, 0)
        let plan = try FeaturePlan(options)
        let (frames, count) = plan.steps(of: samples)
        guard count > 0,
            let image = LevelImage(
                spectrogram: Array(frames.values.prefix(count * plan.stepFeatures)), bands: plan.stepFeatures,
                unit: (options.spectrum == .power ? 10 : 20) / M_LN10)
        else { return nil }
        // A frame stands for the hop in the middle of its window.
        let rate = Double(options.sampleRate), start = Double(options.frameSamples - options.hopSamples) / 2 / rate
        self.init(
            image, start: start, end: start + Double(count * options.hopSamples) / rate,
            frequencies: options.output == .logSpectrum ? 0...rate / 2 : options.mel.lowHz...options.highHz)
    }
}

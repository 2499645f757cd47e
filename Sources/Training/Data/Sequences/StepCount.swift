// How many steps a front end makes of a sound, and when each of them is.

import Features

extension FeaturePlan {
    /// The steps that a whole sound of `samples` samples gives.
    package func stepCount(samples: Int) -> Int {
        let frontEnd = frontEnd, samples = samples > 0 ? samples + frontEnd.trailSamples : 0
        var frames = samples < frontEnd.frameSamples ? 0 : (samples - frontEnd.frameSamples) / frontEnd.hopSamples + 1
        if frontEnd.tail == .pad, samples > 0 {
            // A frame more as long as there are samples that no window saw.
            let offset =
                frontEnd.frameSpan == .fft && frontEnd.windowPlacement == .centre
                ? (frontEnd.fftSize - frontEnd.windowSamples) / 2 : 0
            let unseen = samples - (offset + frontEnd.windowSamples - frontEnd.hopSamples)
            frames = max(1, unseen > 0 ? (unseen - 1) / frontEnd.hopSamples + 1 : 0)
        }
        let whole = frames < frontEnd.stack ? 0 : (frames - frontEnd.stack) / frontEnd.stackHop + 1
        let covered = whole == 0 ? 0 : frontEnd.stack + (whole - 1) * frontEnd.stackHop
        return whole + (frontEnd.stackTail == .repeat && frames > covered ? 1 : 0)
    }

    /// The middle of what each step covers, seconds from the start of the sound: [steps].
    package func stepCentres(_ steps: Int) -> [Double] {
        (0..<steps).map { (Double($0 * stepSamples) + Double(spanSamples) / 2) / Double(frontEnd.sampleRate) }
    }

    /// All steps of a whole sound, written to rows [stepCount(samples:), stepFeatures].
    func write(stepsOf samples: [Float], to rows: UnsafeMutableBufferPointer<Float>) {
        var extractor = FeatureExtractor(self)
        var written = 0
        func collect(_ extractor: inout FeatureExtractor) {
            while written < rows.count,
                extractor.next(
                    into: UnsafeMutableBufferPointer(rebasing: rows[written..<(written + stepFeatures)]))
            {
                written += stepFeatures
            }
        }
        samples.withUnsafeBufferPointer { samples in
            var taken = 0
            while taken < samples.count, written < rows.count {
                taken += extractor.append(UnsafeBufferPointer(rebasing: samples[taken...]))
                collect(&extractor)
            }
        }
        extractor.finish()
        collect(&extractor)
        precondition(written == rows.count, "a sound gave fewer steps than stepCount promised")
    }

    /// All steps of a whole sound, [steps, stepFeatures].
    package func rows(of samples: [Float]) -> [Float] {
        let count = stepCount(samples: samples.count) * stepFeatures
        return [Float](unsafeUninitializedCapacity: count) { rows, initialised in
            rows.initialize(repeating: 0)
            write(stepsOf: samples, to: UnsafeMutableBufferPointer(rebasing: rows[..<count]))
            initialised = count
        }
    }
}

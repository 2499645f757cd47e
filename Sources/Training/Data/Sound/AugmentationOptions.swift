// How sound is varied from epoch to epoch: the recipe's words. Each group may be missing: then that is not done.
// Probabilities are per example; ranges are drawn from uniformly, written [low, high] or as one number.

import Decoding

/// A range to draw from, and how often. JSON: `{"range": [0.9, 1.1], "probability": 0.5}`, or the range alone.
package struct Variation: Sendable, Equatable {
    package var range: ClosedRange<Double>
    /// Default 1.
    package var probability = 1.0

    package init(_ range: ClosedRange<Double>, probability: Double = 1) {
        self.range = range
        self.probability = probability
    }

    /// A number of the range, or nil when this example is spared. Draws two numbers in either case.
    func draw(_ random: inout RandomSource) -> Double? {
        let isTaken = random.chance(probability)
        let value = random.uniform(in: range)
        return isTaken ? value : nil
    }
}

/// All that can be done to sound, in the order in which it is done.
package struct AugmentationOptions: Sendable, Equatable {
    /// Factor of speed and pitch, 0.5 to 2, drawn for each clip of an example.
    package var speed: Variation?
    /// Factor of tempo without a change of pitch, 0.5 to 2, drawn for each example: the front end's hop is so much
    /// longer.
    package var tempo: Variation?
    /// Clips joined to a longer example.
    package var join: Join?
    /// Silence around an example.
    package var padding: Padding?
    /// Seconds by which the sound is moved to and fro within its length, at the most, 0 to 10.
    package var shift: Double?
    /// Reverberation of a made-up room.
    package var room: Room?
    /// Other people's talk.
    package var babble: Babble?
    /// Recorded noise.
    package var noise: Noise?
    /// Treble against bass, dB, -24 to 24: a first-order shelf around 1 kHz.
    package var tiltDB: Variation?
    /// Probability of a telephone's band, 300 to 3400 Hz.
    package var telephone: Double?
    /// Loudness, dB, -60 to 40.
    package var gainDB: Variation?
    /// A floor of faint white noise, dB of full scale, -120 to -20: padding is never quite silent.
    package var floorDB: Variation?
    /// How far, dB, 0 to 40, the peaks stand above the level at which they are cut off.
    package var clippingDB: Variation?
    /// Bands and stretches of the features that are wiped out.
    package var masks: Masks?

    /// Nothing is done.
    package init() {}

    /// Clips joined to one example; their texts are joined too.
    package struct Join: Sendable, Equatable {
        /// Default 0.5.
        package var probability = 0.5
        /// How many clips. Default 2 to 4.
        package var clips = 2...4
        /// Seconds of silence between them, 0 to 10. Default 0.1 to 0.6.
        package var gap = 0.1...0.6
        /// No longer than so many seconds. Default 15.
        package var maximumSeconds = 15.0
        package init() {}
    }

    /// Silence around an example.
    package struct Padding: Sendable, Equatable {
        /// Seconds ahead of it, 0 to 60. Default none.
        package var before = 0.0...0.0
        /// Seconds after it, 0 to 60. Default none.
        package var after = 0.0...0.0
        package init() {}
    }

    /// A room made up of a direct path, a few reflections, and noise that dies away.
    package struct Room: Sendable, Equatable {
        /// Default 0.5.
        package var probability = 0.5
        /// Seconds until reverberation has fallen by 60 dB, 0.05 to 2. Default 0.1 to 0.5.
        package var rt60 = 0.1...0.5
        /// Energy of the direct path over that of all the rest, dB, -20 to 40. Default 0 to 12.
        package var directDB = 0.0...12.0
        package init() {}
    }

    /// Recorded noise.
    package struct Noise: Sendable, Equatable {
        /// Default 0.5.
        package var probability = 0.5
        /// Power of the sound over that of the noise, dB, -40 to 100. Default 5 to 25.
        package var snrDB = 5.0...25.0
        /// Where the noise is.
        package var sources: [SourceOptions] = []
        package init() {}
    }

    /// Other people's talk.
    package struct Babble: Sendable, Equatable {
        /// Default 0.2.
        package var probability = 0.2
        /// Power of the sound over that of all other voices, dB, -40 to 100. Default 5 to 20.
        package var snrDB = 5.0...20.0
        /// How many others. Default 1 to 3.
        package var voices = 1...3
        /// Where the voices are. Default: the training clips themselves.
        package var sources: [SourceOptions] = []
        package init() {}
    }

    /// Masks over features, as SpecAugment has them (Park et al. 2019), at unit widths of bands and seconds.
    package struct Masks: Sendable, Equatable {
        /// Masks over time. Default 2.
        package var time = 2
        /// Seconds that each covers at the most. Default 0.3.
        package var timeSeconds = 0.3
        /// Share of the example that one covers at the most. Default 0.2.
        package var timeShare = 0.2
        /// Masks over bands. Default 2.
        package var frequency = 2
        /// Features of a frame that each covers at the most. Default 12.
        package var bands = 12
        package init() {}
    }

    /// Whether the samples of a whole clip stay as they are.
    var leavesSound: Bool {
        var rest = self
        rest.masks = nil
        return rest == AugmentationOptions()
    }
}

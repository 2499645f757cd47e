// Interleaved frames to mono: one channel, or the mean m = (Σ s_c x_c) / C, summed in channel order, with all signs s_c
// = 1.
//
// Channels of opposite phase cancel in that mean. Over blocks of a sixteenth of a second, counted from the recording's
// begin, it is compared with what channels that have nothing to do with each other would give: C² E(m) = Σ E(x_c), E a
// sum of squares. Ten decibels below that, the channels that run against the loudest, x_r, are inverted from the next
// block on: s_c is the sign of Σ x_c x_r, so that the mean has at least the energy of x_r / C. All this counts samples
// and nothing else, so it does not depend on the cut; sound that does not cancel passes bit for bit.

import Glibc

/// Mixes a recording's frames.
struct Mixdown {
    /// Samples per frame.
    let channels: Int
    /// The channel to take; nil for the mean.
    private let channel: Int?
    private let blockFrames: Int
    /// C² E(m) below this part of Σ E(x_c) is cancellation.
    private static let cancelling = 0.1
    /// Blocks this much below the loudest so far, as hum or noise between words, decide nothing.
    private static let quiet = 0.01

    private var signs: [Float]
    private var energies: [Double]
    private var products: [Double]
    private var mixed = 0.0
    private var loudest = 0.0
    private var reference = 0
    /// Frames of the block at hand.
    private var frames = 0
    private var hasWarned = false

    /// Frames of `channels` samples at `sampleRate`, of which `channel` is taken, or the mean.
    init(channels: Int, channel: Int?, sampleRate: Int) {
        self.channels = channels
        self.channel = channel
        blockFrames = max(256, sampleRate / 16)
        signs = [Float](repeating: 1, count: channels)
        energies = [Double](repeating: 0, count: channels)
        products = energies
    }

    /// The most frames that may be mixed at a time: up to the end of a block.
    var framesToDecision: Int { channels == 1 || channel != nil ? .max : blockFrames - frames }

    /// Mixes `output.count` frames of `input`, `[frames, channels]`, to `[frames]`, at most ``framesToDecision``. What
    /// is to be said of the recording, if anything.
    mutating func mix(_ input: UnsafePointer<Float>, into output: UnsafeMutableBufferPointer<Float>) -> AudioWarning? {
        if let channel {
            for i in output.indices { output[i] = input[i * channels + channel] }
            return nil
        }
        if channels == 1 {
            output.baseAddress?.update(from: input, count: output.count)
            return nil
        }
        addUp(input, output)
        frames += output.count
        return frames == blockFrames ? decide() : nil
    }

    private mutating func addUp(_ input: UnsafePointer<Float>, _ output: UnsafeMutableBufferPointer<Float>) {
        let (channels, reference) = (channels, reference)
        var mixed = mixed
        energies.withUnsafeMutableBufferPointer { energies in
            products.withUnsafeMutableBufferPointer { products in
                signs.withUnsafeBufferPointer { signs in
                    for i in output.indices {
                        let frame = input + i * channels
                        let against = Double(frame[reference])
                        var sum: Float = 0
                        for c in 0..<channels {
                            sum += signs[c] * frame[c]
                            let sample = Double(frame[c])
                            energies[c] += sample * sample
                            products[c] += sample * against
                        }
                        output[i] = sum / Float(channels)
                        mixed += Double(output[i]) * Double(output[i])
                    }
                }
            }
        }
        self.mixed = mixed
    }

    /// The end of a block.
    private mutating func decide() -> AudioWarning? {
        frames = 0
        defer { forget() }
        let total = energies.reduce(0, +), most = energies.max() ?? 0
        // Samples that are no numbers say nothing of phases.
        guard total.isFinite, mixed.isFinite else { return nil }
        loudest = max(loudest, total)
        guard energies[reference] * 4 >= most else {
            reference = energies.firstIndex(of: most) ?? 0
            return nil
        }
        let share = mixed * Double(channels * channels) / total
        guard total > 0, total >= loudest * Self.quiet, share < Self.cancelling else { return nil }
        return invert(decibels: share > 0 ? Int((-10 * log10(share)).rounded()) : nil)
    }

    /// Turns round what runs against the reference; says so once a recording.
    private mutating func invert(decibels: Int?) -> AudioWarning? {
        let turned = products.map { $0 < 0 ? Float(-1) : 1 }
        guard turned != signs else { return nil }
        signs = turned
        defer { hasWarned = true }
        let inverted = signs.indices.filter { signs[$0] < 0 }
        return hasWarned ? nil : .cancellingChannels(decibels: decibels, inverted: inverted)
    }

    private mutating func forget() {
        for c in 0..<channels { (energies[c], products[c]) = (0, 0) }
        mixed = 0
    }
}

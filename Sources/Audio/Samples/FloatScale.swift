// Floating-point samples at the scale of integers. Floats are to lie in [-1, 1], and may go beyond by a little: a peak
// of 8 is let pass as it is. Some programs write the numbers of 16-, 24- or 32-bit samples as floats; these are divided
// by 2^15, 2^23 or 2^31.
//
// What decides is a stretch of a tenth of a second that begins with the first sample of magnitude 1 or more; later ones
// begin with a sample beyond 8 (beyond 2 when a scale has been found, so that a quiet begin does not fix too small a
// one). It is at an integer scale when a sixteenth of it lies beyond that limit and its peak is 128 or more, or when
// all of the first stretch are whole numbers and a sixteenth of them others than 0 and ±1 (or two, where the peak is
// 128 or more: a sound that sets in at the stretch's end). What no sample can be decides nothing. The smallest scale
// with peaks of at most 2 is taken, for the stretch and what follows. Single clicks change nothing. All of this counts
// samples, so it does not depend on the cut; what is below 1 is never held back.

/// Finds the scale of a recording's samples, which are held back while it is in doubt.
struct FloatScale {
    private static let scales: [Float] = [0x1p15, 0x1p23, 0x1p31]
    private let stretch: Int
    private var factor: Float = 1
    private var isFirst = true
    private var held: [Float] = []

    /// Samples at `sampleRate`, in blocks of at most `block`.
    init(sampleRate: Int, block: Int) {
        stretch = max(sampleRate / 10, block)
        held.reserveCapacity(stretch)
    }

    /// The most samples that may be given at a time.
    var samplesToDecision: Int { stretch - held.count }
    /// The most samples that are given back at a time.
    var mostSamples: Int { stretch }
    /// Samples are held back.
    var isHolding: Bool { !held.isEmpty }
    /// How many.
    var heldCount: Int { held.count }

    /// Takes the first `count` of `samples`, at most ``samplesToDecision``; how many of them are not held back, scaled.
    mutating func take(_ samples: inout [Float], _ count: Int) -> Int {
        let first = isHolding ? 0 : samples[..<count].firstIndex(where: isDoubtful) ?? count
        held.append(contentsOf: samples[first..<count])
        if factor != 1 { for i in 0..<first { samples[i] *= factor } }
        return first
    }

    /// The stretch is whole.
    var isDecidable: Bool { held.count == stretch }

    /// Decides with what is held back, and puts it into `samples`, scaled. What is to be said of it, if anything.
    mutating func release(into samples: inout [Float]) -> AudioWarning? {
        let warning = decide()
        for i in held.indices { samples[i] = held[i] * factor }
        held.removeAll(keepingCapacity: true)
        return warning
    }

    private var limit: Float { factor == 1 ? 8 : 2 }

    private func isDoubtful(_ sample: Float) -> Bool {
        isFirst ? abs(sample) >= 1 : abs(sample * factor) > limit
    }

    private mutating func decide() -> AudioWarning? {
        var peak: Float = 0, beyond = 0, large = 0, areWhole = isFirst
        for sample in held where abs(sample) <= 0x1p32 {
            peak = max(peak, abs(sample))
            if abs(sample * factor) > limit { beyond += 1 }
            if abs(sample) >= 2 { large += 1 }
            areWhole = areWhole && sample == sample.rounded()
        }
        let isWhole = areWhole && isDecidable && (large * 16 >= held.count || large > 1 && peak >= 128)
        // Of whole numbers that are hardly more than ±1 the next stretch tells.
        isFirst = areWhole && !isWhole
        let isInteger = isWhole || peak >= 128 && beyond * 16 >= held.count
        guard isInteger, let scale = Self.scales.first(where: { peak <= 2 * $0 }), factor > 1 / scale else {
            return nil
        }
        factor = 1 / scale
        return .integerScale(peak: peak, bits: scale.exponent == 15 ? 16 : scale.exponent == 23 ? 24 : 32)
    }
}

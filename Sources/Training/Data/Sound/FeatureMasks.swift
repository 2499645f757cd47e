// SpecAugment's masks (Park et al. 2019) over the steps of an example: stretches of time and bands of frequency whose
// features become their mean. Without time warping, which brings little. A band is masked in all frames of a step, and
// in its deltas.

import Decoding

/// The masks of one example.
package struct FeatureMasks: Sendable, Equatable {
    /// Steps.
    package let times: [Range<Int>]
    /// Features of a frame, before deltas and stacking.
    package let bands: [Range<Int>]

    /// Draws masks for an example of `steps` steps of `stepSeconds`.
    package init(
        _ options: AugmentationOptions.Masks, steps: Int, stepSeconds: Double, features: Int,
        _ random: inout RandomSource
    ) {
        let longest = min(Int(options.timeSeconds / stepSeconds), Int(options.timeShare * Double(steps)))
        func draw(_ count: Int, widest: Int, of total: Int) -> [Range<Int>] {
            (0..<count).map { _ in
                let width = random.uniform(in: 0..<(min(widest, total) + 1))
                let start = random.uniform(in: 0..<(total - width + 1))
                return start..<(start + width)
            }
        }
        times = draw(options.time, widest: longest, of: steps)
        bands = draw(options.frequency, widest: options.bands, of: features)
    }

    /// Masks rows [steps, stepFeatures], whose steps join frames of `frameFeatures`, which are `features` and their
    /// deltas. What is masked becomes `fill` [frameFeatures].
    package func apply(
        _ rows: UnsafeMutableBufferPointer<Float>, stepFeatures: Int, frameFeatures: Int, features: Int, fill: [Float]
    ) {
        func mask(_ step: Int, _ part: Range<Int>) {
            for start in stride(from: 0, to: stepFeatures, by: features) {
                let offset = start % frameFeatures
                for i in part { rows[step * stepFeatures + start + i] = fill[offset + i] }
            }
        }
        for step in times.joined() { mask(step, 0..<features) }
        guard bands.contains(where: { !$0.isEmpty }) else { return }
        for step in 0..<(rows.count / stepFeatures) {
            for band in bands { mask(step, band) }
        }
    }
}

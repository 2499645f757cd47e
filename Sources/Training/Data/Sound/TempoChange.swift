// A change of tempo without one of pitch: an example's frames stand further apart, or closer together, than the front
// end has them. Nothing is resynthesised, so nothing is smeared.

import Decoding
import Features

/// The front end with every hop that examples are read with.
struct TempoChange: Sendable {
    /// The front end as it is.
    let features: FeaturePlan
    private let tempo: Variation?
    /// By samples from one frame to the next.
    private let plans: [Int: FeaturePlan]

    /// - Throws: `DataError` if the fastest tempo's hop is longer than the window.
    init(_ features: FeaturePlan, _ tempo: Variation?) throws(DataError) {
        self.features = features
        self.tempo = tempo
        let hop = features.frontEnd.hopSamples
        var plans = [hop: features]
        if let range = tempo?.range {
            let grain = Self.grain(hop)
            let hops = Self.hop(hop, range.lowerBound)...Self.hop(hop, range.upperBound)
            for other in stride(from: hops.lowerBound, through: hops.upperBound, by: grain) where other != hop {
                var frontEnd = features.frontEnd
                frontEnd.hopSamples = other
                do { plans[other] = try FeaturePlan(frontEnd, normalisation: features.normalisation) } catch {
                    let window = frontEnd.windowSamples
                    throw .badOption(
                        key: "tempo", found: "\(range.upperBound)",
                        wanted: "at most \(Double(window) / Double(hop)), or frames would leave samples out")
                }
            }
        }
        self.plans = plans
    }

    /// The front end with such a hop, one of those drawn.
    func plan(hop: Int) -> FeaturePlan { plans[hop] ?? features }

    /// A hop.
    func draw(_ random: inout RandomSource) -> Int {
        let hop = features.frontEnd.hopSamples
        return tempo?.draw(&random).map { Self.hop(hop, $0) } ?? hop
    }

    /// The hop of a tempo, in twentieths of the front end's: so there are few of them.
    private static func hop(_ hop: Int, _ tempo: Double) -> Int {
        let grain = Self.grain(hop)
        // Counted from the front end's own hop, that it be one of them.
        return max(1, hop + Int(((tempo - 1) * Double(hop) / Double(grain)).rounded()) * grain)
    }

    private static func grain(_ hop: Int) -> Int { max(1, hop / 20) }
}

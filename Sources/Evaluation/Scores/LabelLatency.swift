// How late labels come: the sample at which a label was decided less the sample at which its word ended, of labels that
// are right and were aligned with a word of known times. In milliseconds of the stream's own clock: what the machine
// needs to compute is not in it. Below 0 where a label was decided before its word's end.

import Decoding

/// Delays of labels, in milliseconds.
package struct LabelLatency: Codable, Sendable, Equatable {
    /// All delays, ascending.
    package var milliseconds: [Double]

    package init(milliseconds: [Double]) { self.milliseconds = milliseconds.sorted() }

    /// Delays of the right labels of recordings with times; nil when there is none.
    package init?(_ recognitions: [Recognition], sampleRate: Int) {
        let delays = recognitions.filter { $0.times != nil }.flatMap { recognition -> [Double] in
            align(online: recognition.times ?? [], offline: recognition.labels).compactMap { revision in
                guard case .kept(let said, let heard) = revision else { return nil }
                return 1000 * Double(heard.decided - said.end) / Double(sampleRate)
            }
        }
        guard !delays.isEmpty else { return nil }
        self.init(milliseconds: delays)
    }

    /// Delays of all labels after the ends of their own evidence; nil when there is none.
    package init?(evidence recognitions: [Recognition], sampleRate: Int) {
        let labels = recognitions.flatMap(\.labels)
        guard !labels.isEmpty else { return nil }
        self.init(milliseconds: labels.map { 1000 * Double($0.decided - $0.end) / Double(sampleRate) })
    }

    /// How much later the second reading had the labels that both have; nil when there is none.
    package init?(_ first: [Recognition], _ second: [Recognition], sampleRate: Int) {
        let delays = zip(first, second).flatMap { first, second -> [Double] in
            align(online: first.labels, offline: second.labels).compactMap { revision in
                guard case .kept(let before, let after) = revision else { return nil }
                return 1000 * Double(after.decided - before.decided) / Double(sampleRate)
            }
        }
        guard !delays.isEmpty else { return nil }
        self.init(milliseconds: delays)
    }

    /// The smallest delay that the share `share` of labels does not exceed (nearest rank).
    package func percentile(_ share: Double) -> Double {
        let rank = Int((share * Double(milliseconds.count)).rounded(.up))
        return milliseconds[Swift.min(Swift.max(rank, 1), milliseconds.count) - 1]
    }

    package var mean: Double { milliseconds.reduce(0, +) / Double(milliseconds.count) }
}

// Intervals by bootstrap (Bisani and Ney, ICASSP 2004): the groups of a test set are drawn with replacement, as many as
// there are, again and again; the 2.5th and 97.5th percentile of the figure over the draws are its 95 % interval. A
// group is all recordings of a speaker where speakers are known, since the errors of one speaker are not independent;
// else a recording.
//
// An interval of rare events in a time, by Byar's approximation to the exact Poisson limits (Breslow and Day 1987):
// within 0.02 events of them.

import Decoding
import Glibc

/// Both ends of an interval.
package struct Interval: Codable, Sendable, Equatable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// The 95 % interval of the expected number of events where `count` happened.
    package init(poisson count: Int) {
        func limit(_ n: Double, _ z: Double) -> Double { n == 0 ? 0 : n * pow(1 - 1 / (9 * n) + z / (3 * sqrt(n)), 3) }
        low = count == 0 ? 0 : limit(Double(count), -1.96)
        // Of no events: -ln 0.025, exactly.
        high = count == 0 ? 3.689 : limit(Double(count + 1), 1.96)
    }
}

/// Draws groups with replacement. The same draws in every run.
package struct Bootstrap: Sendable {
    package var draws = 2000
    package var seed: UInt64 = 1

    package init() {}

    /// One group's part of a ratio of sums.
    package struct Part: Sendable, Equatable {
        package var numerator: Int
        package var denominator: Int

        package init(_ numerator: Int, _ denominator: Int) {
            self.numerator = numerator
            self.denominator = denominator
        }
    }

    /// The interval of Σ numerators / Σ denominators; nil with fewer than two groups.
    package func interval(_ groups: [Part]) -> Interval? {
        interval(groups: groups.count) { counts in
            var numerator = 0, denominator = 0
            for (group, count) in zip(groups, counts) {
                numerator += count * group.numerator
                denominator += count * group.denominator
            }
            return denominator == 0 ? nil : Double(numerator) / Double(denominator)
        }
    }

    /// The interval of a figure that is computed from how often each group was drawn, [groups]. Draws without a figure
    /// count for nothing; nil with fewer than two groups, or when no draw has one.
    package func interval(groups: Int, figure: ([Int]) -> Double?) -> Interval? {
        guard groups > 1 else { return nil }
        var random = RandomSource(seed: seed, stream: "bootstrap")
        var counts = [Int](repeating: 0, count: groups)
        var figures: [Double] = []
        for _ in 0..<draws {
            for index in counts.indices { counts[index] = 0 }
            for _ in 0..<groups { counts[random.uniform(in: 0..<groups)] += 1 }
            if let value = figure(counts) { figures.append(value) }
        }
        guard !figures.isEmpty else { return nil }
        figures.sort()
        let tail = figures.count / 40
        return Interval(low: figures[tail], high: figures[figures.count - 1 - tail])
    }
}

extension [Recognition] {
    /// Whether all have a speaker, and there are two speakers at least.
    package var haveSpeakers: Bool { allSatisfy { $0.speaker != nil } && Set(map(\.speaker)).count > 1 }

    /// By speaker where there are speakers, else each by itself; in a fixed order.
    package var groups: [(name: String, recognitions: [Recognition])] {
        guard haveSpeakers else { return map { ($0.name, [$0]) } }
        return Dictionary(grouping: self) { $0.speaker ?? "" }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

// How good translations are: the share that is the reference exactly, token by token, and the token error rate, edits
// by reference tokens (Levenshtein's distance; with words it is the word error rate of translations, WER, without
// shifts). Intervals by bootstrap over the pairs.

/// Figures over a set of translations.
package struct TranslationScores: Sendable, Equatable {
    package private(set) var pairs = 0
    package private(set) var exact = 0
    /// Edits over all tokens of the references, line ends not counted.
    package private(set) var errors = ErrorCount()
    private var parts: [(exact: Int, edits: Int, tokens: Int)] = []

    package init() {}

    package static func == (a: Self, b: Self) -> Bool {
        (a.pairs, a.exact, a.errors) == (b.pairs, b.exact, b.errors)
    }

    /// One more pair, as tokens without their ends.
    package mutating func add(reference: [Int], hypothesis: [Int]) {
        let count = ErrorCount(reference: reference, hypothesis: hypothesis)
        pairs += 1
        exact += count.total == 0 ? 1 : 0
        errors += count
        parts.append((count.total == 0 ? 1 : 0, count.total, reference.count))
    }

    package var exactShare: Double { pairs > 0 ? Double(exact) / Double(pairs) : .nan }
    /// 95 % intervals; nil with fewer than two pairs.
    package var exactInterval: Interval? {
        // Without a single wrong pair every draw is the same: the exact limit of an event that has not happened says
        // more.
        if exact == pairs, pairs > 1 {
            return Interval(low: max(0, 1 - Interval(poisson: 0).high / Double(pairs)), high: 1)
        }
        return Bootstrap().interval(parts.map { .init($0.exact, 1) })
    }
    package var errorInterval: Interval? { Bootstrap().interval(parts.map { .init($0.edits, $0.tokens) }) }
}

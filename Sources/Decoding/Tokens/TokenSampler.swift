// What comes next, drawn by chance. From log-posteriors l of a step, in this order:
//
//     temperature T    p_i ∝ exp(l_i / T); T = 0: all on the most probable, the first of several
//     top-k            the k most probable; 0: all
//     top-p            the fewest of the most probable that have p of the mass together (Holtzman et al. 2020,
//                      "nucleus")
//
// and what is left is made to sum to 1. Among equally probable tokens those with lower indices come first. The number
// that decides comes from the caller: the same number, the same token.

import Glibc

/// How a token is drawn.
package struct TokenSampler: Sendable, Equatable {
    /// 0 or above.
    package var temperature = 1.0
    /// 0: all.
    package var topK = 0
    /// Above 0, to 1.
    package var topP = 1.0
    /// Tokens that are never drawn.
    package var excluded: Set<Int> = []

    package init(temperature: Double = 1, topK: Int = 0, topP: Double = 1, excluded: Set<Int> = []) {
        precondition(temperature >= 0 && temperature.isFinite, "a temperature is 0 or above")
        precondition(topK >= 0, "top-k is a number of tokens, or 0 for all")
        precondition(topP > 0 && topP <= 1, "top-p is a probability above 0")
        (self.temperature, self.topK, self.topP, self.excluded) = (temperature, topK, topP, excluded)
    }

    /// The tokens that can be drawn, most probable first, with their probabilities. Empty when nothing has any.
    package func distribution(_ logPosteriors: [Float]) -> [(token: Int, probability: Double)] {
        var tokens = logPosteriors.indices.filter { !excluded.contains($0) && logPosteriors[$0] > -.infinity }
        tokens.sort { (logPosteriors[$0], $1) > (logPosteriors[$1], $0) }
        guard let first = tokens.first else { return [] }
        if temperature == 0 { return [(first, 1)] }
        if topK > 0 { tokens.removeLast(max(0, tokens.count - topK)) }
        let top = Double(logPosteriors[first])
        var masses = tokens.map { exp((Double(logPosteriors[$0]) - top) / temperature) }
        var total = masses.reduce(0, +)
        if topP < 1 {
            var sum = 0.0, count = 0
            while count < masses.count, sum < topP * total {
                sum += masses[count]
                count += 1
            }
            masses.removeLast(masses.count - count)
            total = masses.reduce(0, +)
        }
        return zip(tokens, masses).map { ($0, $1 / total) }
    }

    /// The token that `chance`, 0 to below 1, falls on; nil when nothing can be drawn.
    package func draw(_ logPosteriors: [Float], chance: Double) -> Int? {
        let choices = distribution(logPosteriors)
        var sum = 0.0
        for choice in choices {
            sum += choice.probability
            if chance < sum { return choice.token }
        }
        return choices.last?.token
    }
}

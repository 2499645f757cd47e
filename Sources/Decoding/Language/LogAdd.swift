// Sums of probabilities that are kept as logarithms.

import Glibc

/// ln(e^a + e^b); -infinity is probability 0.
func logAdd(_ a: Double, _ b: Double) -> Double {
    let (low, high) = a < b ? (a, b) : (b, a)
    return low == -.infinity ? high : high + log1p(exp(low - high))
}

// Analysis windows w[i], i = 0 … n-1. With x = 2πi/p and p = n (periodic) or n-1 (symmetric):
//   hann 0.5 - 0.5 cos x · hamming 0.54 - 0.46 cos x · povey hann^0.85 · blackman 0.42 - 0.5 cos x + 0.08 cos 2x
// As in Kaldi's feature-window.cc and scipy.signal.get_window; computed in Double.

import Glibc

extension FrontEnd.Window {
    /// The window's `count` values, count at least 2.
    package func values(count: Int, periodic: Bool) -> [Float] {
        precondition(count >= 2, "a window has at least two samples")
        let period = Double(periodic ? count : count - 1)
        return (0..<count).map { Float(value(at: 2 * .pi * Double($0) / period)) }
    }

    private func value(at x: Double) -> Double {
        let hann = 0.5 - 0.5 * cos(x)
        return switch self {
        case .hann: hann
        case .hamming: 0.54 - 0.46 * cos(x)
        case .povey: pow(hann, 0.85)
        case .blackman: 0.42 - 0.5 * cos(x) + 0.08 * cos(2 * x)
        case .rectangular: 1
        }
    }
}

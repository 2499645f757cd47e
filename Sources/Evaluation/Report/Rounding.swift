// Figures as JSON has them: no more digits than they are worth.

import Foundation

extension Double {
    /// Rounded to some significant digits, as C's `%.6g`.
    package func rounded(significant digits: Int) -> Double {
        self == 0 || !isFinite ? self : Double(String(format: "%.*g", digits, self)) ?? self
    }
}

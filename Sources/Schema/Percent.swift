// A share as people read it.

import Foundation

/// A share as percent with two digits.
package func percent(_ share: Double) -> String {
    guard share.isFinite else { return "-" }
    let hundredths = Int((abs(share) * 10_000).rounded())
    let digits = String(100 + hundredths % 100).dropFirst()
    return "\(share < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(digits) %"
}

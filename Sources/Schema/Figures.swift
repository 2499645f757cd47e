// Numbers as people read them.

import Foundation

/// A share as percent with two digits.
package func percent(_ share: Double) -> String {
    guard share.isFinite else { return "-" }
    let hundredths = Int((abs(share) * 10_000).rounded())
    let digits = String(100 + hundredths % 100).dropFirst()
    return "\(share < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(digits) %"
}

/// A number with commas between thousands.
package func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
    return String(digits)
}

/// A number with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int = 4) -> String { String(format: "%.\(digits)f", value) }

/// Seconds as people read them.
package func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    return whole < 60
        ? "\(whole) s" : whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
}

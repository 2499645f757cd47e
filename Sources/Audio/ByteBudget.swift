// A number of bytes that streams share: whoever wants to keep some asks, and gives them back.

import Synchronization

/// Bytes that may be kept at once, by all who have this budget.
package final class ByteBudget: Sendable, Equatable {
    package let limit: Int
    private let taken = Atomic(0)

    package init(_ limit: Int) { self.limit = limit }

    /// Takes `count` bytes, or none. Returns whether there were so many.
    package func take(_ count: Int) -> Bool {
        guard taken.add(count, ordering: .relaxed).newValue > limit else { return true }
        giveBack(count)
        return false
    }

    package func giveBack(_ count: Int) { taken.subtract(count, ordering: .relaxed) }

    package static func == (one: ByteBudget, other: ByteBudget) -> Bool { one === other }
}

// A value that threads share, and a way to wait for it.

import Foundation

/// A value behind a lock, and a condition to wait for.
final class Monitor<Value>: @unchecked Sendable {
    // Sendable: `value` is touched under `condition`'s lock alone.
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body(&value)
    }

    func wait<Result>(until isTrue: (Value) -> Bool, then body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        while !isTrue(value) { condition.wait() }
        return body(&value)
    }

    /// Waits until `isTrue` or the deadline, whichever is first.
    func wait<Result>(until isTrue: (Value) -> Bool, deadline: (Value) -> Date?, then body: (inout Value) -> Result)
        -> Result
    {
        condition.lock()
        defer { condition.unlock() }
        while !isTrue(value) {
            guard let deadline = deadline(value) else {
                condition.wait()
                continue
            }
            if !condition.wait(until: deadline) { break }
        }
        return body(&value)
    }

    func signal() { condition.signal() }
    func broadcast() { condition.broadcast() }
}

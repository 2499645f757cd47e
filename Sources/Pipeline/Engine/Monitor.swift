// A value that threads share, and a way to wait for it. Waiting is by the monotonic clock: a wall clock that is set
// does not touch it.

import Glibc

/// A value behind a lock, and a condition to wait for.
package final class Monitor<Value>: @unchecked Sendable {
    // Sendable: `value` is touched under the lock alone.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body(&value)
    }

    /// Waits until `isTrue`.
    package func wait<Result>(until isTrue: (Value) -> Bool, then body: (inout Value) -> Result) -> Result {
        wait(until: isTrue, deadline: { _ in nil }, then: body)
    }

    /// Waits until `isTrue` or the deadline, whichever is first.
    package func wait<Result>(
        until isTrue: (Value) -> Bool, deadline: (Value) -> ContinuousClock.Instant?,
        then body: (inout Value) -> Result
    ) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !isTrue(value) {
            guard let deadline = deadline(value) else {
                pthread_cond_wait(condition, lock)
                continue
            }
            var time = Self.monotonicTime(of: deadline)
            if pthread_cond_timedwait(condition, lock, &time) == ETIMEDOUT { break }
        }
        return body(&value)
    }

    package func signal() { pthread_cond_signal(condition) }
    package func broadcast() { pthread_cond_broadcast(condition) }

    private static func monotonicTime(of deadline: ContinuousClock.Instant) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, attoseconds) = max(.zero, deadline - .now).components
        let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
        time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }
}

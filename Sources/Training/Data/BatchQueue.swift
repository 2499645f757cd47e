// Batches made ahead of the trainer by threads of their own. Each batch is a function of its number, so it does not
// matter which thread makes it; they are handed out in order.

import Foundation

/// The next batches of an epoch. Dropping it stops its threads.
package final class BatchQueue: Sendable {
    private let workshop: Workshop

    /// Makes the batches `numbers` by `make`, at most two (and one for each thread beyond the first) ahead of the
    /// trainer.
    init(_ numbers: Range<Int>, threads: Int, make: @escaping @Sendable (Int) throws -> Batch) {
        precondition(threads > 0, "batches are made by at least one thread")
        workshop = Workshop(numbers, ahead: threads + 1, make: make)
        for index in 0..<min(threads, numbers.count) {
            let thread = Thread { [workshop] in workshop.work() }
            thread.name = "heard-batches-\(index)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    deinit { workshop.cancel() }

    /// Waits for the next batch and takes it; nil after the last. After an error there is nothing more.
    package func next() throws -> Batch? { try workshop.take() }

    /// Stops making batches.
    package func cancel() { workshop.cancel() }
}

/// What trainer and threads share. All variables are under the condition's lock.
private final class Workshop: @unchecked Sendable {
    private let condition = NSCondition()
    private let make: @Sendable (Int) throws -> Batch
    private let ahead: Int
    private let end: Int
    private var toMake: Int
    private var toTake: Int
    private var made: [Int: Result<Batch, any Error>] = [:]
    private var isCancelled = false

    init(_ numbers: Range<Int>, ahead: Int, make: @escaping @Sendable (Int) throws -> Batch) {
        self.make = make
        self.ahead = ahead
        end = numbers.upperBound
        toMake = numbers.lowerBound
        toTake = numbers.lowerBound
    }

    /// One thread's life.
    func work() {
        while let number = begin() {
            let result = Result { try make(number) }
            condition.withLock {
                made[number] = result
                condition.broadcast()
            }
        }
    }

    /// The next number to make, once there is room for it.
    private func begin() -> Int? {
        condition.withLock {
            while !isCancelled, toMake < end, toMake >= toTake + ahead { condition.wait() }
            guard !isCancelled, toMake < end else { return nil }
            toMake += 1
            return toMake - 1
        }
    }

    func take() throws -> Batch? {
        let result = condition.withLock { () -> Result<Batch, any Error>? in
            guard toTake < end else { return nil }
            while !isCancelled, made[toTake] == nil { condition.wait() }
            guard !isCancelled else { return nil }
            defer {
                toTake += 1
                condition.broadcast()
            }
            return made.removeValue(forKey: toTake)
        }
        do {
            return try result?.get()
        } catch {
            cancel()
            throw error
        }
    }

    func cancel() {
        condition.withLock {
            isCancelled = true
            made.removeAll()
            condition.broadcast()
        }
    }
}

// Work on many recordings, on two threads.

import Foundation
import Synchronization

/// Shows how far work has come: `done` of `all` pieces of a unit such as "recordings".
package typealias ShowProgress = @Sendable (_ unit: String, _ done: Int, _ all: Int) -> Void

/// What two threads share.
private struct Progress<Result: Sendable>: Sendable {
    /// The next piece of work to take.
    var next = 0
    var done = 0
    var results: [Result?]
    var failure: (index: Int, error: any Error)?
}

/// Computes `body(0)` … `body(count - 1)` on two threads, each with a state of its own, and shows how far it has come.
/// - Throws: the error of the lowest index.
package func inParallel<State, Result: Sendable>(
    _ count: Int, unit: String, show: @escaping ShowProgress, state: @Sendable () throws -> State,
    body: @Sendable (Int, State) throws -> Result
) throws -> [Result] {
    let progress = Mutex(Progress<Result>(results: Array(repeating: nil, count: count)))
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
        var own: State?
        while true {
            let index = progress.withLock { progress -> Int? in
                guard progress.failure == nil, progress.next < count else { return nil }
                defer { progress.next += 1 }
                return progress.next
            }
            guard let index else { return }
            do {
                let state = try own ?? state()
                own = state
                let result = try body(index, state)
                progress.withLock { progress in
                    progress.results[index] = result
                    progress.done += 1
                    show(unit, progress.done, count)
                }
            } catch {
                progress.withLock { progress in
                    if progress.failure.map({ index < $0.index }) ?? true { progress.failure = (index, error) }
                }
            }
        }
    }
    let results = try progress.withLock { progress -> [Result?] in
        if let failure = progress.failure { throw failure.error }
        return progress.results
    }
    return results.compactMap(\.self)
}

// The study as a list of trials, and its run: one trial to a thread. A trial's figures depend on the trial alone, so
// neither threads nor interruptions change them.

import Dispatch
import Synchronization

/// Which trials there are.
package struct MemoryPlan: Sendable, Equatable {
    package var tasks = MemoryTask.allCases
    package var cells = MemoryCell.allCases
    package var methods = MemoryMethod.allCases
    /// T of each task. All methods are tried on the first of them, on the others those of `methodsOfLongOnes`.
    package var addingLengths: [Int]
    package var copyLengths: [Int]
    package var methodsOfLongOnes: Set<MemoryMethod> = [.good, .timed]
    package var units: Int
    package var steps: Int
    package var batch: Int
    package var rate = 0.01
    package var seed: UInt64 = 1

    package init(addingLengths: [Int], copyLengths: [Int], units: Int, steps: Int, batch: Int = 32) {
        self.addingLengths = addingLengths
        self.copyLengths = copyLengths
        self.units = units
        self.steps = steps
        self.batch = batch
    }

    /// A minute or two.
    package static let quick = MemoryPlan(addingLengths: [50], copyLengths: [10], units: 32, steps: 800)
    /// About five minutes on two idle cores.
    package static let standard = MemoryPlan(addingLengths: [200, 400, 600], copyLengths: [30], units: 64, steps: 1000)
    /// About the sizes of Bai, Kolter, Koltun 2018 (70,000 parameters of a GRU): days for everything, hours for one
    /// cell.
    package static let full = MemoryPlan(
        addingLengths: [200, 400, 600], copyLengths: [100, 500, 1000], units: 151, steps: 20_000)

    /// By task, length, cell and method.
    package var trials: [MemoryTrial] {
        tasks.flatMap { task in
            (task == .adding ? addingLengths : copyLengths).enumerated().flatMap { index, length in
                cells.flatMap { cell in
                    methods.compactMap { method in
                        guard index == 0 || methodsOfLongOnes.contains(method), Self.fits(task, cell, method) else {
                            return nil
                        }
                        return MemoryTrial(
                            task: task, length: length, cell: cell, method: method, units: units, steps: steps,
                            batch: batch, rate: rate, seed: seed)
                    }
                }
            }
        }
    }

    /// A timed start is for gates; an echo state network is fitted, once, to numbers.
    private static func fits(_ task: MemoryTask, _ cell: MemoryCell, _ method: MemoryMethod) -> Bool {
        switch cell {
        case .echoState: task == .adding && method == .good
        case .rnn: method != .timed
        default: true
        }
    }
}

/// Runs trials.
package struct MemoryStudy: Sendable {
    package let trials: [MemoryTrial]
    package let threads: Int

    package init(_ trials: [MemoryTrial], threads: Int) {
        self.trials = trials
        self.threads = max(1, threads)
    }

    /// All results in the order of the trials. `found` are results that are there already; those of other trials are
    /// left out.
    /// - Parameters: - progress: told how much of the whole is done, 0 to 1; from one thread at a time. - finished:
    ///   told of each new result, as soon as it is there; from one thread at a time.
    /// - Throws: what a trial or `finished` throws.
    package func run(
        found: [MemoryResult] = [], progress: @Sendable (Double) -> Void = { _ in },
        finished: @Sendable (MemoryResult) throws -> Void = { _ in }
    ) throws -> [MemoryResult] {
        let known = Dictionary(found.map { ($0.trial, $0) }) { $1 }
        // The longest first: at the end no thread waits for another's long one.
        let open = trials.filter { known[$0] == nil }.enumerated().sorted {
            ($1.element.work, $0.offset) < ($0.element.work, $1.offset)
        }.map(\.element)
        let whole = Double(max(open.reduce(0) { $0 + $1.work }, 1))
        let shared = Mutex(Shared(results: known))
        DispatchQueue.concurrentPerform(iterations: min(threads, max(open.count, 1))) { _ in
            while let trial = shared.withLock({ $0.take(open) }) {
                do {
                    let result = try Self.result(of: trial) { work in
                        shared.withLock {
                            $0.done += work
                            progress(Double($0.done) / whole)
                        }
                    }
                    try shared.withLock {
                        try finished(result)
                        $0.results[trial] = result
                    }
                } catch {
                    shared.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        return try shared.withLock { shared in
            if let failure = shared.failure { throw failure }
            return trials.compactMap { shared.results[$0] }
        }
    }

    /// What the threads share.
    private struct Shared {
        var results: [MemoryTrial: MemoryResult]
        var next = 0
        var done = 0
        var failure: (any Error)?

        /// The next trial; nil when there is none, or one has failed.
        mutating func take(_ trials: [MemoryTrial]) -> MemoryTrial? {
            guard failure == nil, next < trials.count else { return nil }
            defer { next += 1 }
            return trials[next]
        }
    }

    private static func result(of trial: MemoryTrial, _ observe: (Int) -> Void) throws -> MemoryResult {
        if trial.cell == .echoState { return try EchoStateTrial(trial).run(observe) }
        return try MemoryTraining(trial).run(observe)
    }
}

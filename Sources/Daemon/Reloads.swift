// Reloads, one at a time, off the event loop. Whoever asks while one is under way is answered by the next one, which
// may find something newer: so however many ask, there are two. One that does not end is given up: what it
// finds is not wanted any more, and the next one begins.

import Schema
import Events
import Foundation
import NIOCore
import Pipeline

/// The model, options and rights that are in force from a reload on.
typealias Loaded = (model: Model, options: DaemonOptions, rights: Rights)

/// Why a reload has brought nothing.
enum ReloadError: Error, CustomStringConvertible {
    case hangs(seconds: Double)
    case tooManyHang(count: Int)

    var description: String {
        switch self {
        case .hangs(let seconds):
            "configuration and model have not been read within \(seconds) s, as if one were a FIFO or on a disk that does not "
                + "answer; put a file there, or raise reload-timeout"
        case .tooManyHang(let count):
            "\(count) reloads before this one have not ended yet; mend what they wait for, or start the daemon anew"
        }
    }
}

/// Runs reloads. Lives on the daemon's event loop.
final class Reloads {
    typealias Answer = (JSONLine) -> Void

    /// Threads that may wait for what does not come.
    private static let mostHanging = 4

    private let loop: any EventLoop
    private let load: @Sendable () throws -> Loaded
    /// Puts in force what was loaded, and gives the answer.
    private let take: (Result<Loaded, any Error>) -> JSONLine
    /// Who waits for the reload under way; nil when there is none.
    private var waiting: [Answer]?
    private var next: [Answer] = []
    private var number = 0
    private var threads = 0

    init(
        _ loop: any EventLoop, load: @escaping @Sendable () throws -> Loaded,
        take: @escaping (Result<Loaded, any Error>) -> JSONLine
    ) {
        (self.loop, self.load, self.take) = (loop, load, take)
    }

    /// Has everything loaded anew; `answer` is told how it went.
    func ask(within timeout: Double, _ answer: @escaping Answer) {
        if waiting == nil { start([answer], timeout) } else { next.append(answer) }
    }

    private func start(_ answers: [Answer], _ timeout: Double) {
        waiting = answers
        number += 1
        guard threads < Self.mostHanging else {
            return end(.failure(ReloadError.tooManyHang(count: threads)), of: number, timeout)
        }
        begin(number, timeout)
    }

    private func begin(_ number: Int, _ timeout: Double) {
        threads += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        let (load, loop) = (load, loop)
        Thread.detachNewThread {
            let result = Result { try load() }
            loop.execute {
                bound.value.threads -= 1
                bound.value.end(result, of: number, timeout)
            }
        }
        loop.scheduleTask(in: .microseconds(Int64(timeout * 1e6))) {
            bound.value.end(.failure(ReloadError.hangs(seconds: timeout)), of: number, timeout)
        }
    }

    /// The first word on a reload counts: its result, or that it has taken too long.
    private func end(_ result: Result<Loaded, any Error>, of number: Int, _ timeout: Double) {
        guard number == self.number, let answers = waiting else { return }
        self.number += 1
        let line = take(result)
        waiting = nil
        let followers = next
        next = []
        for answer in answers { answer(line) }
        if !followers.isEmpty { start(followers, timeout) }
    }
}

// Many streams of text or vectors at once, each as fast as it is read: a thread writes and reads each.

import Daemon
import Events
import Foundation

/// Feeds the same bytes to `count` streams.
struct TextLoad {
    private let bytes: [UInt8]
    private let folder: String
    private let count: Int

    /// What was measured.
    struct Result {
        /// Steps that all streams have read.
        var steps = 0
        var seconds = 0.0
        /// Seconds of processor time that the daemon used.
        var busy = 0.0
        /// Bytes of memory of the daemon at the end.
        var memory = 0
    }

    init(_ files: [String], folder: String, streams count: Int) throws {
        bytes = try files.flatMap { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        (self.folder, self.count) = (folder, count)
    }

    /// Runs to the end of all streams.
    /// - Throws: what connecting throws.
    func run(daemon: Int32) throws -> Result {
        let streams = try (0..<count).map { _ in try UnixConnection("\(folder)/\(SocketName.audio)") }
        let steps = Sum(), done = DispatchGroup()
        var result = Result(busy: -ProcessorTime.used(by: daemon))
        let began = ContinuousClock.now
        for (index, stream) in streams.enumerated() {
            done.enter()
            // It reads while the other thread writes: a stream whose events nobody takes is held back.
            Thread {
                stream.readLines { line in
                    // Of what is said of each step nothing is wanted but how many there were.
                    guard line.contains("\"kind\":\"stream-end\""), let event = try? Event(json: line),
                        case .streamEnd(let end) = event.body
                    else { return true }
                    steps.add(end.samples)
                    return false
                }
                done.leave()
            }.start()
            Thread {
                _ = stream.write(StreamRequest(stream: "\(index)").line)
                _ = bytes.withUnsafeBytes { stream.write($0) }
                stream.finishWriting()
            }.start()
        }
        done.wait()
        result.seconds = (ContinuousClock.now - began) / .seconds(1)
        result.busy += ProcessorTime.used(by: daemon)
        result.memory = ProcessMemory.resident(of: "\(daemon)")
        result.steps = steps.value
        return result
    }

    private final class Sum: @unchecked Sendable {
        // Sendable: under the lock.
        private let lock = NSLock()
        private var sum = 0
        func add(_ value: Int) { lock.withLock { sum += value } }
        var value: Int { lock.withLock { sum } }
    }
}

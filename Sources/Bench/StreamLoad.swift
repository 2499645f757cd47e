// Many live streams from one process: one thread writes all of them at their times, one reads what comes back on them,
// one is the subscriber that takes the times of labels.

import Daemon
import Events
import Foundation
import Terminal

/// Feeds `count` streams in real time.
final class StreamLoad: @unchecked Sendable {
    // Sendable: `writes` is under the lock; the rest does not change.

    /// What was measured.
    struct Result {
        /// Seconds from the write of a label's last sample to the label's arrival.
        var delays: [Double] = []
        /// Bytes of memory of the daemon with all streams live.
        var memory = 0
        /// Greatest delay of a write behind its time: of the bench itself, not of the daemon.
        var latest = 0.0
        var seconds = 0.0
        var busyBefore = 0.0
        var busyAfter = 0.0

        /// Cores that the daemon used.
        var daemonLoad: Double { (busyAfter - busyBefore) / seconds }
    }

    private static let pieceSeconds = 0.02
    private let sound: StreamedSound
    private let folder: String
    private let streams: [UnixConnection]
    private let pieces: Int
    private let pieceBytes: Int
    private let lock = NSLock()
    /// When each piece of each stream was written, [streams][pieces]; 0 when it was not yet.
    private var writes: [Double]
    private var isOver = false

    init(_ sound: StreamedSound, folder: String, streams count: Int, seconds: Double) throws {
        self.sound = sound
        self.folder = folder
        pieces = Int(seconds / Self.pieceSeconds)
        pieceBytes = 2 * Int(Double(sound.rate) * Self.pieceSeconds)
        writes = Array(repeating: 0, count: count * pieces)
        streams = try (0..<count).map { _ in try UnixConnection("\(folder)/\(SocketName.audio)") }
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Runs to the end. `memory` tells the daemon's memory; it is asked when all streams are live.
    func run(daemon: Int32, memory: @escaping () -> Int) throws -> Result {
        let labels = try UnixConnection("\(folder)/\(SocketName.labels)")
        _ = labels.write(EventFilter(kinds: ["label"]).line)
        let header = sound.header
        for (index, stream) in streams.enumerated() {
            _ = stream.write(StreamRequest(stream: "\(index)").line)
            _ = header.withUnsafeBytes { stream.write($0) }
        }
        let drain = Thread { [self] in UnixConnection.drain(streams) { lock.withLock { isOver } } }
        drain.start()
        var result = Result()
        let collected = Collected()
        let reader = Thread { [self] in
            labels.readLines { line in
                let now = Self.now
                if let delay = delay(of: line, at: now) { collected.add(delay) }
                return true
            }
        }
        reader.start()
        result.busyBefore = ProcessorTime.used(by: daemon)
        let began = Self.now
        result.latest = write(from: began) { result.memory = memory() }
        result.seconds = Self.now - began
        result.busyAfter = ProcessorTime.used(by: daemon)
        // What was said by then is what counts; the last labels need a moment.
        usleep(300_000)
        result.delays = collected.values
        lock.withLock { isOver = true }
        for stream in streams { stream.finishWriting() }
        return result
    }

    /// Writes every piece at its time: stream n is n / count of a piece behind the first. Returns the greatest delay.
    private func write(from began: Double, halfway: () -> Void) -> Double {
        var latest = 0.0
        let bar = ProgressBar(total: pieces, unit: "pieces of 20 ms")
        for piece in 0..<pieces {
            for (index, stream) in streams.enumerated() {
                let due = began + (Double(piece) + Double(index) / Double(streams.count)) * Self.pieceSeconds
                let wait = due - Self.now
                if wait > 0.0003 { usleep(UInt32(wait * 1e6)) } else { latest = max(latest, -wait) }
                // Each stream is somewhere else in the sound.
                let bytes = sound.piece(at: (piece + index * 37) * pieceBytes, count: pieceBytes)
                let now = Self.now
                lock.withLock { writes[index * pieces + piece] = now }
                _ = bytes.withUnsafeBytes { stream.write($0) }
            }
            if piece == pieces / 2 { halfway() }
            if piece % 50 == 49 || piece == pieces - 1 { bar.show(piece + 1) }
        }
        return latest
    }

    private func delay(of line: String, at now: Double) -> Double? {
        guard let event = try? Event(json: line), case .label(let label) = event.body,
            let decided = label.decided, let index = Int(event.stream)
        else { return nil }
        let samples = Int((decided * Double(sound.rate)).rounded())
        let piece = (2 * samples + pieceBytes - 1) / pieceBytes - 1
        guard piece >= 0, piece < pieces else { return nil }
        let written = lock.withLock { writes[index * pieces + piece] }
        return written > 0 ? now - written : nil
    }

    private final class Collected: @unchecked Sendable {
        // Sendable: under the lock.
        private let lock = NSLock()
        private var all: [Double] = []
        func add(_ value: Double) { lock.withLock { all.append(value) } }
        var values: [Double] { lock.withLock { all } }
    }
}

/// What a process has computed.
enum ProcessorTime {
    /// Seconds of processor time, user and system.
    static func used(by process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return 0 }
        // After the name, which stands in parentheses: state is the first field, user time the twelfth.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

extension UnixConnection {
    /// Reads and throws away what comes on `connections` until `isOver`.
    static func drain(_ connections: [UnixConnection], isOver: () -> Bool) {
        var polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while !isOver() {
            guard poll(&polled, nfds_t(polled.count), 100) > 0 else { continue }
            for index in polled.indices where polled[index].revents != 0 {
                if read(polled[index].fd, &chunk, chunk.count) <= 0 { polled[index].fd = -1 }
            }
            usleep(20_000)
        }
    }
}

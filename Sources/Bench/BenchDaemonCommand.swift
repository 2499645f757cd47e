// heard-bench daemon: what a user of the daemon waits for.

import ArgumentParser
import Daemon
import Events
import Foundation
import Terminal

struct BenchDaemonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Measure a daemon: start, memory, and delay from sound to label.",
        discussion: """
            Starts daemons of its own in a temporary folder, feeds WAV files of 16-bit samples to one as fast as they would sound, and reads
            labels as a subscriber. The delay of a label is the wall time from the write of the last sample that it needed
            to its arrival. One JSON line a figure.
            """)

    @Argument(help: "Mono 16-bit WAV files to feed.") var files: [String]
    @Option(help: "The model file.") var model: String
    @Option(help: "How often a daemon is started.") var starts = 10

    func validate() throws {
        guard (1...1000).contains(starts) else { throw ValidationError("--starts is 1 to 1000, not \(starts)") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = NSTemporaryDirectory() + "heard-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = BenchPlace(peer: "heard", name: "daemon")
        var startTimes: [Double] = []
        for _ in 1..<starts {
            let daemon = try BenchedDaemon(model: model, folder: folder)
            startTimes.append(daemon.secondsToReady)
            daemon.stop()
        }
        let daemon = try BenchedDaemon(model: model, folder: folder)
        defer { daemon.stop() }
        startTimes.append(daemon.secondsToReady)
        place.print("start to READY, median of \(startTimes.count)", percentile(startTimes, 0.5) * 1000, "ms")
        place.print(
            "idle memory with the model loaded", Double(ProcessMemory.resident(of: "\(daemon.pid)")) / 1_048_576, "MiB")
        var delays: [Double] = []
        let progress = ProgressBar(total: files.count, unit: "files")
        for (index, file) in files.enumerated() {
            delays += try LabelDelays(folder: folder).measure(file)
            progress.show(index + 1)
        }
        guard !delays.isEmpty else { throw ValidationError("no label was heard in these files") }
        place.print(
            "last sample to label at a subscriber, p50 of \(delays.count)", percentile(delays, 0.5) * 1000, "ms")
        place.print(
            "last sample to label at a subscriber, p95 of \(delays.count)", percentile(delays, 0.95) * 1000, "ms")
        place.print(
            "memory after \(files.count) streams", Double(ProcessMemory.resident(of: "\(daemon.pid)")) / 1_048_576,
            "MiB")
    }
}

/// Feeds one file in real time and takes the time of each label.
private final class LabelDelays: @unchecked Sendable {
    private let folder: String
    private let lock = NSLock()
    /// When the bytes up to each sample count had been written.
    private var written: [(samples: Int, at: ContinuousClock.Instant)] = []
    private static let chunkSamples = 160

    init(folder: String) { self.folder = folder }

    func measure(_ file: String) throws -> [Double] {
        let sound = try StreamedSound([file]), rate = sound.rate
        let name = "bench"
        let labels = try UnixConnection("\(folder)/\(SocketName.labels)")
        _ = labels.write(EventFilter(streams: [name], kinds: ["label", "stream-end", "rejected"]).line)
        let audio = try UnixConnection("\(folder)/\(SocketName.audio)")
        let writer = Thread { [self] in write(sound, name: name, to: audio) }
        writer.start()
        var delays: [Double] = []
        try labels.readLines { line in
            let now = ContinuousClock.now
            let event = try Event(json: line)
            guard case .label(let label) = event.body, let decided = label.decided else { return false }
            if let at = writeTime(ofSample: Int((decided * Double(rate)).rounded())) {
                delays.append((now - at) / .seconds(1))
            }
            return true
        }
        return delays
    }

    private func write(_ sound: StreamedSound, name: String, to audio: UnixConnection) {
        _ = audio.write(StreamRequest(stream: name).line)
        let began = ContinuousClock.now
        _ = sound.header.withUnsafeBytes { audio.write($0) }
        sound.samples.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let end = min(offset + 2 * Self.chunkSamples, bytes.count)
                let due = began + .seconds(Double(end / 2) / Double(sound.rate))
                let wait = (due - .now) / .seconds(1)
                if wait > 0 { usleep(UInt32(wait * 1e6)) }
                lock.withLock { written.append((end / 2, .now)) }
                _ = audio.write(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
                offset = end
            }
        }
        audio.finishWriting()
    }

    private func writeTime(ofSample sample: Int) -> ContinuousClock.Instant? {
        lock.withLock { written.first { $0.samples >= sample }?.at ?? written.last?.at }
    }
}

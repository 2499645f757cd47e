// heard-bench streams: how many live streams one core bears, or how fast it reads text of many.

import ArgumentParser
import Daemon
import Events
import Foundation
import Pipeline
import Terminal

struct BenchStreamsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "streams", abstract: "Measure a daemon with many live streams on one core.",
        discussion: """
            Starts a daemon of its own on the first processor, and on the others feeds it so many streams in real time: WAV
            files of 16-bit samples one after the other, in pieces of 20 ms, no two streams in step. A subscriber takes the time of
            each label: how long after the write of the last sample that it needed. With a model of text or vectors each
            stream is fed the files as fast as it reads them, and steps a second are measured. One JSON line a figure.
            """)

    @Argument(help: "Mono 16-bit WAV files of one rate to feed; or files of text or vectors.") var files: [String]
    @Option(help: "The model file.") var model: String
    @Option(help: "Live streams.") var streams = 1000
    @Option(help: "Seconds of sound of each stream; of no other kind.") var seconds = 20.0
    @Option(help: "Engine threads of the daemon.") var threads = 1

    func validate() throws {
        guard (1...10_000).contains(streams) else { throw ValidationError("--streams is 1 to 10000, not \(streams)") }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds is 1 to 3600, not \(seconds)") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        // Never fewer than there may be: a descriptor beyond the limit, as a parent may have left one, is an error to
        // posix_spawn.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, rlim_t(2 * streams + 256))
        // Root may raise the greatest limit too; others get what there is.
        limit.rlim_max = max(limit.rlim_max, limit.rlim_cur)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        let isSound = try ModelFile(path: model).kind == .sound, sound = isSound ? try StreamedSound(files) : nil
        let folder = NSTemporaryDirectory() + "heard-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let daemon = try BenchedDaemon(
            model: model, folder: folder,
            options: [
                "--threads", "\(threads)", "--maximum-streams", "\(streams + 1)", "--event-queue", "65536",
            ], processor: 0)
        defer { daemon.stop() }
        try leaveFirstProcessor()
        let place = BenchPlace(peer: "heard", name: "daemon/N=\(streams)", threads: threads)
        if let sound { try hear(sound, in: folder, daemon, place) } else { try read(in: folder, daemon, place) }
    }

    private func read(in folder: String, _ daemon: BenchedDaemon, _ place: BenchPlace) throws {
        let idle = ProcessMemory.resident(of: "\(daemon.pid)")
        let result = try TextLoad(files, folder: folder, streams: streams).run(daemon: daemon.pid)
        guard result.steps > 0 else { throw ValidationError("no step was read in these files") }
        place.print("steps_per_second", Double(result.steps) / result.seconds, "1/s") { $0.add("steps", result.steps) }
        place.print("cpu_per_step", result.busy * 1e6 / Double(result.steps), "us")
        place.print("memory_per_stream", Double(result.memory - idle) / 1024 / Double(streams), "KB")
    }

    private func hear(_ sound: StreamedSound, in folder: String, _ daemon: BenchedDaemon, _ place: BenchPlace) throws {
        let idle = ProcessMemory.resident(of: "\(daemon.pid)")
        let load = try StreamLoad(sound, folder: folder, streams: streams, seconds: seconds)
        let result = try load.run(daemon: daemon.pid) { ProcessMemory.resident(of: "\(daemon.pid)") }
        let delays = result.delays
        guard !delays.isEmpty else { throw ValidationError("no label was heard in these files") }
        let inTime = Double(delays.count { $0 <= 0.05 }) / Double(delays.count)
        place.print("labels_within_50ms", 100 * inTime, "%") { $0.add("labels", delays.count) }
        place.print("label_delay_p50", 1000 * percentile(delays, 0.5), "ms")
        place.print("label_delay_p99", 1000 * percentile(delays, 0.99), "ms")
        place.print("memory_per_stream", Double(result.memory - idle) / 1024 / Double(streams), "KB")
        place.print("cpu", 100 * result.daemonLoad, "% of one core")
        place.print("late_writes", result.latest * 1000, "ms")
    }
}

/// Keeps this process off the first processor, when there is another; the daemon's children are started on it.
private func leaveFirstProcessor() throws {
    let count = ProcessInfo.processInfo.processorCount
    guard count > 1 else { return }
    let taskset = Process()
    taskset.executableURL = URL(fileURLWithPath: BenchedDaemon.taskset)
    taskset.arguments = ["--all-tasks", "--cpu-list", "--pid", "1-\(count - 1)", "\(getpid())"]
    taskset.standardOutput = FileHandle.nullDevice
    try taskset.run()
    taskset.waitUntilExit()
}

// A daemon of the bench's own, in a folder of its own.

import Daemon
import Foundation

/// The daemon that must not outlive a bench that is ended by a signal.
private nonisolated(unsafe) var benchedProcess: pid_t = 0

/// A daemon process that tells when it is ready.
final class BenchedDaemon {
    private let process = Process()
    private(set) var secondsToReady = 0.0
    var pid: Int32 { process.processIdentifier }

    /// Of util-linux: runs a program on chosen processors.
    static let taskset = "/usr/bin/taskset"

    /// `options` are further ones of `heard serve`; it may run on `processor` alone.
    init(model: String, folder: String, options: [String] = [], processor: Int? = nil) throws {
        let path = "\(folder)/notify.sock"
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        let isBound = UnixAddress.with(path) { bind(descriptor, $0, $1) == 0 }
        guard isBound else { throw ConnectionError(description: "cannot make \(path)") }
        var limit = timeval(tv_sec: 0, tv_usec: 200_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let heard = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("heard")
        guard FileManager.default.isExecutableFile(atPath: heard.path) else {
            throw ConnectionError(description: "there is no \(heard.path) to measure; build it: swift build -c release")
        }
        process.executableURL = processor == nil ? heard : URL(fileURLWithPath: Self.taskset)
        let prefix = processor.map { ["--cpu-list", "\($0)", heard.path] } ?? []
        process.arguments =
            prefix + [
                "serve", "--config", "/dev/null", "--log-level", "error", "--model", model, "--runtime-directory",
                folder,
            ] + options
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARD_") }
            .merging(["NOTIFY_SOCKET": path]) { $1 }
        let began = ContinuousClock.now
        try process.run()
        benchedProcess = process.processIdentifier
        for number in [SIGTERM, SIGINT, SIGHUP] {
            signal(number) { number in
                if benchedProcess > 0 { kill(benchedProcess, SIGTERM) }
                _exit(128 + number)
            }
        }
        var message = [UInt8](repeating: 0, count: 4096)
        repeat {
            let count = recv(descriptor, &message, message.count, 0)
            guard count > 0 else {
                guard process.isRunning, .now - began < .seconds(30) else {
                    throw ConnectionError(description: "the daemon did not get ready")
                }
                continue
            }
            if String(decoding: message[..<count], as: UTF8.self).contains("READY=1") { break }
        } while true
        secondsToReady = (ContinuousClock.now - began) / .seconds(1)
    }

    func stop() {
        benchedProcess = 0
        process.terminate()
        process.waitUntilExit()
    }
}

import Daemon
import Events
import Foundation
import Glibc
import TestSupport
import Testing

/// Clients go to a daemon of their own or of root's, and daemons stop as they are told to.
@Suite struct DoorTests {
    /// Runs `feed`, `subscribe`, `status` and `set` on a folder with sockets that somebody made, and sees that nothing
    /// is sent.
    private func isRefused(_ directory: String, _ part: String, _ command: Command, _ file: String) async throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer { close(listener) }
        let path = "\(command.folder)/made/audio.sock"
        unlink(path)
        #expect(UnixAddress.with(path) { bind(listener, $0, $1) } == 0)
        listen(listener, 8)
        let at = ["--runtime-directory", directory]
        for arguments in [["feed", file], ["subscribe"], ["status"], ["set", "both"]] {
            let outcome = try await command.run(arguments + at)
            #expect(outcome.status != 0 && outcome.errors.contains(part), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("nothing was sent"))
        }
        #expect(accept(listener, nil, nil) == -1)
    }

    @Test func aFolderThatOthersCouldHaveMadeIsRefused() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let made = "\(command.folder)/made", link = "\(command.folder)/link"
        mkdir(made, 0o700)
        symlink(made, link)
        try await isRefused(link, "symbolic link", command, file)
        try await isRefused(link + "/", "symbolic link", command, file)
        for mode: mode_t in [0o777, 0o770, 0o1777] {
            chmod(made, mode)
            try await isRefused(made, "may be written to by others", command, file)
        }
    }

    /// Only root can give a folder away.
    @Test(.enabled(if: geteuid() == 0)) func aFolderOfAnotherUserIsRefused() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let made = "\(command.folder)/made"
        mkdir(made, 0o755)
        chown(made, 65_534, 65_534)
        try await isRefused(made, "belongs to user 65534", command, file)
        let trusting = try await command.run("status", "--runtime-directory", made, "--daemon-user", "65534")
        #expect(trusting.status != 0 && trusting.errors.contains("no daemon answers"))
        let serve = try await command.run("serve", "--model", command.model, "--runtime-directory", made)
        #expect(serve.status != 0 && serve.errors.contains("another user"))
    }

    @Test func whoMayListen() {
        let own = geteuid()
        #expect(DaemonDoor.mayListen(own, inFolderOf: own, trusted: nil))
        #expect(DaemonDoor.mayListen(0, inFolderOf: 7, trusted: nil))
        #expect(!DaemonDoor.mayListen(70_001, inFolderOf: 70_002, trusted: nil))
        #expect(DaemonDoor.mayListen(70_001, inFolderOf: 70_002, trusted: 70_001))
        // As heard.socket has it: a folder of root's, and the service's dynamic user listens.
        #expect(DaemonDoor.mayListen(61_184, inFolderOf: 0, trusted: nil))
    }

    // MARK: signals

    @Test func clientsOfADaemonThatStopsAreTold() async throws {
        let command = try Command()
        defer { command.remove() }
        let daemon = try await command.serve()
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 60)))
        let at = ["--runtime-directory", command.folder]
        let (feed, said, _) = try command.start(["feed", "--realtime", file] + at)
        let reader = FileHandle(fileDescriptor: said.fileHandleForReading.fileDescriptor)
        // Its first event.
        var text = reader.availableData
        daemon.terminate()
        text += reader.readDataToEndOfFile()
        feed.waitUntilExit()
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 0 && feed.terminationStatus == 1)
        let events = try String(decoding: text, as: UTF8.self).split(separator: "\n").map {
            try Event(json: String($0))
        }
        #expect(events.contains { if case .error("stopping", _, _) = $0.body { true } else { false } })
        guard case .streamEnd(let end)? = events.last?.body else {
            Issue.record("no end")
            return
        }
        #expect(end.errors == 1 && end.samples < 60 * 16_000)
    }

    @Test func aStopIsNotBehindReloads() async throws {
        let command = try Command()
        defer { command.remove() }
        let configuration = try command.write("heard.yaml", "mode: online\n".utf8)
        let daemon = try await command.serve("--config", configuration)
        // What the reloads are to read does not come.
        unlink(configuration)
        mkfifo(configuration, 0o600)
        for _ in 0..<150 { kill(daemon.processIdentifier, SIGHUP) }
        daemon.terminate()
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 0 && daemon.terminationReason == .exit)
    }

    @Test func aDaemonThatIsNotReadyStops() async throws {
        let command = try Command()
        defer { command.remove() }
        let configuration = "\(command.folder)/heard.yaml"
        mkfifo(configuration, 0o600)
        let (daemon, _, errors) = try command.start(
            ["serve", "--model", command.model, "--config", configuration, "--runtime-directory", command.folder])
        // It waits for its configuration once somebody can write to it.
        var writer: Int32 = -1
        while writer < 0, daemon.isRunning {
            writer = open(configuration, O_WRONLY | O_NONBLOCK)
            try await Task.sleep(for: .milliseconds(10))
        }
        defer { close(writer) }
        daemon.terminate()
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 1)
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.contains("stopped before it was ready"))
    }

    @Test func aSecondSignalStopsAtOnce() async throws {
        let command = try Command()
        defer { command.remove() }
        try TinyLanguageModel.file().write(to: command.model)
        let daemon = try await command.serve("--stop-timeout", "600", "--fifo", "true", "--event-queue", "4")
        // A stream of text waits for its client, which does not read.
        let connection = try UnixConnection("\(command.folder)/audio.sock")
        let text = String(repeating: "abcde\n", count: 20_000)
        let writer = Thread {
            _ = connection.write(text)
            connection.finishWriting()
        }
        writer.start()
        let status = ["status", "--streams", "--runtime-directory", command.folder]
        for _ in 0..<400 where try await !command.run(status).output.contains("stream-1") {}
        daemon.terminate()
        for _ in 0..<400 where FileManager.default.fileExists(atPath: "\(command.folder)/audio.sock") {
            try await Task.sleep(for: .milliseconds(10))
        }
        daemon.terminate()
        daemon.waitUntilExit()
        #expect(daemon.terminationReason == .exit && daemon.terminationStatus == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(command.folder)/audio.fifo"))
    }
}

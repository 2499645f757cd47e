// What becomes of standard output and of the line of progress: written, not writable, read no more; and of wrong names
// of commands.

import Events
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct OutputTests {
    /// A device that is always full; every command writes its lines in the same way.
    @Test(arguments: [
        ["config"], ["--help"], ["help", "label"], ["--version"], ["label", "--model", "MODEL", "SOUND"],
        ["label", "--format", "text", "--model", "MODEL", "SOUND"], ["model", "show", "MODEL"],
        ["--generate-completion-script", "bash"],
    ])
    func fullDevice(arguments: [String]) async throws {
        let command = try Command()
        defer { command.remove() }
        let sound = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let words = arguments.map { $0 == "MODEL" ? command.model : $0 == "SOUND" ? sound : $0 }
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let (process, _, errors) = try command.start(words, to: full)
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
        #expect(text == "heard: cannot write to standard output: No space left on device\n")
    }

    @Test func closedOutput() async throws {
        let command = try Command()
        defer { command.remove() }
        let shell = Process(), errors = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The model file must not take standard output's place.
        shell.arguments = ["-c", "exec \"$0\" label --model \"$1\" \"$2\" >&-", Command.path, command.model]
        shell.arguments?.append(try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1))))
        shell.standardError = errors
        let before = try Data(contentsOf: URL(fileURLWithPath: command.model))
        try shell.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 1)
        #expect(text == "heard: cannot write to standard output: it is closed\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: command.model)) == before)
    }

    /// `heard label - | head -1` of a recorder that stays silent: no further event wakes it.
    @Test func endsWithItsReader() async throws {
        let command = try Command()
        defer { command.remove() }
        let input = Pipe()
        let (process, output, errors) = try command.start(["label", "--model", command.model, "-"], from: input)
        try input.fileHandleForWriting.write(contentsOf: Sound.wav(Sound.bursts(seconds: 1)).prefix(1000))
        #expect(try output.fileHandleForReading.read(upToCount: 1) == Data("{".utf8))
        try output.fileHandleForReading.close()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGPIPE)
        #expect(errors.fileHandleForReading.readDataToEndOfFile().isEmpty)
        try input.fileHandleForWriting.close()
    }

    /// At a terminal the bar's line ends before a signal ends the program, and before an error is told.
    @Test(arguments: [true, false]) func progressLine(isInterrupted: Bool) async throws {
        let command = try Command()
        defer { command.remove() }
        let sound = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let second = "\(command.folder)/second.wav"
        // Nobody writes to it, so that it waits there.
        if isInterrupted { mkfifo(second, 0o600) }
        // As posix_openpt, unlockpt and ptsname do, which Glibc's module leaves out.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0, number: Int32 = -1
        try #require(ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        let terminal = try #require(FileHandle(forUpdatingAtPath: "/dev/pts/\(number)"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Command.path)
        process.arguments = ["label", "--model", command.model, "--format", "srt", "-o", command.folder, sound, second]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = terminal
        try process.run()
        try terminal.close()
        var shown = ""
        var bytes = [UInt8](repeating: 0, count: 1024)
        var isSent = false
        while case let count = read(master, &bytes, bytes.count), count > 0 {
            shown += String(decoding: bytes[..<count], as: UTF8.self)
            if isInterrupted, !isSent, shown.contains("1/2 files") {
                kill(process.processIdentifier, SIGINT)
                isSent = true
            }
        }
        close(master)
        process.waitUntilExit()
        if isInterrupted {
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGINT)
            #expect(shown.hasSuffix("1/2 files\r\n"))
        } else {
            #expect(process.terminationStatus == 1)
            #expect(shown.contains("1/2 files\r\nheard: \(second): cannot read"))
        }
    }

    @Test(arguments: [
        ("lable x", #"heard has no command "lable"; did you mean heard label?"#),
        ("model shwo", #"heard model has no command "shwo"; did you mean heard model show?"#),
        ("help sbscribe", #"heard has no command "sbscribe"; did you mean heard subscribe?"#),
        ("help nosuch", #"heard has no command "nosuch"; there are label, serve,"#),
        ("help model nosuch", #"heard model has no command "nosuch"; there are import,"#),
        ("help label x", "heard label has no commands of its own: heard help label"),
        ("model help", "it is heard help model"), ("label --formt text", "Did you mean '--format'?"),
    ])
    func unknownNames(line: String, said: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run(line.split(separator: " ").map(String.init))
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(said), "\(outcome.errors)")
    }

    @Test(arguments: ["help", "help help", "help model", "help model show", "--version"])
    func knownNames(line: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run(line.split(separator: " ").map(String.init))
        #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty)
    }
}

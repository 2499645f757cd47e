// A built executable, run as a user runs it.

import Foundation
import Glibc
import Pipeline

/// An executable and a folder for it.
package struct Command {
    /// What it left behind.
    package struct Outcome: Sendable {
        package var status: Int32
        package var output: String
        package var errors: String
        package var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The path of `heard`.
    package static let path = path(of: "heard")

    /// Executables lie beside the test bundle.
    private static func path(of program: String) -> String {
        let runner = CommandLine.arguments[0]
        let candidates = [runner, (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""]
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent(program).path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }

    /// A folder of its own with a tiny model, removed with `remove`.
    package let folder: String
    package var model: String { "\(folder)/tiny.safetensors" }

    private let program: String

    package init(_ program: String = "heard") throws {
        self.program = Self.path(of: program)
        folder = "/tmp/heard-cli-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try TinyModel.file().write(to: model)
    }

    /// Removes the folder.
    package func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a file into the folder; its path.
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Runs the program with `arguments`; `HEARD_*` of this process are not passed on.
    package func run(
        _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await run(arguments, input: input, environment: environment)
    }

    /// `watch` runs beside the command, on a thread that may block.
    package func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        watch: (@Sendable (Process) -> Void)? = nil
    ) async throws -> Outcome {
        let (process, output, errors) = try start(arguments, input: input, environment: environment)
        if let watch { Thread.detachNewThread { watch(process) } }
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let box = Box()
                let reader = Thread { box.put(errors.fileHandleForReading.readDataToEndOfFile()) }
                reader.start()
                let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                continuation.resume(
                    returning: Outcome(
                        status: process.terminationStatus, output: text,
                        errors: String(decoding: box.take(), as: UTF8.self)))
            }
        }
    }

    /// `from`, `to` and `errors` stand in for standard input, output and error: a `Pipe` or a `FileHandle`.
    package func start(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], from: Any? = nil,
        to: Any? = nil, errors: Any? = nil
    ) throws -> (Process, Pipe, Pipe) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARD_") }
            .merging(environment) { $1 }
        // Under the address sanitizer: what the static Swift runtime keeps for itself until the end is no leak.
        process.environment?["ASAN_OPTIONS"] = "detect_leaks=0"
        let (output, said) = (Pipe(), Pipe())
        process.standardOutput = to ?? output
        process.standardError = errors ?? said
        process.standardInput =
            try from ?? FileHandle(forReadingAtPath: input.isEmpty ? "/dev/null" : try write("input", input))
        try process.run()
        return (process, output, said)
    }

    /// A daemon in the folder, which listens.
    package func serve(_ more: String..., errors: FileHandle? = nil) async throws -> Process {
        let (daemon, _, _) = try start(
            ["serve", "--model", model, "--runtime-directory", folder] + more, errors: errors)
        for _ in 0..<400 where !FileManager.default.fileExists(atPath: "\(folder)/control.sock") {
            try await Task.sleep(for: .milliseconds(50))
        }
        return daemon
    }

    /// What a thread leaves for another.
    private final class Box: @unchecked Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private var data = Data()

        func put(_ data: Data) {
            self.data = data
            semaphore.signal()
        }

        func take() -> Data {
            semaphore.wait()
            return data
        }
    }
}

// The built executable, run as a user runs it.

import Foundation
import Glibc
import Pipeline
import TestSupport

struct Command {
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The executable lies beside the test bundle.
    static let path: String = {
        let runner = CommandLine.arguments[0]
        let candidates = [runner, (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""]
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("heard").path }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }()

    /// A folder of its own with a tiny model, removed with `remove`.
    let folder: String
    var model: String { "\(folder)/tiny.safetensors" }

    init() throws {
        folder = "/tmp/heard-cli-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try TinyModel.file().write(to: model)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Runs `heard` with `arguments`; `HEARD_*` of this process are not passed on.
    func run(_ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]) async throws -> Outcome {
        try await run(arguments, input: input, environment: environment)
    }

    /// `watch` runs beside the command, on a thread that may block.
    func run(
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
    func start(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], from: Any? = nil,
        to: Any? = nil, errors: Any? = nil
    ) throws -> (Process, Pipe, Pipe) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
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
    func serve(_ more: String..., errors: FileHandle? = nil) async throws -> Process {
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

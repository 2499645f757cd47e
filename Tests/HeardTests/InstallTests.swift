// heard model install, and what a service says of a model that it cannot see.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct InstallTests {
    @Test func aCheckedCopyForAll() async throws {
        let command = try Command()
        defer { command.remove() }
        let folder = "\(command.folder)/share/models"
        let options = ["model", "install", command.model, "--directory", folder]
        let installed = try await command.run(options)
        #expect(installed.status == 0 && installed.output == "model: \(folder)/tiny.safetensors\n")
        #expect(installed.errors.contains("the service does not see /tmp"))
        let renamed = try await command.run(options + ["--name", "mine"])
        #expect(renamed.output == "model: \(folder)/mine.safetensors\n")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["mine.safetensors", "tiny.safetensors"])
        let wanted = try Data(contentsOf: URL(fileURLWithPath: command.model))
        for name in names {
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")) == wanted)
            var status = stat()
            #expect(stat("\(folder)/\(name)", &status) == 0 && status.st_mode & 0o777 == 0o644)
        }
        var status = stat()
        #expect(stat(folder, &status) == 0 && status.st_mode & 0o777 == 0o755)
        // In use it is a model like any other.
        let shown = try await command.run("model", "show", "\(folder)/mine.safetensors")
        #expect(shown.status == 0)
    }

    @Test func whatIsNoModelStaysOutside() async throws {
        let command = try Command()
        defer { command.remove() }
        let folder = "\(command.folder)/models"
        let damaged = try command.write(
            "damaged.safetensors", try Data(contentsOf: URL(fileURLWithPath: command.model)).dropLast(100))
        for model in [damaged, "\(command.folder)/nowhere.safetensors", command.folder] {
            let outcome = try await command.run("model", "install", model, "--directory", folder)
            #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.errors.contains(model))
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
        for name in ["../up", ".hidden", "a/b"] {
            let outcome = try await command.run(
                "model", "install", command.model, "--directory", folder, "--name", name)
            #expect(outcome.status == 64 && outcome.errors.contains("--name is the name of a file"))
        }
        let occupied = try await command.run("model", "install", command.model, "--directory", command.model)
        #expect(occupied.status == 1 && occupied.errors.contains("run it by sudo, or choose another --directory"))
    }

    /// ProtectHome= lets a home look empty.
    @Test(arguments: [true, false]) func aServiceSaysWhatItCannotSee(isService: Bool) async throws {
        let command = try Command()
        defer { command.remove() }
        let environment = isService ? ["NOTIFY_SOCKET": "\(command.folder)/notify"] : [:]
        for option in ["--model", "--gate", "--offline-model"] {
            let others = option == "--model" ? [] : ["--model", command.model]
            let outcome = try await command.run(
                ["serve", "--runtime-directory", command.folder, option, "/home/nobody-has-this/a.safetensors"]
                    + others,
                environment: environment)
            #expect(outcome.status == 1)
            let advice = "does not see /home: sudo heard model install /home/nobody-has-this/a.safetensors"
            #expect(outcome.errors.contains(advice) == isService)
        }
    }
}

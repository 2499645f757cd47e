// heard(1) and the pages of the subcommands, as systemd/install has them written.

import Foundation
import TestSupport
import Testing

@Suite struct ManualPageTests {
    /// A page for the program and for each subcommand that its help names, with every option of that help.
    @Test func eachCommandHasAPageWithItsOptions() async throws {
        let command = try Command()
        defer { command.remove() }
        let written = try await command.run("manual", "\(command.folder)/man1")
        #expect(written.status == 0, "\(written.errors)")
        for words in [
            [], ["label"], ["feed"], ["model"], ["model", "show"], ["lm", "train"], ["study", "memory"],
        ] {
            let page = try String(
                contentsOfFile: "\(command.folder)/man1/\((["heard"] + words).joined(separator: "-")).1",
                encoding: .utf8
            ).replacing("\\-", with: "-")
            let help = try await command.run(words + ["--help"]).output
            for option in help.matches(of: /(?m)^ +(?:-\w, )?(--[a-z-]+)/) {
                #expect(page.contains("\\fB\(option.1)\\fR"), "\(words) \(option.1)")
            }
            for name in help.matches(of: /(?m)^  ([a-z]+) {2,}/) where help.contains("SUBCOMMANDS:") {
                #expect(page.contains("-\(name.1) (1)"), "\(words) \(name.1)")
            }
        }
        #expect(!(try await command.run("--help").output.contains("manual")))
    }

    /// groff has nothing to warn of in any page; it is there wherever man is.
    @Test func roffIsCorrect() async throws {
        let command = try Command()
        defer { command.remove() }
        let folder = "\(command.folder)/man1"
        #expect(try await command.run("manual", folder).status == 0)
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
        #expect(pages.count > 30)
        let systemd = Repository.root.appendingPathComponent("systemd").path
        for page in pages + ["\(systemd)/heard.yaml.5", "\(systemd)/heard-events.7"] {
            let process = Process(), output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["groff", "-man", "-ww", "-z", "-K", "utf8", page]
            process.standardError = output
            try process.run()
            let warnings = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0 && warnings.isEmpty, "\(warnings)")
        }
    }
}

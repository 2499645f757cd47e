import Foundation
import TestSupport
import Testing

/// Where settings come from, and what is said of wrong ones.
@Suite struct ConfigTests {
    private func setting(_ key: String, in outcome: Command.Outcome) -> [String]? {
        outcome.lines.first { $0.hasPrefix("\(key):") }?.split(separator: " ").map(String.init)
    }

    @Test func optionsBeatTheEnvironmentBeatsTheFile() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("heard.yaml", "mode: both\nline-limit: 1000\nhistory: 100 # few\n".utf8)
        let environment = ["HEARD_LINE_LIMIT": "2000", "HEARD_HISTORY": "200"]
        let outcome = try await command.run("config", "--config", file, "--history", "300", environment: environment)
        #expect(outcome.status == 0)
        #expect(setting("mode", in: outcome) == ["mode:", "both", "#", "\(file):1"])
        #expect(setting("line-limit", in: outcome) == ["line-limit:", "2000", "#", "HEARD_LINE_LIMIT"])
        #expect(setting("history", in: outcome) == ["history:", "300", "#", "--history"])
        #expect(setting("maximum-streams", in: outcome)?.last == "default")
        // As editors on Windows write it.
        let marked = try command.write("marked.yaml", "\u{FEFF}history: 70\r\nmode: both\r\n".utf8)
        let read = try await command.run("config", "--config", marked)
        #expect(setting("history", in: read)?[1] == "70" && setting("mode", in: read)?[1] == "both", "\(read.errors)")
        // What is printed is itself a configuration file.
        let again = try command.write("again.yaml", outcome.output.utf8)
        #expect(setting("history", in: try await command.run("config", "--config", again))?[1] == "300")
    }

    @Test(arguments: [
        ("mode: online\nline-limmit: 5\n", ":2: there is no setting \"line-limmit\""),
        ("# one\n\nthreads: many\n", ":3: threads is \"many\""),
        ("threads: 0\n", ":1: threads is \"0\""), ("threads: 1\nthreads: 2\n", "duplicated key(s): 'threads'"),
        ("mode: [online]\n", ":1: mode"),
        ("- mode\n", "key: value"), ("mode: \"online\n", "not YAML"), ("raw: s16le\n", ":1: raw"),
    ])
    func wrongFilesNameTheLine(text: String, part: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("heard.yaml", text.utf8)
        let outcome = try await command.run("config", environment: ["HEARD_CONFIG": file])
        #expect(outcome.status != 0 && outcome.errors.contains(part), "\(outcome.errors)")
        let serve = try await command.run("serve", "--config", file)
        #expect(serve.status != 0 && serve.errors.contains(part), "\(serve.errors)")
    }

    /// What is written in the repository is what the table of settings says.
    @Test(arguments: [("yaml", "heard.yaml"), ("man", "heard.yaml.5")])
    func theExampleAndTheManualAreOfTheTable(format: String, file: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let printed = try await command.run("config", "--format", format)
        let path = URL(fileURLWithPath: Golden.samples).deletingLastPathComponent().path + "/systemd/\(file)"
        #expect(printed.status == 0)
        #expect(
            try printed.output == String(contentsOfFile: path, encoding: .utf8),
            "heard config --format \(format) > systemd/\(file)")
    }

    @Test func wrongVariablesAndMissingFilesAreNamed() async throws {
        let command = try Command()
        defer { command.remove() }
        let variable = try await command.run("config", environment: ["HEARD_VOLUME": "11"])
        #expect(variable.status != 0 && variable.errors.contains("HEARD_VOLUME"))
        let file = try await command.run("config", "--config", "/nowhere.yaml")
        #expect(file.status != 0 && file.errors.contains("/nowhere.yaml"))
    }

    @Test func groupsThatThereAreNotAreNamed() async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run("config", "--access-read", "heard-admins,no-such-group,0")
        #expect(outcome.status == 0)
        #expect(
            outcome.lines.filter { $0.contains("no group") } == ["# There is no group no-such-group: nobody is in it"])
    }

    @Test func theBoundsOfMemoryAreAddedUpAndChecked() async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run("config", "--model", command.model)
        #expect(outcome.status == 0 && outcome.output.contains("# The most memory that the daemon can take: "))
        let refused = try await command.run("config", "--model", command.model, "--memory-limit", "100000000")
        #expect(refused.status == 1 && refused.errors.contains("more than the limit of 95 MiB"), "\(refused.errors)")
    }

    /// Every setting is an option of `heard config`, takes its own printed value, and has a line of help.
    @Test func everySettingIsAnOption() async throws {
        let command = try Command()
        defer { command.remove() }
        let help = try await command.run("config", "--help").output
        let settings = try await command.run("config").lines.filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
        #expect(settings.count > 15)
        for setting in settings {
            let key = String(setting[0].dropLast())
            #expect(help.contains("--\(key) <"), "\(key)")
            let outcome = try await command.run("config", "--\(key)", setting[1])
            #expect(self.setting(key, in: outcome) == ["\(key):", setting[1], "#", "--\(key)"])
        }
    }
}

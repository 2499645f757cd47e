// heard manual: heard(1) and a page for each subcommand, from the parser's own description of the commands, the one
// that --experimental-dump-help prints. systemd/install runs it. Reference: groff_man(7).

import ArgumentParser
import Daemon
import Foundation
import Terminal

struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Write the pages of the manual, heard(1) and one for each subcommand.",
        shouldDisplay: false)

    @Argument(help: "The folder for the pages, such as /usr/local/share/man/man1; it is made.") var folder: String

    func run() throws {
        let root = try JSONDecoder().decode(CommandPage.Dump.self, from: Data(Heard._dumpHelp().utf8)).command
        // What cannot be made is said when the first page is written.
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for page in CommandPage.all(from: root) {
            try writeFile(Data((page.roff.joined(separator: "\n") + "\n").utf8), to: "\(folder)/\(page.title).1")
        }
    }
}

/// The page of one command.
struct CommandPage {
    /// The description of the commands, as far as a page shows it (ArgumentParserToolInfo's `ToolInfoV0`).
    struct Dump: Decodable {
        var command: Command
    }

    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool
        var subcommands: [Command]?
        var arguments: [Argument]?

        /// Those that help shows, without `help`, which has no page.
        var shown: [Command] { (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" } }
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        var kind: String
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool
        var sectionTitle: String?
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
    }

    /// Its words, `heard` the first.
    var path: [String]
    var command: Command
    var title: String { path.joined(separator: "-") }

    /// The pages of a command and of all below it.
    static func all(from command: Command, after parents: [String] = []) -> [CommandPage] {
        let path = parents + [command.commandName]
        return [CommandPage(path: path, command: command)] + command.shown.flatMap { all(from: $0, after: path) }
    }

    /// The lines of the page.
    var roff: [String] {
        let name = path.joined(separator: " "), abstract = command.abstract ?? ""
        var lines = [
            ".\\\" Written by heard manual.",
            ".TH \(Roff.text(title.uppercased())) 1 \(Roff.date) \"Heard \(heardVersion)\" \"Heard's manual\"",
            ".SH NAME",
            "\(Roff.text(title)) \\- \(Roff.text(abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract))",
            ".SH SYNOPSIS", ".B \(Roff.text(name))", synopsis,
        ]
        if let discussion = command.discussion, !discussion.isEmpty {
            lines += [".SH DESCRIPTION"] + Roff.paragraphs(discussion)
        }
        if !command.shown.isEmpty {
            lines.append(".SH COMMANDS")
            for each in command.shown {
                lines += [
                    ".TP", ".BR \(Roff.text("\(title)-\(each.commandName)")) (1)", Roff.text(each.abstract ?? ""),
                ]
            }
        }
        for (section, arguments) in sections {
            lines.append(".SH \(Roff.text(section.uppercased()))")
            for argument in arguments { lines += entry(argument) }
        }
        let parent = path.count == 1 ? [] : ["\(Roff.text(path.dropLast().joined(separator: "-"))) (1)"]
        return lines + Roff.seeAlso(parent + ["heard.yaml (5)", "heard\\-events (7)"])
    }

    /// What follows the name of the command.
    private var synopsis: String {
        let positional = arguments.filter { $0.kind == "positional" }.map { argument in
            let value = "\\fI\(Roff.text(argument.valueName ?? "value"))\\fR\(argument.isRepeating ? " ..." : "")"
            return argument.isOptional ? "[\(value)]" : value
        }
        return (["[\\fIoptions\\fR]"] + (command.shown.isEmpty ? positional : ["\\fIcommand\\fR"]))
            .joined(separator: " ")
    }

    private var arguments: [Argument] { (command.arguments ?? []).filter(\.shouldDisplay) }

    /// The arguments by the titles of help, in the order of their first ones; options without a title last, as in help.
    private var sections: [(title: String, arguments: [Argument])] {
        let title = { (argument: Argument) in
            argument.sectionTitle ?? (argument.kind == "positional" ? "Arguments" : "Options")
        }
        var titles: [String] = []
        for argument in arguments where !titles.contains(title(argument)) { titles.append(title(argument)) }
        titles =
            titles.filter { $0 == "Arguments" } + titles.filter { $0 != "Arguments" && $0 != "Options" }
            + titles.filter { $0 == "Options" }
        return titles.map { wanted in (wanted, arguments.filter { title($0) == wanted }) }
    }

    private func entry(_ argument: Argument) -> [String] {
        let value = "\\fI\(Roff.text(argument.valueName ?? "value"))\\fR"
        let names = (argument.names ?? []).map { "\\fB\(Roff.text($0.text))\\fR" }.joined(separator: ", ")
        let tag = argument.kind == "positional" ? value : argument.kind == "flag" ? names : "\(names) \(value)"
        let standard = argument.defaultValue.map { " (default: \($0))" } ?? ""
        return [".TP", tag, Roff.text((argument.abstract ?? "") + standard)]
    }
}

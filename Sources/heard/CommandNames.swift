// A word where the name of a command belongs, and no command of that name: argument parsing alone would call it
// unexpected, or show the help of another command instead.

import ArgumentParser
import Decoding

/// Checks the words with which a command line begins.
struct CommandNames {
    /// - Throws: `ValidationError` with the nearest names when a command is asked for that does not exist, also of
    ///   `help`.
    static func check(_ arguments: [String]) throws {
        var words = arguments[...]
        var command: any ParsableCommand.Type = Heard.self
        var path = "heard"
        let isHelp = words.first == "help"
        if isHelp { words = words.dropFirst() }
        while let word = words.popFirst(), !word.hasPrefix("-") {
            let commands = command.configuration.subcommands
            if let next = commands.first(where: { name(of: $0) == word }) {
                (command, path) = (next, "\(path) \(word)")
            } else if !commands.isEmpty {
                let names =
                    commands.filter { $0.configuration.shouldDisplay }.map(name) + (path == "heard" ? ["help"] : [])
                if path == "heard", word == "bench" {
                    throw ValidationError(
                        "heard-bench is a program of its own; in the source: swift run -c release heard-bench")
                }
                if word == "help", names.contains(word) { return }
                if word == "help" { throw ValidationError("it is heard help \(path.dropFirst(6))") }
                throw ValidationError("\(path) has no command \"\(word)\"; \(advice(word, names, path))")
            } else if isHelp {
                throw ValidationError("\(path) has no commands of its own: heard help \(path.dropFirst(6))")
            } else {
                return
            }
        }
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? command._commandName
    }

    /// The names that can be mistyped as `word`, or all.
    private static func advice(_ word: String, _ names: [String], _ path: String) -> String {
        let distances = names.map { editDistance(reference: Array($0), hypothesis: Array(word.lowercased())).total }
        let least = distances.min() ?? .max
        // A third of the letters may be wrong; two that have changed places count as two.
        guard least <= (word.count < 4 ? 1 : max(2, word.count / 3)) else {
            return "there are \(names.joined(separator: ", "))"
        }
        let nearest = zip(names, distances).filter { $1 == least }.map { "\(path) \($0.0)" }
        return "did you mean \(nearest.joined(separator: " or "))?"
    }
}

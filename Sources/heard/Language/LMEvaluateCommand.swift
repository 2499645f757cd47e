// heard lm evaluate: how well a language model predicts a text.

import ArgumentParser
import Evaluation
import Events
import Pipeline
import Schema
import Terminal
import Training

struct LMEvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Perplexity and bits a character of a text.",
        discussion: """
            The text is read from its first token to its last, the state carried over all lines, as if a line's end stood before it.
            Line ends are tokens too. A token that the vocabulary does not have is predicted and read as <unk>; what it
            stands for remains open, so with unknown tokens all figures flatter.

                heard lm evaluate shakespeare.safetensors other.txt
                heard lm evaluate shakespeare.safetensors - --json < other.txt

            Exit status: 0 judged, 1 failed (no such file, not UTF-8, no text in it), 64 wrong usage.
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Argument(help: "A file of UTF-8 text; - is standard input.", completion: .file()) var text: String
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        let model = try Model(path: model, as: .languageModel)
        let report = LanguageReport(
            model, modelBytes: try fileSize(model.path), text: try TextFile.read(text), data: text)
        guard report.score.tokens > 0 else { throw ConfigurationError(description: "\(text) has no text in it") }
        if json {
            printLine(report.score.json)
        } else {
            for line in report.text { printLine(line) }
        }
    }
}

extension TokenScore {
    /// The figures as fields.
    func add(to line: inout JSONLine) {
        line.add("tokens", tokens)
        line.add("unknown", unknown)
        line.add("characters", characters)
        line.add("log_probability", logProbability)
        line.add("nats_per_token", natsPerToken)
        line.add("bits_per_token", bitsPerToken)
        line.add("perplexity", perplexity)
        line.add("bits_per_character", bitsPerCharacter)
    }

    fileprivate var json: String {
        var line = JSONLine()
        add(to: &line)
        return line.string
    }
}

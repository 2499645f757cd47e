// heard lm score: how probable each line of a text is.

import Schema
import ArgumentParser
import Decoding
import Events
import Foundation
import Pipeline
import Terminal
import Training

struct LMScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "The log-probability and perplexity of each line.",
        discussion: """
            ln P of a line is the sum of ln P of each of its tokens given those before it, the line's end (<eos>, or the new line in a
            model without it) among them. Each line is read as if it stood alone, after a line's end: its score does not depend
            on the lines around it, and is printed as soon as its line has come. An empty line is its end alone. Unknown tokens are scored as <unk> and counted. A line of more tokens
            than --limit is not scored: it is named on standard error, and the exit status is 1.

                echo "To be, or not to be" | heard lm score shakespeare.safetensors
                heard lm score shakespeare.safetensors verses.txt --tokens
                heard lm score shakespeare.safetensors verses.txt --json

            Exit status: 0 scored, 1 failed or a line was too long, 64 wrong usage.
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Argument(help: "A file of UTF-8 text; - is standard input.", completion: .file()) var text = "-"
    @Flag(help: "The probability of each token too.") var tokens = false
    @Flag(help: "Print one JSON object a line.") var json = false
    @Option(help: "Tokens of a line at the most.") var limit = 100_000

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is at least 1") }
        if text == "-", isatty(STDIN_FILENO) == 1 {
            throw ValidationError("name a file, or pipe text in: echo \"To be\" | heard lm score MODEL")
        }
    }

    func run() throws {
        let model = try Model(path: model, as: .languageModel), stream = TokenStream(model)
        var lines = 0, tooLong = 0, total = TokenScore()
        try TextFile.forEachLine(of: text) { number, line in
            if lines == 0, !json { printLine("      ln P  tokens  unknown  perplexity  line") }
            lines += 1
            let count = model.tokens.encode(piece: line).count + 1
            guard count <= limit else {
                printError(
                    "line \(number) has \(count) tokens, and no more than \(limit) are scored; raise --limit, or part the line"
                )
                tooLong += 1
                return
            }
            let score = stream.score(line: line)
            total += score.score
            printLine(json ? object(number, line, score, model.tokens) : row(score.score, line))
            if tokens, !json { printTokens(score, model.tokens) }
        }
        guard lines > 0 else { throw ConfigurationError(description: "\(text) has no lines") }
        if !json, lines > 1 { printLine(row(total, "(all \(lines - tooLong) lines)")) }
        if tooLong > 0 { throw ExitCode.failure }
    }

    private func row(_ score: TokenScore, _ line: String) -> String {
        String(
            format: "%10.4f  %6d  %7d  %10.3f  ", score.logProbability, score.tokens, score.unknown, score.perplexity)
            + line
    }

    private func printTokens(_ line: LineScore, _ vocabulary: TokenVocabulary) {
        for (token, value) in zip(line.tokens, line.logPosteriors) {
            printLine(
                String(format: "%10.4f  %9.6f  ", value, exp(Double(value)))
                    + TokenVocabulary.visible(vocabulary.tokens[token]))
        }
    }

    private func object(_ number: Int, _ text: String, _ line: LineScore, _ vocabulary: TokenVocabulary) -> String {
        var object = JSONLine()
        object.add("line", number)
        object.add("text", text)
        line.score.add(to: &object)
        if tokens {
            object.add(
                "parts",
                zip(line.tokens, line.logPosteriors).map { token, value in
                    var part = JSONLine()
                    part.add("token", vocabulary.tokens[token])
                    part.add("log_probability", Double(value))
                    return part
                })
        }
        return object.string
    }
}

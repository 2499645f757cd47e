// heard translate: one text of another, by an encoder-decoder.

import ArgumentParser
import Decoding
import Evaluation
import Events
import Foundation
import Pipeline
import Terminal
import Training

struct TranslateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate", abstract: "Make one text of another: dates, transliterations, translations.",
        discussion: """
            Each text, or each line of standard input, is read as a whole and answered by one line, written at once. An empty line is
            answered by an empty one. Characters or words that the model does not know are read as <unk>. A line of more tokens
            than --limit is answered by an empty line and named on standard error, and the exit status is 1.

            The answer is searched with --beam hypotheses (1 is greedy), ranked by ln P / ((5 + length) / 6)^A, where A is --length-penalty
            (Wu et al. 2016). --evaluate holds answers against a file of pairs, SOURCE<tab>TARGET a line, greedy and with the beam.

                heard translate samples/dates.safetensors "Tuesday, 3rd of May 2009"
                heard translate samples/dates.safetensors --alternatives 3 --attention "May 3 2009"
                cat lines | heard translate samples/dates.safetensors
                heard translate samples/dates.safetensors --evaluate dates.run/test.tsv

            Exit status: 0 done, 1 failed or a line was too long, 64 wrong usage.
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Argument(help: ArgumentHelp("Texts; without any, lines of standard input.", valueName: "text"))
    var texts: [String] = []
    @Option(help: "Hypotheses that are followed at once.") var beam = 5
    @Option(help: "How much the length counts: 0 is not at all, 1 is about the mean log-probability of a token.")
    var lengthPenalty = 0.6
    @Option(help: "Tokens of a text at the most.") var limit = 1000
    @Option(help: "Tokens of an answer at the most. Default: twice the text's and 50.") var length: Int?
    @Option(help: "Answers of each text, the best first, with their probabilities; no more than --beam.")
    var alternatives = 1
    @Flag(help: "Which tokens of the text each token of the answer comes from.") var attention = false
    @Flag(help: "Print one JSON object a text.") var json = false
    @Option(help: "Judge the model by this file of pairs.", completion: .file(extensions: ["tsv"])) var evaluate:
        String?

    func validate() throws {
        guard (1...1000).contains(beam) else { throw ValidationError("--beam is 1 to 1000") }
        guard (0...10).contains(lengthPenalty) else { throw ValidationError("--length-penalty is 0 to 10") }
        guard (1...beam).contains(alternatives) else {
            throw ValidationError("--alternatives is 1 to \(beam), the --beam")
        }
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is 1 to 100000 tokens") }
        if let length, !(1...100_000).contains(length) { throw ValidationError("--length is 1 to 100000 tokens") }
        if evaluate != nil, !texts.isEmpty {
            throw ValidationError("--evaluate takes its texts from the file: leave the others out")
        }
        if evaluate == nil, texts.isEmpty, isatty(STDIN_FILENO) == 1 {
            throw ValidationError("give a text, or pipe lines in: echo \"3 May 2009\" | heard translate MODEL")
        }
    }

    func run() throws {
        var options = TranslationOptions()
        (options.beam, options.lengthPenalty) = (beam, lengthPenalty)
        (options.sourceLimit, options.targetLimit) = (limit, length)
        let translator = Translator(try Model(path: model, as: .pairs), options)
        if let evaluate {
            let pairs = try PairFile.read(evaluate)
            let bar = ProgressBar(total: pairs.count, unit: "pairs")
            let report = TranslationReport(translator, modelBytes: try fileSize(model), pairs, data: evaluate) {
                done, all in
                bar.show(done * pairs.count / all)
            }
            if json { return printLine(report.json) }
            for line in report.text { printLine(line) }
            return
        }
        var isWhole = true
        if texts.isEmpty {
            try TextFile.forEachLine(of: "-") { number, line in
                isWhole = answer(line, name: "line \(number)", translator) && isWhole
            }
        } else {
            for (index, text) in texts.enumerated() {
                isWhole = answer(text, name: "text \(index + 1)", translator) && isWhole
            }
        }
        if !isWhole { throw ExitCode.failure }
    }

    /// Prints what a text becomes; false when it is too long.
    private func answer(_ text: String, name: String, _ translator: Translator) -> Bool {
        do throws(TranslationError) {
            let output = TranslationOutput(try translator.translate(text), of: text, count: alternatives)
            let matrix = attention ? output.attention(translator) : nil
            if json {
                printLine(output.json(matrix, translator.model))
            } else {
                for line in output.lines(matrix, translator.model) { printLine(line) }
            }
            return true
        } catch {
            printError("\(name): \(error)")
            printLine("")
            return false
        }
    }
}

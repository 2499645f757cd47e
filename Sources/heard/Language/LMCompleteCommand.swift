// heard lm complete: how a text most probably goes on.

import Schema
import ArgumentParser
import Decoding
import Events
import Foundation
import Pipeline
import Terminal

struct LMCompleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "complete", abstract: "The most probable continuations of a text.",
        discussion: """
            A beam search to the line's end, or to --length tokens: each continuation with its probability after the text. With --beam 1
            the most probable token is taken each time (greedy); a wider beam finds continuations that are more probable as a whole.
            <unk> and <pad> are not followed.

                heard lm complete shakespeare.safetensors "My lord, I "
                heard lm complete shakespeare.safetensors "O Romeo, " "To be, " --beam 16 --count 4 --length 12
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Argument(help: ArgumentHelp("Texts to go on from.", valueName: "text")) var texts: [String]
    @Option(help: "Tokens of a continuation at the most.") var length = 20
    @Option(help: "Continuations that are followed at once.") var beam = 8
    @Option(help: "Continuations that are printed of each text, no more than --beam.") var count = 3
    @Flag(help: "Print one JSON object a continuation.") var json = false

    func validate() throws {
        guard (1...100_000).contains(length) else { throw ValidationError("--length is 1 to 100000 tokens") }
        guard (1...1000).contains(beam) else { throw ValidationError("--beam is 1 to 1000") }
        guard count > 0 else { throw ValidationError("--count is at least 1") }
    }

    func run() throws {
        let model = try Model(path: model, as: .languageModel), stream = TokenStream(model),
            vocabulary = model.tokens
        let beam = TokenBeam(
            width: beam, length: length, end: vocabulary.lineEnd, excluded: TokenVocabulary.unspoken)
        for text in texts {
            for hypothesis in stream.complete(text, beam).prefix(count) {
                let said = hypothesis.isEnded ? hypothesis.tokens.dropLast() : hypothesis.tokens[...]
                let whole = vocabulary.text(text, continued: Array(said))
                guard json else {
                    printLine(String(format: "%9.6f  ", exp(hypothesis.logProbability)) + whole)
                    continue
                }
                var line = JSONLine()
                line.add("text", text)
                line.add("continued", whole)
                line.add("tokens", hypothesis.tokens.count)
                line.add("log_probability", hypothesis.logProbability)
                line.add("ended", hypothesis.isEnded)
                printLine(line.string)
            }
        }
    }
}

// heard lm sample: new text, by chance.

import Schema
import ArgumentParser
import Decoding
import Events
import Foundation
import Pipeline
import Terminal
import Training

struct LMSampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Generate text that the model finds likely.",
        discussion: """
            Each token is drawn from the model's posteriors and read again. First the temperature sharpens (below 1) or flattens them, then
            --top-k keeps the k most probable, then --top-p the fewest that have so much of the mass. <unk> and <pad> are never drawn. A
            text ends after --length tokens, or at <eos> if the model has it. The same seed gives the same text; text 2
            of a seed is the same whether there are two or ten.

                heard lm sample shakespeare.safetensors --length 400 --temperature 0.8 --seed 7
                heard lm sample shakespeare.safetensors --prime "ROMEO:" --top-p 0.9 --count 3
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Option(help: "Tokens of a text at the most.") var length = 200
    @Option(help: "0 or above; 0 takes the most probable token each time.") var temperature = 1.0
    @Option(help: "Draw among so many of the most probable tokens; 0: all.") var topK = 0
    @Option(help: "Draw among the most probable tokens that have so much of the mass, above 0 to 1.") var topP = 1.0
    @Option(help: "What decides.") var seed: UInt64 = 1
    @Option(help: "Texts.") var count = 1
    @Option(help: "Text to go on from; it is printed too.") var prime = ""
    @Flag(help: "Print one JSON object a text.") var json = false

    func validate() throws {
        guard (1...10_000_000).contains(length) else { throw ValidationError("--length is 1 to 10000000 tokens") }
        guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature is 0 or above") }
        guard topK >= 0 else { throw ValidationError("--top-k is 0 or more tokens") }
        guard topP > 0, topP <= 1 else { throw ValidationError("--top-p is above 0, and at most 1") }
        guard count > 0 else { throw ValidationError("--count is at least 1") }
    }

    func run() throws {
        let model = try Model(path: model, as: .languageModel), stream = TokenStream(model)
        let sampler = TokenSampler(
            temperature: temperature, topK: topK, topP: topP, excluded: TokenVocabulary.unspoken)
        for number in 1...count {
            var random = RandomSource(seed: seed, stream: "sample", number)
            let tokens = stream.sample(after: prime, length: length, sampler) { random.uniform() }
            let text = model.tokens.text(prime, continued: tokens)
            if json {
                var line = JSONLine()
                line.add("seed", seed)
                line.add("number", number)
                line.add("tokens", tokens.count)
                line.add("text", text)
                printLine(line.string)
            } else {
                if number > 1 { printLine("") }
                printLine(text)
            }
        }
    }
}

extension TokenVocabulary {
    /// A text as it was written, and tokens after it.
    func text(_ text: String, continued tokens: [Int]) -> String {
        let isOpen = units == .words && !text.isEmpty && text.last?.isWhitespace == false && tokens.first != lineEnd
        return text + (isOpen && !tokens.isEmpty ? " " : "") + decode(tokens)
    }
}

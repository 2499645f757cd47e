// heard model verify: the same input through Heard and through whoever trained the model. The other's answers are JSON
// lines. Of sound, one a recording, with `audio_filepath` and either
//
//     steps, greedy, first, last, best     a CTC model: text, log-posteriors of the first and last step, best of each
//                                          step
//     logits, label                        a classifier: outputs of the last step before the softmax
//
// Of text and vectors, one a sequence, with `text` as a stream would bring it and one of
//
//     labels, first, last                  a tagger or a classifier: its labels, and outputs of the first and last step
//     log_probability                      a language model: ln P of the line, its end included
//     translation                          a model of pairs, searched with --beam

import ArgumentParser
import Audio
import Decoding
import Evaluation
import Foundation
import Pipeline
import Schema
import Terminal
import Training

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare a model's answers with those of its origin.",
        discussion: """
            Answers are JSON lines: of sound with audio_filepath and greedy or label; of other models with text, as a stream
            would bring it, and labels, log_probability or translation. steps, first, last, best and logits are compared too.
            Exit status 1 when fewer than 99 % of the texts agree or a log-posterior differs by more than --tolerance.
            """
    )

    @Argument(help: "The model file.") var model: String
    @Option(help: "JSON lines of expected answers.") var expected: String
    @Option(help: "The folder that audio_filepath is relative to.") var audio: String?
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "Pad or cut every recording to so many samples.") var samples: Int?
    @Option(help: "Only answers whose field \"model\" is this.") var only: String?
    @Option(help: "Seconds of silence that end an utterance, 0 for never; the model's setting when absent.")
    var endpointSilence: Double?
    @Option(help: "Greatest difference of a log-posterior.") var tolerance: Float = 1e-3

    @Option(help: "Hypotheses that a model of pairs follows at once.") var beam = 5

    private struct Answer: Decodable {
        var audio_filepath: String?
        var text, labels, translation: String?
        var log_probability: Double?
        var model: String?
        var steps: Int?
        var greedy: String?
        var first, last, best, logits: [Float]?
        var label: String?
    }

    func run() throws {
        let model = try Model(path: model)
        let answers = try readJSONLines(expected, as: Answer.self).filter { only == nil || $0.model == only }
        let progress = ProgressBar(total: answers.count, unit: "answers")
        var agreeing = 0
        var greatest: Float = 0
        for (index, answer) in answers.enumerated() {
            let place = "answer \(index + 1) of \(expected)"
            let (name, heard, wanted, difference) =
                model.file.kind == .sound ? try hear(answer, model, place) : try read(answer, model, place)
            greatest = max(greatest, difference)
            if heard == wanted {
                agreeing += 1
            } else {
                printLine("\(name): \"\(heard)\" instead of \"\(wanted)\"")
            }
            progress.show(index + 1)
        }
        printLine("\(agreeing) of \(answers.count) texts agree; greatest difference of a log-posterior \(greatest)")
        guard !answers.isEmpty, agreeing * 100 >= answers.count * 99, greatest <= tolerance else {
            throw ExitCode.failure
        }
    }

    private typealias Verified = (name: String, heard: String, wanted: String, difference: Float)

    private func hear(_ answer: Answer, _ model: Model, _ place: String) throws -> Verified {
        guard let path = answer.audio_filepath, answer.greedy != nil || answer.label != nil else {
            throw ValidationError(
                "\(place) has neither \"greedy\" nor \"label\" of an \"audio_filepath\"; is it a manifest?")
        }
        var recording = try readRecording(audio.map { "\($0)/\(path)" } ?? path, rate: model.sampleRate)
        if let samples { recording = Array((recording + Array(repeating: 0, count: samples)).prefix(samples)) }
        let outputs = try model.posteriors(of: recording, reading: network)
        let heard =
            answer.greedy == nil
            ? outputs.lastLabel : try model.text(of: recording, reading: network, endpointSilence: endpointSilence)
        // Words: a repeated separator joins none.
        let wanted = (answer.greedy ?? answer.label ?? "").split(separator: " ").joined(separator: " ")
        return (path, heard, wanted, difference(answer, outputs))
    }

    private func read(_ answer: Answer, _ model: Model, _ place: String) throws -> Verified {
        guard let text = answer.text else { throw ValidationError("\(place) has no \"text\"") }
        func missing(_ key: String) -> ValidationError {
            ValidationError("\(place) has no \"\(key)\", which \(model.path), a \(model.file.kind.name), answers with")
        }
        switch model.file.kind {
        case .pairs:
            guard let wanted = answer.translation else { throw missing("translation") }
            var options = TranslationOptions()
            options.beam = beam
            return (place, try Translator(model, options).translate(text).text, wanted, 0)
        case .sequence(.languageModel):
            guard let wanted = answer.log_probability else { throw missing("log_probability") }
            let score = TokenStream(model).score(line: text).score
            return (place, "", "", Float(abs(score.logProbability - wanted)) / Float(max(score.tokens, 1)))
        default:
            let outputs = try model.outputs(of: text, reading: network), difference = difference(answer, outputs)
            guard model.task != .nextVector else { return (place, "", "", difference) }
            guard let wanted = answer.labels else { throw missing("labels") }
            return (place, model.labels(outputs).joined(separator: " "), wanted, difference)
        }
    }

    /// The greatest difference of all log-posteriors that the answer has.
    private func difference(_ answer: Answer, _ outputs: Posteriors) -> Float {
        guard outputs.steps > 0 else { return answer.steps == 0 ? 0 : .infinity }
        let last = outputs[outputs.steps - 1]
        var greatest: Float = answer.steps.map { $0 == outputs.steps ? 0 : .infinity } ?? 0
        func compare(_ expected: [Float]?, _ found: @autoclosure () -> [Float]) {
            if let expected { greatest = max(greatest, Posteriors.difference(expected, found())) }
        }
        compare(answer.first, outputs[0])
        compare(answer.last, last)
        compare(answer.best, (0..<outputs.steps).map { outputs[$0].max() ?? 0 })
        if let logits = answer.logits {
            let shift = log(logits.reduce(0) { $0 + exp($1 - (logits.max() ?? 0)) }) + (logits.max() ?? 0)
            compare(logits.map { $0 - shift }, last)
        }
        return greatest
    }
}

extension Model {
    /// Outputs of a network for a text or vectors.
    fileprivate func outputs(of text: String, reading part: ModelFile.Part) throws -> Posteriors {
        let network = try network(part), sequence = try firstSequence(of: Array("\(text)\n".utf8))
        let labels = file.labels.isEmpty ? (0..<outputs).map { "\($0)" } : file.labels
        let values = sequence.read.isEmpty ? [] : network.read(sequence.steps, steps: sequence.read.count).values
        return Posteriors(values: values, steps: sequence.read.count, labels: labels)
    }

    /// A label of each step; of a classifier the one of the whole.
    fileprivate func labels(_ outputs: Posteriors) -> [String] {
        guard task == .classify else {
            return (0..<outputs.steps).map { outputs[$0].withUnsafeBufferPointer { file.labels[$0.greatest] } }
        }
        var pool = RunningPool(file.pooling, outputs: self.outputs)
        for step in 0..<outputs.steps { outputs[step].withUnsafeBufferPointer { pool.add($0) } }
        return outputs.steps == 0 ? [] : [pool.posteriors.withUnsafeBufferPointer { file.labels[$0.greatest] }]
    }
}

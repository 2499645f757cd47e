// heard model verify: the same recordings through Heard and through whoever trained the model. The other's answers are
// JSON lines, one a recording, with `audio_filepath` and either
//
//     steps, greedy, first, last, best     a CTC model: text, log-posteriors of the first and last step, best of each
//                                          step
//     logits, label                        a classifier: outputs of the last step before the softmax

import ArgumentParser
import Foundation
import Pipeline
import Terminal

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare a model's answers with those of its origin.",
        discussion:
            "Exit status 1 when fewer than 99 % of the texts agree or a log-posterior differs by more than --tolerance."
    )

    @Argument(help: "The model file.") var model: String
    @Option(help: "JSON lines of expected answers.") var expected: String
    @Option(help: "The folder that audio_filepath is relative to.") var audio: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "Pad or cut every recording to so many samples.") var samples: Int?
    @Option(help: "Only answers whose field \"model\" is this.") var only: String?
    @Option(help: "Seconds of silence that end an utterance, 0 for never; the model's setting when absent.")
    var endpointSilence: Double?
    @Option(help: "Greatest difference of a log-posterior.") var tolerance: Float = 1e-3

    private struct Answer: Decodable {
        var audio_filepath: String
        var model: String?
        var steps: Int?
        var greedy: String?
        var first, last, best, logits: [Float]?
        var label: String?
    }

    func run() throws {
        let model = try Model(path: model, as: .sound)
        let answers = try readJSONLines(expected, as: Answer.self).filter { only == nil || $0.model == only }
        let progress = ProgressBar(total: answers.count, unit: "recordings")
        var agreeing = 0
        var greatest: Float = 0
        for (index, answer) in answers.enumerated() {
            guard answer.greedy != nil || answer.label != nil else {
                throw ValidationError(
                    "answer \(index + 1) of \(expected) has neither \"greedy\" nor \"label\"; is it a manifest?")
            }
            let path = "\(audio)/\(answer.audio_filepath)"
            var recording = try readRecording(path, rate: model.sampleRate)
            if let samples { recording = Array((recording + Array(repeating: 0, count: samples)).prefix(samples)) }
            let outputs = try model.posteriors(of: recording, reading: network)
            greatest = max(greatest, difference(answer, outputs))
            let heard =
                answer.greedy == nil
                ? outputs.lastLabel
                : try model.text(of: recording, reading: network, endpointSilence: endpointSilence)
            // Words: a repeated separator joins none.
            let wanted = (answer.greedy ?? answer.label ?? "").split(separator: " ").joined(separator: " ")
            if heard == wanted {
                agreeing += 1
            } else {
                printLine("\(answer.audio_filepath): \"\(heard)\" instead of \"\(wanted)\"")
            }
            progress.show(index + 1)
        }
        printLine("\(agreeing) of \(answers.count) texts agree; greatest difference of a log-posterior \(greatest)")
        guard !answers.isEmpty, agreeing * 100 >= answers.count * 99, greatest <= tolerance else {
            throw ExitCode.failure
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

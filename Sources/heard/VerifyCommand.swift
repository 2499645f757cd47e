// heard model verify: the same recordings through Heard and through whoever trained the model. The other's answers are JSON
// lines, one a recording, with `audio_filepath` and either
//
//     steps, greedy, first, last, best     a CTC model: text, log-posteriors of the first and last step, best of each step
//     logits, label                        a classifier: outputs of the last step before the softmax

import ArgumentParser
import Audio
import Daemon
import Decoding
import Foundation
import Pipeline
import Recurrent

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare a model's answers with those of its origin.",
        discussion:
            "Exit status 1 when fewer than 99 % of the texts agree or a log-posterior differs by more than --tolerance."
    )

    @Argument(help: "The model file.") var model: String
    @Option(help: "JSON lines of expected answers.") var expected: String
    @Option(help: "The folder that audio_filepath is relative to.") var audio: String
    @Option(help: "online or offline.") var network = Network.online
    @Option(help: "Pad or cut every recording to so many samples.") var samples: Int?
    @Option(help: "Only answers whose field \"model\" is this.") var only: String?
    @Option(help: "Seconds of silence that end an utterance, 0 for never; the model's setting when absent.")
    var endpointSilence: Double?
    @Option(help: "Greatest difference of a log-posterior.") var tolerance: Float = 1e-3

    enum Network: String, ExpressibleByArgument, CaseIterable { case online, offline }

    private struct Answer: Decodable {
        var audio_filepath: String
        var model: String?
        var steps: Int?
        var greedy: String?
        var first, last, best, logits: [Float]?
        var label: String?
    }

    func run() throws {
        let model = try Model(path: model)
        guard let network = network == .online ? model.online : model.offline else {
            throw ValidationError("the model has no offline network")
        }
        guard let text = try? String(contentsOfFile: expected, encoding: .utf8) else {
            throw ValidationError("cannot read \(expected)")
        }
        let lines = text.split(separator: "\n")
        let answers = try lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
            .filter { only == nil || $0.model == only }
        let progress = ProgressBar(total: answers.count, unit: "recordings")
        var agreeing = 0
        var greatest: Float = 0
        for (index, answer) in answers.enumerated() {
            let path = "\(audio)/\(answer.audio_filepath)"
            var recording = try readRecording(path, rate: model.sampleRate)
            if let samples { recording = Array((recording + Array(repeating: 0, count: samples)).prefix(samples)) }
            let (steps, count) = model.features.steps(of: recording)
            let outputs = network.read(steps, steps: count).values
            let (text, difference) = compare(answer, outputs, count: count, width: network.outputs, model)
            greatest = max(greatest, difference)
            let heard = answer.greedy == nil ? text : try label(recording, model)
            // Words: a repeated separator joins none.
            let wanted = (answer.greedy ?? answer.label ?? "").split(separator: " ").joined(separator: " ")
            if heard == wanted {
                agreeing += 1
            } else {
                print("\(answer.audio_filepath): \"\(heard)\" instead of \"\(wanted)\"")
            }
            progress.show(index + 1)
        }
        print("\(agreeing) of \(answers.count) texts agree; greatest difference of a log-posterior \(greatest)")
        guard !answers.isEmpty, agreeing * 100 >= answers.count * 99, greatest <= tolerance else {
            throw ExitCode.failure
        }
    }

    /// The best label of the last step, and the greatest difference of all log-posteriors that the answer has.
    private func compare(_ answer: Answer, _ outputs: [Float], count: Int, width: Int, _ model: Model) -> (
        String, Float
    ) {
        func row(_ t: Int) -> [Float] { Array(outputs[(t * width)..<((t + 1) * width)]) }
        func difference(_ a: [Float], _ b: [Float]) -> Float {
            a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
        }
        guard count > 0 else { return ("", answer.steps == 0 ? 0 : .infinity) }
        var greatest: Float = answer.steps.map { $0 == count ? 0 : .infinity } ?? 0
        if let first = answer.first { greatest = max(greatest, difference(first, row(0))) }
        if let last = answer.last { greatest = max(greatest, difference(last, row(count - 1))) }
        if let best = answer.best { greatest = max(greatest, difference(best, (0..<count).map { row($0).max() ?? 0 })) }
        if let logits = answer.logits {
            let shift = log(logits.reduce(0) { $0 + exp($1 - (logits.max() ?? 0)) }) + (logits.max() ?? 0)
            greatest = max(greatest, difference(logits.map { $0 - shift }, row(count - 1)))
        }
        let last = row(count - 1)
        let best = last.indices.max { last[$0] < last[$1] } ?? 0
        return (model.vocabulary.labels[best], greatest)
    }

    /// What `heard label` says of a recording, its utterances joined.
    private func label(_ recording: [Float], _ model: Model) throws -> String {
        var settings = DaemonOptions()
        settings.mode = network == .online ? .online : .offline
        settings.endpointSilence = endpointSilence
        let container = AudioOptions.Container.raw(try RawFormat(parsing: "f32le,\(model.sampleRate),1"))
        var session = try Session(model, settings.sessionOptions(model, container: container))
        var events: [SessionEvent] = []
        recording.withUnsafeBytes { session.append($0, into: &events) }
        session.finish(into: &events)
        return events.compactMap { if case .label(_, let label) = $0 { label.text } else { nil } }.joined(
            separator: " ")
    }
}

/// All samples of a file, mono, at `rate`.
func readRecording(_ path: String, rate: Int) throws -> [Float] {
    var options = AudioOptions()
    options.outputRate = rate
    var reader = AudioReader(options)
    var recording: [Float] = [], samples: [Float] = []
    var problem: AudioError?
    func drain(_ reader: inout AudioReader) {
        while true {
            switch reader.next(&samples) {
            case .samples: recording += samples
            case .begin, .end(nil): continue
            case .end(let error): problem = error
            case .failure(let error):
                problem = error
                return
            case .needsBytes, .finished: return
            }
        }
    }
    try readChunks(of: path) { bytes in
        reader.append(bytes)
        drain(&reader)
        return problem == nil
    }
    reader.finish()
    drain(&reader)
    if let problem { throw ConnectionError(description: "\(path): \(problem)") }
    return recording
}

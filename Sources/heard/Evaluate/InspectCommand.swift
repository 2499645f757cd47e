// heard inspect: what a network's gates and states do.

import ArgumentParser
import Audio
import Daemon
import Evaluation
import Foundation
import Pipeline
import Recurrent
import Schema
import Terminal
import Training

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Look at a network at work.",
        subcommands: [InspectGatesCommand.self, InspectDriftCommand.self])
}

struct InspectGatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gates", abstract: "Show what the gates and states of each layer do over a sound or a text.",
        discussion: """
            For each recurrent layer and direction: the mean of each gate over its units, the share of units where it is saturated
            (below 0.1 or above 0.9), and the length of the state divided by the root of its size. update is how much of the state
            is new (1 - z of PyTorch's GRU), reset how much of the old one the candidate sees; an LSTM has input, forget, output.
            `heard label --gates 250ms` and `heard serve --gates 250ms` emit the same as events. Of text and vectors the first
            sequence of the file is shown, step by step.

                heard inspect gates samples/speech-offline.safetensors a.wav --picture gates.svg
                heard inspect gates samples/speech-offline.safetensors a.wav --network offline --steps gates.jsonl
                heard inspect gates samples/entities.safetensors sentence.txt

            Exit status: 0 shown, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file.") var model: String
    @Argument(help: "A sound file; of other models one of text or vectors.") var file: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "Write the values of each step to this file, as JSON lines.") var steps: String?
    @Option(help: "Draw curves, under the spectrogram of a sound: a .svg, .png or .pdf.") var picture: String?

    func validate() throws {
        if file == "-", picture != nil { throw ValidationError("a pipe cannot be read twice: name a file") }
        try checkPicture(picture)
    }

    func run() throws {
        try checkFolders(of: [steps, picture])
        let model = try Model(path: model)
        guard model.file.kind != .pairs else {
            throw ConfigurationError(
                description: "\(self.model) is an encoder-decoder: heard translate --attention shows what it looks at")
        }
        guard let layers = model.file[network] else {
            throw ConfigurationError(description: "the model \(self.model) has no \(network.rawValue) network")
        }
        let observed = try ObservedNetwork(layers, tensors: model.file.tensors, prefix: network.prefix)
        let input = try input(model)
        guard input.count > 0 else {
            throw ConfigurationError(
                description: "\(file) is shorter than one step of the model; there is nothing to see")
        }
        let seen = SeenGates(
            file: file, network: network.rawValue, layers: observed.layers,
            activities: observed.observe(input.steps.pointer, steps: input.count), start: input.start,
            secondsPerStep: input.secondsPerStep)
        if let steps { try writeFile(Data(seen.jsonLines.utf8), to: steps) }
        if let picture { try writePicture(seen.picture(input.samples, model: model), to: picture) }
        let length = model.file.kind == .sound ? " of \(shortNumber(seen.secondsPerStep * 1000)) ms" : ""
        printLine("\(file): \(input.count) steps\(length), \(network.rawValue) network")
        printLine("")
        for line in seen.table.text { printLine(line) }
    }
}

extension InspectGatesCommand {
    /// What the network reads of the file: all steps of a sound, or those of the first sequence of a text. `start` is
    /// the middle of the first step, in seconds.
    private func input(_ model: Model) throws -> (
        steps: AlignedFloats, count: Int, samples: [Float], start: Double, secondsPerStep: Double
    ) {
        guard model.file.kind == .sound else {
            let sequence = try model.firstSequence(of: Data(contentsOf: URL(fileURLWithPath: file)))
            return (sequence.steps, sequence.read.count, [], 0.5 / model.rate, 1 / model.rate)
        }
        let samples = try readRecording(file, rate: model.sampleRate), features = model.features
        let (steps, all) = features.steps(of: samples)
        // Without what the front end adds after the end.
        return (
            steps, min(all, samples.count / features.stepSamples), samples,
            Double(features.spanSamples) / 2 / model.rate, Double(features.stepSamples) / model.rate
        )
    }
}

/// The activity of all layers over one sound, or one sequence.
private struct SeenGates {
    let file: String
    let network: String
    let layers: [ObservedLayer]
    /// [steps][layers]
    let activities: [[GateActivity]]
    /// Seconds of the middle of the first step, and from one step to the next.
    let start, secondsPerStep: Double

    /// Averages over all steps, and between which values nine tenths of them lie.
    var table: ReportTable {
        var table = ReportTable(["layer", "value", "mean", "5 %", "95 %", "saturated"], [])
        for (index, layer) in layers.enumerated() {
            let own = activities.map { $0[index] }
            func add(_ name: String, _ values: [Double], saturated: Double?) {
                let sorted = values.sorted(), last = Double(sorted.count - 1)
                func quantile(_ share: Double) -> String { rounded(sorted[Int((share * last).rounded())]) }
                table.rows.append([
                    layer.name, name, rounded(values.reduce(0, +) / Double(values.count)), quantile(0.05),
                    quantile(0.95),
                    saturated.map { percent($0) } ?? "",
                ])
            }
            for (gate, name) in layer.gates.enumerated() {
                let saturated = own.reduce(0) { $0 + $1.saturated[gate] } / Double(own.count)
                add(name, own.map { $0.means[gate] }, saturated: saturated)
            }
            add("norm", own.map(\.norm), saturated: nil)
        }
        return table
    }

    /// A line for each step and layer.
    var jsonLines: String {
        var lines = ""
        for (step, activity) in activities.enumerated() {
            for (layer, activity) in zip(layers, activity) {
                var fields = [#""seconds":\#(rounded(Double(step) * secondsPerStep))"#, #""layer":"\#(layer.name)""#]
                for (gate, name) in layer.gates.enumerated() {
                    fields.append(#""\#(name)":\#(rounded(activity.means[gate]))"#)
                    fields.append(#""\#(name)_saturated":\#(rounded(activity.saturated[gate]))"#)
                }
                fields.append(#""norm":\#(rounded(activity.norm))"#)
                lines += "{\(fields.joined(separator: ","))}\n"
            }
        }
        return lines
    }

    /// The spectrogram, and below it the gates and the state of each layer.
    func picture(_ samples: [Float], model: Model) throws -> Picture {
        let length = Double(activities.count) * secondsPerStep, seconds = min(length, longestPicture)
        var panels: [any PicturePanel] = []
        let shown = Array(samples.prefix(Int(seconds * model.rate)))
        if model.file.kind == .sound, let sound = try SpectrogramPanel(shown, frontEnd: model.file.frontEnd) {
            panels.append(sound)
        }
        for (index, layer) in layers.enumerated() {
            func curve(_ name: String, _ value: (GateActivity) -> Double) -> CurvePanel.Curve {
                .init(
                    name,
                    activities.enumerated().map { (start + Double($0) * secondsPerStep, value($1[index])) }
                        .filter { $0.0 <= seconds })
            }
            var curves = layer.gates.indices.map { gate in curve(layer.gates[gate]) { $0.means[gate] } }
            curves.append(curve("norm") { $0.norm })
            panels.append(CurvePanel(layer.name, curves, range: 0...1))
        }
        let cut = seconds < length ? " (the first \(Int(seconds)) s)" : ""
        return Picture(title: "\(file): gates of the \(network) network\(cut)", seconds: seconds, panels: panels)
    }

    private func rounded(_ value: Double) -> String { shortNumber((value * 1000).rounded() / 1000) }
}

// heard inspect drift: whether a network's state wears out on a stream without an end, and when it should begin anew.

import ArgumentParser
import Audio
import Daemon
import Decoding
import Evaluation
import Foundation
import Pipeline
import Recurrent
import Schema
import Terminal
import Training

struct InspectDriftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Measure errors and states hour by hour on a stream that does not end.",
        discussion: """
            Makes one stream of hours out of the recordings of some manifests, drawn again and again, with pauses between them of half
            a second to four, every twentieth of a minute. The online network reads it once for each --policy: never (its state is
            carried from the first sample to the last), endpoint (begins anew with each utterance), or a time of silence such as
            10s. They are the values of the setting state-reset.

                heard inspect drift samples/speech-online.safetensors an4/dev.jsonl speech_commands/dev.jsonl --hours 6

            Exit status: 0 measured, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file.") var model: String
    @Argument(help: "JSON lines with audio_filepath and text or label; or folders per label.") var manifests: [String]
    @Option(help: "Hours of the stream.") var hours = 6.0
    @Option(help: "never, endpoint, or a time of silence; repeatable. Default: never, endpoint and 10s.")
    var policy: [String] = []
    @Option(help: "What the order of recordings and the pauses are drawn from.") var seed: UInt64 = 1
    @Option(help: "Write all figures to this JSON file.") var json: String?

    func validate() throws {
        guard hours > 0, hours <= 1000 else { throw ValidationError("--hours is above 0, and at most 1000") }
        _ = try policies()
    }

    private func policies() throws -> [(name: String, reset: StateReset)] {
        guard let setting = Setting.all.first(where: { $0.key == "state-reset" }) else { return [] }
        return try (policy.isEmpty ? ["never", "endpoint", "10s"] : policy).map { text in
            var options = DaemonOptions()
            do throws(Setting.BadValue) {
                try setting.apply(text, &options)
            } catch {
                throw ValidationError("--policy \(text): it is \(error.expected)")
            }
            return (text, options.stateReset)
        }
    }

    func run() throws {
        try checkFolders(of: [json])
        let model = try Model(path: model, as: .sound), policies = try policies()
        try model.runSelfTest()
        let clips = try manifests.flatMap { try readClips($0) }
        let said = Set(clips.flatMap(\.text.comparedWords))
        guard !said.isEmpty else {
            throw ConfigurationError(
                description:
                    "\(manifests.joined(separator: ", ")) cannot judge a model: no recording has a text or a label")
        }
        let recordings = try inParallel(clips.count, unit: "recordings", state: {}) { index, _ in
            try readRecording(clips[index], rate: model.sampleRate)
        }
        let stream = EndlessStream(
            clips: clips, recordings: recordings, rate: model.sampleRate, hours: hours, seed: seed)
        let readings = try inParallel(policies.count, unit: "policies", state: {}) { index, _ in
            try stream.read(model, policies[index].reset)
        }
        var report = DriftReport(
            model: self.model, manifests: manifests, hours: hours, recordings: stream.places.count)
        for (policy, reading) in zip(policies, readings) {
            report.add(policy.name, reading.recognitions, hour: stream.hourOfPlace, layers: reading.layers)
        }
        if let json { try writeJSON(report, to: json) }
        printLine(report.subject)
        printLine("")
        for line in report.summary.text + [""] + report.course.text { printLine(line) }
    }
}

/// Recordings one after the other, for hours: a list of places, of which sound is made as it is read.
private struct EndlessStream: Sendable {
    /// One recording in the stream, and the quiet behind it, in samples.
    struct Place: Sendable {
        let clip: Int
        let start: Int
        let pause: Int
    }

    let clips: [Clip]
    let recordings: [[Float]]
    let rate: Int
    let places: [Place]
    private let seed: UInt64

    init(clips: [Clip], recordings: [[Float]], rate: Int, hours: Double, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var places: [Place] = [], now = 0
        while Double(now) < hours * 3600 * Double(rate), !clips.isEmpty {
            let clip = Int.random(in: clips.indices, using: &random)
            let seconds = Int.random(in: 0..<20, using: &random) == 0 ? 60 : Double.random(in: 0.5...4, using: &random)
            places.append(Place(clip: clip, start: now, pause: Int(seconds * Double(rate))))
            now += recordings[clip].count + places[places.count - 1].pause
        }
        self.clips = clips
        self.recordings = recordings
        self.rate = rate
        self.places = places
        self.seed = seed
    }

    /// In which hour of the stream each place stands.
    var hourOfPlace: [Int] { places.map { $0.start / (3600 * rate) } }

    /// What the online network makes of it: the labels at each place, and what its layers did in each hour.
    func read(_ model: Model, _ reset: StateReset) throws -> (
        recognitions: [Recognition], layers: [[DriftReport.Layer]]
    ) {
        let batch = StepBatch(model)
        var options = SessionOptions()
        options.audio.container = .raw(try RawFormat(parsing: "f32le,\(rate),1"))
        options.stateReset = reset
        options.gateReports = 60
        var session = try Session(model, options)
        var events: [SessionEvent] = [], labels: [Label] = [], reports: [GateReport] = []
        func take() {
            for event in events {
                switch event {
                case .label(_, let label): labels.append(label)
                case .gates(let report): reports.append(report)
                default: continue
                }
            }
            events.removeAll(keepingCapacity: true)
        }
        var random = SeededRandom(seed: seed &+ 1)
        for place in places {
            // A room is never as quiet as zeros: noise at -80 dB.
            let quiet = (0..<place.pause).map { _ in Float.random(in: -1e-4...1e-4, using: &random) }
            for sound in [recordings[place.clip], quiet] {
                sound.withUnsafeBytes { session.append($0, with: batch, into: &events) }
            }
            take()
        }
        session.finish(with: batch, into: &events)
        take()
        return (recognitions(labels), layers(reports))
    }

    /// Each label belongs to the place in whose recording or pause it begins.
    private func recognitions(_ labels: [Label]) -> [Recognition] {
        var rest = labels[...]
        return places.indices.map { index in
            let place = places[index], end = index + 1 < places.count ? places[index + 1].start : .max
            var own: [Label] = []
            while let label = rest.first, label.start < end {
                own.append(label)
                rest.removeFirst()
            }
            return clips[place.clip].recognition(rate: rate, samples: recordings[place.clip].count, labels: own)
        }
    }

    private func layers(_ reports: [GateReport]) -> [[DriftReport.Layer]] {
        let hours = Dictionary(grouping: reports) { $0.start / (3600 * rate) }
        // What is left of the last recording behind the last hour is no hour.
        return (0...(places.last.map { $0.start / (3600 * rate) } ?? 0)).compactMap { hour -> [DriftReport.Layer]? in
            guard let own = hours[hour] else { return nil }
            return own[0].layers.indices.map { layer in
                let activities = own.map { $0.layers[layer].activity }
                func mean(_ value: (GateActivity) -> Double) -> Double {
                    activities.reduce(0) { $0 + value($1) } / Double(activities.count)
                }
                return DriftReport.Layer(
                    name: own[0].layers[layer].layer.name, norm: mean(\.norm),
                    saturated: mean { $0.saturated.reduce(0, +) / Double(max($0.saturated.count, 1)) })
            }
        }
    }
}

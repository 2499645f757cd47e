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
        let recordings = try inParallel(clips.count, unit: "recordings", show: showProgress, state: {}) { index, _ in
            try readRecording(clips[index], rate: model.sampleRate)
        }
        let stream = EndlessStream(
            clips: clips, recordings: recordings, rate: model.sampleRate, hours: hours, seed: seed)
        let readings = try inParallel(policies.count, unit: "policies", show: showProgress, state: {}) { index, _ in
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

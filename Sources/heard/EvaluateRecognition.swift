// Recordings through sessions, as `heard label` does, on both processors; each recording by itself.

import Audio
import Daemon
import Decoding
import Foundation
import Pipeline
import Training
import Wire

extension Clip {
    /// The clip beside what was heard in it. `labels` have times in samples at `rate`.
    func recognition(rate: Int, samples: Int? = nil, labels: [Label] = []) -> Recognition {
        func sample(_ seconds: Double) -> Int { Int((seconds * Double(rate)).rounded()) }
        return Recognition(
            name: path, speaker: speaker, samples: samples ?? sample(seconds ?? 0), reference: text.comparedWords,
            times: words?.map {
                Label(
                    text: $0.word.uppercased(), start: sample($0.start), end: sample($0.end), confidence: 1,
                    decided: sample($0.end))
            }, labels: labels)
    }
}

/// Reads recordings with one model.
struct Recogniser: Sendable {
    let model: Model
    let mode: Mode
    /// Noise that is added; nil for none.
    let mix: NoiseMix?

    /// What is heard in each clip, [networks][clips].
    /// - Throws: the first clip's error, in the manifest's order.
    func read(_ clips: [Clip]) throws -> [[Recognition]] {
        let heard = try inParallel(clips.count, unit: "recordings", state: { StepBatch(model) }) { index, batch in
            let clip = clips[index]
            var samples = try readRecording(clip.path, rate: model.sampleRate)
            if let mix { samples = mix.mix(samples, recording: index) }
            return try labels(in: samples, batch: batch, name: clip.path)
                .map { clip.recognition(rate: model.sampleRate, samples: samples.count, labels: $0) }
        }
        return (0..<(mode == .both ? 2 : 1)).map { network in heard.map { $0[network] } }
    }

    /// The labels of each network in one stream of samples.
    func labels(in samples: [Float], batch: StepBatch, name: String) throws -> [[Label]] {
        var settings = DaemonOptions()
        settings.mode = mode
        let container = AudioOptions.Container.raw(try RawFormat(parsing: "f32le,\(model.sampleRate),1"))
        var session = try Session(model, settings.sessionOptions(model, container: container))
        var events: [SessionEvent] = []
        var online: [Label] = [], offline: [Label] = []
        samples.withUnsafeBytes { session.append($0, with: batch, into: &events) }
        session.finish(with: batch, into: &events)
        for event in events {
            switch event {
            case .final(let utterance):
                online += utterance.online ?? []
                offline += utterance.offline ?? []
            case .problem(_, let text, _): throw ConnectionError(description: "\(name): \(text)")
            default: continue
            }
        }
        return switch mode {
        case .online: [online]
        case .offline: [offline]
        case .both: [online, offline]
        }
    }
}

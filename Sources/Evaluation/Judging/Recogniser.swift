// Recordings through sessions, as `heard label` does, on both processors; each recording by itself.

import Audio
import Decoding
import Events
import Foundation
import Pipeline
import Training

extension Clip {
    /// What a model should say of it: words, or the one label of a model that has one for a whole utterance.
    package func reference(for model: Model) -> [String] {
        model.decoder.pooling == nil ? text.comparedWords : text.comparedLabel
    }

    /// The clip beside what was heard in it. `labels` have times in samples at `rate`; `reference` are its words unless
    /// given.
    package func recognition(
        rate: Int, samples: Int? = nil, reference: [String]? = nil, labels: [Label] = []
    ) -> Recognition {
        func sample(_ seconds: Double) -> Int { Int((seconds * Double(rate)).rounded()) }
        return Recognition(
            name: name, speaker: speaker, samples: samples ?? sample(seconds ?? 0),
            reference: reference ?? text.comparedWords,
            times: words?.map {
                Label(
                    text: $0.word.uppercased(), start: sample($0.start), end: sample($0.end), confidence: 1,
                    decided: sample($0.end))
            }, labels: labels)
    }
}

/// Reads recordings with one model.
package struct Recogniser: Sendable {
    package let model: Model
    package let mode: Reading
    /// Noise that is added; nil for none.
    package let mix: NoiseMix?
    /// Whether recordings that are not decoded here are read through ffmpeg.
    package var ffmpeg = FFmpegUse.auto
    /// Seconds of future that labels are emitted with, by the bidirectional network in place of the online one; nil for
    /// none.
    package var lookahead: Double?
    private let show: ShowProgress

    package init(
        model: Model, mode: Reading, mix: NoiseMix?, ffmpeg: FFmpegUse = .auto, lookahead: Double? = nil,
        show: @escaping ShowProgress = { _, _, _ in }
    ) {
        (self.model, self.mode, self.mix) = (model, mode, mix)
        (self.ffmpeg, self.lookahead, self.show) = (ffmpeg, lookahead, show)
    }

    /// What is heard in some clips.
    package struct Heard {
        /// [networks][clips]
        package var recognitions: [[Recognition]]
        /// Of the reading that tells labels while sound arrives.
        package var partials: PartialStability
    }

    /// What is heard in each clip.
    /// - Throws: the first clip's error, in the manifest's order.
    package func read(_ clips: [Clip]) throws -> Heard {
        let heard = try inParallel(clips.count, unit: "recordings", show: show, state: { StepBatch(model) }) {
            index, batch in
            let clip = clips[index]
            var samples = try readRecording(clip, rate: model.sampleRate, ffmpeg: ffmpeg)
            if let mix { samples = mix.mix(samples, recording: index) }
            let (labels, partials) = try listen(to: samples, batch: batch, name: clip.name)
            return (
                labels.map {
                    clip.recognition(
                        rate: model.sampleRate, samples: samples.count, reference: clip.reference(for: model),
                        labels: $0)
                }, partials
            )
        }
        return Heard(
            recognitions: (0..<(mode == .both ? 2 : 1)).map { network in heard.map { $0.0[network] } },
            partials: heard.reduce(into: PartialStability()) { $0 += $1.1 })
    }

    /// The labels of each network in one stream of samples, and what its partials were worth.
    package func listen(to samples: [Float], batch: StepBatch, name: String) throws -> ([[Label]], PartialStability) {
        var options = SessionOptions(reading: mode)
        options.lookahead = lookahead
        options.audio.container = .raw(try RawFormat(parsing: "f32le,\(model.sampleRate),1"))
        var session = try Session(model, options)
        var events: [SessionEvent] = []
        var online: [Label] = [], offline: [Label] = [], partials = PartialStability()
        samples.withUnsafeBytes { session.append($0, with: batch, into: &events) }
        session.finish(with: batch, into: &events)
        for event in events {
            switch event {
            case .partial(let text, _, let decided): partials.partial(text, at: decided)
            case .label(_, let label) where mode != .offline: partials.label(label)
            case .final(let utterance):
                online += utterance.online ?? []
                offline += utterance.offline ?? []
                partials.end()
            case .problem(_, let text, _): throw FileError(description: "\(name): \(text)")
            default: continue
            }
        }
        return switch mode {
        case .online: ([online], partials)
        case .offline: ([offline], partials)
        case .both: ([online, offline], partials)
        }
    }
}

// Noise for an evaluation, the fold of it, and changed values of a decoder.

import ArgumentParser
import Audio
import Decoding
import Evaluation
import Foundation
import Training

/// What noise to add to the recordings.
struct NoiseOptions: ParsableArguments {
    @Option(help: "Noise to add to every recording: a manifest, a list or a folder per label.") var noise: String?
    @Option(help: "Only one fold of the noise, as 1/5: what a recipe's without_fold has left out.") var noiseFold:
        SpeakerFold?
    @Option(help: "Speech over noise, dB, over the whole recording.") var snr: Double?
    @Option(help: "What chooses the noise of each recording.") var seed: UInt64 = 1

    func validate() throws {
        guard (noise == nil) == (snr == nil) else { throw ValidationError("--noise and --snr go together") }
        if noise == nil, noiseFold != nil { throw ValidationError("--noise-fold is a fold of --noise") }
        if let snr, !(-100...100).contains(snr) { throw ValidationError("--snr is from -100 to 100 dB") }
    }

    /// nil when none is to be added.
    func mix(rate: Int, ffmpeg: FFmpegUse) throws -> NoiseMix? {
        guard let noise, let snr else { return nil }
        let clips = try readClips(noise, fold: noiseFold)
        let noises = try inParallel(clips.count, unit: "noises", show: showProgress, state: {}) { index, _ in
            try readRecording(clips[index], rate: rate, ffmpeg: ffmpeg)
        }
        let mix = NoiseMix(noises: noises, ratio: snr, seed: seed)
        guard !mix.isEmpty else { throw ConfigurationError(description: "\(noise) is silent") }
        return mix
    }

    var report: EvaluationReport.Noise? {
        let source = noise.map { $0 + (noiseFold.map { ", fold \($0)" } ?? "") }
        return source.flatMap { source in snr.map { .init(source: source, ratio: $0, seed: seed) } }
    }
}

extension SpeakerFold: ExpressibleByArgument, CustomStringConvertible {
    package init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 2, (1...count).contains(number)
        else { return nil }
        self.init(number: number, of: count)
    }

    package var description: String { "\(number)/\(count)" }
}

/// A decoder's options with some of them changed, each `KEY=VALUE`; a value that is no JSON is a text.
/// - Throws: `ValidationError`, or what the options say to a key or value that they do not have.
func changed(_ options: DecoderOptions, by changes: [String]) throws -> DecoderOptions {
    guard !changes.isEmpty else { return options }
    let data = try JSONEncoder().encode(options)
    guard var object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else { return options }
    for change in changes {
        guard let sign = change.firstIndex(of: "="), sign != change.startIndex else {
            throw ValidationError("--decoder \(change) is not KEY=VALUE")
        }
        let value = String(change[change.index(after: sign)...])
        object[String(change[..<sign])] =
            (try? JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)) ?? value
    }
    do {
        return try JSONDecoder().decode(DecoderOptions.self, from: JSONSerialization.data(withJSONObject: object))
    } catch let error as Swift.DecodingError {
        throw ValidationError("--decoder \(changes.joined(separator: " ")): a value is of the wrong type: \(error)")
    } catch {
        throw ValidationError("--decoder: \(error)")
    }
}

// A framewise model against word times: is each step's middle inside a word? The score of a step is the sum of the
// posteriors of all labels that are speech; a model that answers late (its decoder's `delay`) is asked so much later.
// What is scored can be written down for other detectors: the samples as WAV files, and the frames as a table
// (Tests/Reference/vad_peers.py reads both).

import Decoding
import Audio
import Foundation
import Pipeline
import Recurrent
import Training

/// Scores the frames of clips.
package struct FrameEvaluation: Sendable {
    package let model: Model
    package let networks: [ModelFile.Part]
    package let mix: NoiseMix?
    /// Seconds on both sides of where speech begins and ends that do not count.
    package let margin: Double
    package let ffmpeg: FFmpegUse
    /// Where the table of all frames and the recordings are written; nil for nowhere.
    package let frames, dump: String?
    private let write: @Sendable (Data, String) throws -> Void
    private let show: ShowProgress

    /// `write` writes a file as a whole.
    package init(
        model: Model, networks: [ModelFile.Part], mix: NoiseMix?, margin: Double = 0, ffmpeg: FFmpegUse = .auto,
        frames: String? = nil, dump: String? = nil,
        write: @escaping @Sendable (Data, String) throws -> Void = { try $0.write(to: URL(fileURLWithPath: $1)) },
        show: @escaping ShowProgress = { _, _, _ in }
    ) {
        (self.model, self.networks, self.mix, self.margin) = (model, networks, mix, margin)
        (self.ffmpeg, self.frames, self.dump, self.write, self.show) = (ffmpeg, frames, dump, write, show)
    }

    /// The figures of each network, over the clips that have word times; the others are left out.
    package func run(_ clips: [Clip]) throws -> [EvaluationReport.Frames] {
        if let dump { try makeFolder(dump) }
        let marked = clips.filter { $0.words != nil }, margin = Int(self.margin * Double(model.sampleRate))
        let scored = try inParallel(marked.count, unit: "recordings", show: show, state: {}) { index, _ in
            let samples = try samples(of: marked[index], index: index)
            if let dump {
                try write(waveFile(samples, rate: model.sampleRate), "\(dump)/\(Self.name(index))")
            }
            let words = (marked[index].recognition(rate: model.sampleRate).times ?? []).map { $0.start..<$0.end }
            return try networks.map {
                try frames(samples, marks: SpeechMarks(words, margin: margin), network: $0, recording: index)
            }
        }
        return try networks.indices.map { network in
            let frames = scored.flatMap { $0[network] }
            guard !frames.isEmpty else {
                throw FileError(description: "the recordings have no frame that counts")
            }
            if network == 0, let path = self.frames { try write(table(frames, as: path), path) }
            return EvaluationReport.Frames(
                network: networks[network].rawValue, scores: FrameScores(frames), recordings: marked.count)
        }
    }

    /// A clip's samples with noise, rounded to 16 bits: what a WAV of them holds.
    private func samples(of clip: Clip, index: Int) throws -> [Float] {
        var samples = try readRecording(clip, rate: model.sampleRate, ffmpeg: ffmpeg)
        if let mix { samples = mix.mix(samples, recording: index) }
        return samples.map { min(max(($0 * 32_768).rounded(), -32_768), 32_767) / 32_768 }
    }

    /// All steps of one recording that count. A step stands for the middle of the samples that it sees.
    private func frames(_ samples: [Float], marks: SpeechMarks, network part: ModelFile.Part, recording: Int) throws
        -> [FrameScores.Frame]
    {
        let network = try model.network(part), features = model.features
        let (steps, count) = features.steps(of: samples)
        let outputs = network.read(steps, steps: count, threads: 1).values
        let speech = model.vocabulary.spoken
        let delay = model.decoder.delay
        return (0..<count).compactMap { step in
            let middle = step * features.stepSamples + features.spanSamples / 2
            guard let isSpeech = marks.isSpeech(middle) else { return nil }
            let answer = min(step + delay, count - 1) * network.outputs
            let score = speech.reduce(0.0) { $0 + exp(Double(outputs[answer + $1])) }
            return .init(
                recording: recording, time: Double(middle) / Double(model.sampleRate), isPositive: isSpeech,
                score: score)
        }
    }

    private static func name(_ index: Int) -> String { String(format: "%05d.wav", index) }

    private func table(_ frames: [FrameScores.Frame], as path: String) -> Data {
        if path.hasSuffix(".npy") { return array(frames) }
        var text = "recording\ttime\ttruth\tscore\n"
        for frame in frames {
            text += "\(Self.name(frame.recording))\t\(frame.time)\t\(frame.isPositive ? 1 : 0)\t\(frame.score)\n"
        }
        return Data(text.utf8)
    }

    /// NumPy's format 1.0 of doubles [frames, 4].
    private func array(_ frames: [FrameScores.Frame]) -> Data {
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(frames.count), 4), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
        data += Data([UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]) + Data(header.utf8)
        for frame in frames {
            for value in [Double(frame.recording), frame.time, frame.isPositive ? 1 : 0, frame.score] {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
            }
        }
        return data
    }
}

private func makeFolder(_ path: String) throws {
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw FileError(description: "cannot make the folder \(path): \(error.localizedDescription)")
    }
}

/// A WAV file of 16-bit mono samples.
private func waveFile(_ samples: [Float], rate: Int) -> Data {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let bytes = samples.flatMap { little(Int(($0 * 32_768).rounded()), 2) }
    return Data(
        Array("RIFF".utf8) + little(36 + bytes.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
            + little(1, 2) + little(rate, 4) + little(2 * rate, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
            + little(bytes.count, 4) + bytes)
}

// Folders of small sounds and manifests for tests of data.

import Decoding
import Foundation

import Training

/// A folder that is deleted with its owner.
final class DataFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "heard-data-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// A 16-bit WAV at 16 kHz.
    func write(_ samples: [Float], to name: String) throws {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let data = samples.flatMap { little(Int(($0 * 32768).rounded()), 2) }
        let header =
            Array("RIFF".utf8) + little(36 + data.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
            + little(1, 2) + little(16_000, 4) + little(32_000, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
        try write(header + little(data.count, 4) + data, to: name)
    }

    /// Clips c0.wav, c1.wav, … of 0.5 s and more in `all.jsonl`, with the words of clip i being `W<i>` or, with
    /// `words`, several; an alignment lies beside it.
    func writeClips(_ count: Int, words: Int = 1, name: String = "all") throws {
        var manifest = "", alignment = ""
        for clip in 0..<count {
            let length = 8000 + 1600 * (clip % 5) + 4000 * (words - 1)
            var random = RandomSource(seed: UInt64(clip), stream: "clip")
            try write((0..<length).map { _ in Float(random.uniform(in: -0.3...0.3)) }, to: "c\(clip).wav")
            let text = words == 1 ? ["W\(clip)"] : (0..<words).map { "W\(clip)X\($0)" }
            let times = text.enumerated().map { index, word in
                "[\"\(word)\",\(0.1 + 0.25 * Double(index)),\(0.3 + 0.25 * Double(index))]"
            }
            let seconds = Double(length) / 16000
            manifest +=
                "{\"audio_filepath\":\"c\(clip).wav\",\"duration\":\(seconds),\"text\":\"\(text.joined(separator: " "))\","
                + "\"speaker\":\"s\(clip % 7)\"}\n"
            alignment +=
                "{\"audio_filepath\":\"c\(clip).wav\",\"words\":[[\"<s>\",0,0.1],\(times.joined(separator: ","))]}\n"
        }
        try write(manifest, to: name + ".jsonl")
        try write(alignment, to: name + ".align.jsonl")
    }
}

// What heard evaluate leaves behind: text on standard output, and if asked for JSON and a page.

import ArgumentParser
import Audio
import Decoding
import Evaluation
import Features
import Foundation
import Schema
import Training

/// Where the report goes.
struct EvaluationOutput: ParsableArguments {
    @Option(help: "Write all figures to this JSON file.") var json: String?
    @Option(help: "Write a page with charts and spectrograms to this HTML file.") var html: String?
    @Option(help: "The log of the model's training (JSON lines), to draw its curves on the page.") var log: String?

    func validate() throws {
        if log != nil, html == nil { throw ValidationError("--log is for the page: give --html too") }
    }

    /// Long work should not end with a file that cannot be written.
    /// - Throws: ``ConfigurationError`` that names the folder which is not there, or the log.
    func check() throws {
        try checkFolders(of: [json, html])
        if let log, access(log, R_OK) != 0 { throw ConfigurationError(description: "cannot read the log \(log)") }
    }

    /// `heard` are the recognitions [networks][clips].
    func write(_ report: EvaluationReport, heard: [[Recognition]], clips: [Clip], ffmpeg: FFmpegUse) throws {
        if let json { try writeJSON(report, to: json) }
        guard let html else { return }
        var page = EvaluationPage(report)
        if let log {
            page.log = TrainingLog(Data(try TextFile.read(log).utf8))
        }
        for (reading, recognitions) in zip(report.readings, heard) {
            for (place, worst) in reading.worst.enumerated() {
                page.seen[reading.network, default: [:]][place] = try picture(
                    recognitions[worst.index], of: clips[worst.index], ffmpeg: ffmpeg)
            }
        }
        try writeFile(Data(page.html.utf8), to: html)
    }

    /// The first 20 seconds of a recording; nil when it has no frame.
    private func picture(_ recognition: Recognition, of clip: Clip, ffmpeg: FFmpegUse) throws -> SeenRecording? {
        var frontEnd = FrontEnd()
        frontEnd.mel.bands = 64
        let recording = try readRecording(clip, rate: frontEnd.sampleRate, ffmpeg: ffmpeg)
        let samples = recording.prefix(20 * frontEnd.sampleRate), plan = try FeaturePlan(frontEnd)
        let (steps, count) = plan.steps(of: Array(samples))
        guard let image = LevelImage(spectrogram: Array(steps.values.prefix(count * 64)), bands: 64) else { return nil }
        let length = Double(samples.count) / Double(frontEnd.sampleRate)
        // Labels are timed in samples of the model's rate.
        let rate = Double(recognition.samples * frontEnd.sampleRate) / Double(recording.count)
        return SeenRecording(
            image: image, seconds: length,
            words: (clip.words ?? []).filter { $0.start < length }.map { ($0.word, $0.start, $0.end) },
            labels: recognition.labels.map { ($0.text, Double($0.start) / rate, Double($0.end) / rate) }
                .filter { $0.1 < length })
    }
}

/// - Throws: ``ConfigurationError`` that names the first file whose folder is not there.
func checkFolders(of paths: [String?]) throws {
    for path in paths.compactMap(\.self) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(folder, W_OK) == 0 else {
            throw ConfigurationError(description: "cannot write \(path): there is no folder \(folder) to write to")
        }
    }
}

/// Writes a report's figures, their names in snake_case and sorted.
/// - Throws: `ConnectionError`.
func writeJSON(_ report: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    try writeFile(try encoder.encode(report) + Data("\n".utf8), to: path)
}

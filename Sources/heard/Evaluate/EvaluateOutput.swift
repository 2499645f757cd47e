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

extension EvaluationReport {
    /// The report for people.
    var text: [String] {
        var lines = [subject]
        if !readings.isEmpty {
            var table = ReportTable(["network", "unit", "errors %", "95 % interval", "sub", "del", "ins", "of"])
            for reading in readings {
                for (unit, rate) in [("words", reading.words), ("characters", reading.characters)] {
                    table.rows.append(
                        [reading.network, unit, number(rate.rate), interval(rate.interval)]
                            + [
                                rate.errors.substitutions, rate.errors.deletions, rate.errors.insertions,
                                rate.errors.units,
                            ]
                            .map(String.init))
                }
            }
            lines += [""] + table.text + ["Intervals by bootstrap over \(groups)."]
        }
        if let languageModel {
            let table = languageModel.table
            lines += ["", "\(languageModel.sentence):"] + table.text
            lines.append("Difference: with it less without, both of the same draws. \(languageModel.verdict)")
        }
        if let agreement { lines.append("Both networks agree on \(percent(agreement)) of their labels.") }
        for reading in readings { lines += reading.text }
        for frames in frames { lines += ["", "Frames, \(frames.network) network: \(frames.sentence)"] }
        return lines
    }
}

/// Percent without the sign.
private func number(_ share: Double) -> String { String(percent(share).dropLast(2)) }

extension EvaluationReport.Reading {
    fileprivate var text: [String] {
        var lines = ["", "\(network) network: \(percent(rightRecordings)) of the recordings without an error"]
        if let single = classification {
            lines += [
                "", "Single words: \(percent(single.accuracy)) right, 95 % interval \(interval(single.interval))",
            ]
            var table = ReportTable(["said"] + single.confusion.answers)
            for (word, counts) in zip(single.confusion.words, single.confusion.counts) {
                table.rows.append([word] + counts.map { $0 == 0 ? "." : "\($0)" })
            }
            if single.confusion.words.count <= 30 { lines += table.text }
        }
        if let keywords {
            lines += ["", "False labels: \(keywords.sentence)"] + keywords.sentences
            if !keywords.frequent.isEmpty {
                lines.append(
                    "Most frequent: "
                        + keywords.frequent.prefix(10).map { "\($0.heard ?? "") \($0.count)" }.joined(separator: ", "))
            }
        }
        if let latency { lines += ["", "Decided after the word's end: \(latency.sentence)"] }
        if let precision { lines.append("A label once emitted is right in \(percent(precision)) of all cases.") }
        if let partials { lines.append("Partials: \(partials.sentence)") }
        if let spread {
            lines += ["", "\(speakers.count) speakers: \(spread.sentence)"]
            var table = ReportTable(["speaker", "recordings", "words", "errors %"])
            let sorted = speakers.sorted { ($1.words.rate, $0.speaker) < ($0.words.rate, $1.speaker) }
            for speaker in sorted.prefix(20) {
                table.rows.append(
                    [speaker.speaker, "\(speaker.recordings)", "\(speaker.words.units)", number(speaker.words.rate)])
            }
            lines += table.text
            if sorted.count > 20 { lines.append("(\(sorted.count - 20) speakers with fewer errors are left out)") }
        }
        if !confusions.isEmpty {
            var table = ReportTable(["said", "heard", "times"])
            for confusion in confusions.prefix(12) {
                table.rows.append([
                    confusion.reference ?? "(nothing)", confusion.heard ?? "(nothing)", "\(confusion.count)",
                ])
            }
            lines += ["", "Most frequent errors"] + table.text
        }
        return lines
    }
}

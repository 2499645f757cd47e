// What heard compare leaves behind: text on standard output, and if asked for JSON, a page, and a picture.

import ArgumentParser
import Evaluation
import Foundation
import Pipeline
import Training

/// Where the comparison goes.
struct ComparisonOutput: ParsableArguments {
    @Option(help: "Write all figures, and all labels of both readings, to this JSON file.") var json: String?
    @Option(help: "Write a page with tables and pictures to this HTML file.") var html: String?
    @Option(help: "Draw the one file that was given: a .svg, .png or .pdf.") var picture: String?

    /// Recordings that a page shows.
    private static let pictures = 8

    func validate() throws { try checkPicture(picture) }

    /// Long work should not end with a file that cannot be written.
    /// - Throws: ``ConfigurationError``.
    func check() throws { try checkFolders(of: [json, html, picture]) }

    /// `clips` are those of the report's recordings.
    func write(_ report: ComparisonReport, clips: [Clip], model: Model) throws {
        if let json { try writeJSON(report, to: json) }
        if let html {
            var page = ComparisonPage(report)
            let shown =
                clips.isEmpty
                ? []
                : report.errors == nil
                    ? Array(clips.indices.prefix(Self.pictures)) : report.mostDifferent(limit: Self.pictures)
            page.pictures = try shown.map { ($0, try picture(of: report.compared[$0], clips[$0], model: model)) }
            try writeFile(Data(page.html.utf8), to: html)
        }
        if let picture {
            try writePicture(try self.picture(of: report.compared[0], clips[0], model: model), to: picture)
        }
    }

    /// The spectrogram between both readings.
    private func picture(of recording: ComparedRecording, _ clip: Clip, model: Model) throws -> Picture {
        let rate = Double(model.sampleRate)
        let samples = try readRecording(clip, rate: model.sampleRate)
        let seconds = min(max(Double(samples.count), 1) / rate, longestPicture)
        var title = "\(recording.recording): online above, offline below"
        if seconds == longestPicture { title += " (the first \(Int(seconds)) s)" }
        var panels: [any PicturePanel] = [recording.panel(online: true, until: seconds)]
        let shown = Array(samples.prefix(Int(seconds * rate)))
        if let sound = try SpectrogramPanel(shown, frontEnd: model.file.frontEnd) { panels.append(sound) }
        return Picture(
            title: title, seconds: seconds, panels: panels + [recording.panel(online: false, until: seconds)])
    }
}

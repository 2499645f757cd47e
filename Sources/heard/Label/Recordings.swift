// Recordings through a model in one go: what `heard label` would say of one, and what the network itself gives.

import Audio
import Daemon
import Decoding
import Foundation
import Pipeline
import Recurrent
import Training

extension Model {
    /// One of its networks.
    /// - Throws: `ConnectionError` when it has none of that name.
    func network(_ part: ModelFile.Part) throws -> RecurrentNetwork {
        guard let network = self[part] else {
            throw ConnectionError(description: "the model \(path) has no \(part.rawValue) network")
        }
        return network
    }

    /// What `heard label` says of a recording, the texts of its labels joined. `endpointSilence` in seconds; the
    /// model's setting when nil.
    func text(of recording: [Float], reading part: ModelFile.Part, endpointSilence: Double? = nil) throws -> String {
        var settings = DaemonOptions()
        settings.mode = part == .online ? .online : .offline
        settings.endpointSilence = endpointSilence
        settings.raw = try RawFormat(parsing: "f32le,\(sampleRate),1")
        var options = try settings.sessionOptions(self)
        options.rereadingThreads = 2
        var session = try Session(self, options)
        let batch = StepBatch(self)
        var events: [SessionEvent] = []
        recording.withUnsafeBytes { session.append($0, with: batch, into: &events) }
        session.finish(with: batch, into: &events)
        return events.compactMap { if case .label(_, let label) = $0 { label.text } else { nil } }
            .joined(separator: " ")
    }

    /// All outputs of a network for a recording.
    func posteriors(of recording: [Float], reading part: ModelFile.Part) throws -> Posteriors {
        let network = try network(part)
        let (steps, count) = features.steps(of: recording)
        return Posteriors(
            values: network.read(steps, steps: count, threads: 2).values, steps: count, labels: vocabulary.labels)
    }
}

/// Outputs of a network, [steps, labels].
struct Posteriors {
    let values: [Float]
    let steps: Int
    let labels: [String]

    /// One step [labels].
    subscript(step: Int) -> [Float] { Array(values[(step * labels.count)..<((step + 1) * labels.count)]) }

    /// The best label of the last step: a classifier's answer. Empty when there is no step.
    var lastLabel: String {
        guard steps > 0 else { return "" }
        let last = self[steps - 1]
        return labels[last.indices.max { last[$0] < last[$1] } ?? 0]
    }

    /// The greatest difference of any output; infinite when there are not as many, or when one is no number.
    func difference(from other: Posteriors) -> Float { Self.difference(values, other.values) }

    static func difference(_ a: [Float], _ b: [Float]) -> Float {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).reduce(0) {
            let difference = abs($1.0 - $1.1)
            return difference.isNaN ? .infinity : max($0, difference)
        }
    }
}

/// All lines of a file of JSON objects.
/// - Throws: an error that names the file, or the line that is not what it should be.
func readJSONLines<Line: Decodable>(_ path: String, as type: Line.Type) throws -> [Line] {
    try TextFile.filledLines(of: path).map { line in
        do {
            return try JSONDecoder().decode(Line.self, from: Data(line.text.utf8))
        } catch {
            throw ConnectionError(
                description: "line \(line.number) of \(path) is not the JSON that it should be: \(error)")
        }
    }
}

/// The samples of a clip, mono, at `rate`.
/// - Throws: also `DataError` where its recording ends before it does.
func readRecording(_ clip: Clip, rate: Int, ffmpeg: FFmpegUse = .auto) throws -> [Float] {
    let recording = try readRecording(clip.path, rate: rate, ffmpeg: ffmpeg)
    let range = try clip.samples(of: recording.count, rate: rate)
    return range.count == recording.count ? recording : Array(recording[range])
}

/// All samples of a file, mono, at `rate`.
func readRecording(_ path: String, rate: Int, ffmpeg: FFmpegUse = .auto) throws -> [Float] {
    var options = AudioOptions()
    options.outputRate = rate
    var reader = AudioReader(options)
    var recording: [Float] = [], samples: [Float] = []
    var problem: AudioError?
    func drain(_ reader: inout AudioReader) {
        while true {
            switch reader.next(&samples) {
            case .samples: recording += samples
            case .begin, .warning, .end(nil): continue
            case .end(let error): problem = error
            case .failure(let error):
                problem = error
                return
            case .needsBytes, .finished: return
            }
        }
    }
    try readSound(of: path, ffmpeg: ffmpeg) { bytes in
        reader.append(bytes)
        drain(&reader)
        return problem == nil
    }
    reader.finish()
    drain(&reader)
    if let problem { throw ConnectionError(description: "\(path): \(problem)") }
    return recording
}

// Recordings through a model in one go: what `heard label` would say of one, and what the network itself gives.

import Audio
import Decoding
import Foundation
import Pipeline
import Recurrent
import Training

extension Model {
    /// One of its networks.
    /// - Throws: ``ModelError`` when it has none of that name.
    package func network(_ part: ModelFile.Part) throws -> RecurrentNetwork {
        guard let network = self[part] else {
            throw ModelError.metadata(key: part.rawValue, reason: "\(path) has no such network")
        }
        return network
    }

    /// What `heard label` says of a recording, the texts of its labels joined. `endpointSilence` in seconds; the
    /// model's setting when nil.
    package func text(of recording: [Float], reading part: ModelFile.Part, endpointSilence: Double? = nil) throws
        -> String
    {
        var options = SessionOptions(reading: part == .online ? .online : .offline)
        options.audio.container = .raw(try RawFormat(parsing: "f32le,\(sampleRate),1"))
        if let endpointSilence {
            var decoder = decoder
            decoder.endpointSilence = endpointSilence
            options.decoder = decoder
        }
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
    package func posteriors(of recording: [Float], reading part: ModelFile.Part) throws -> Posteriors {
        let network = try network(part)
        let (steps, count) = features.steps(of: recording)
        return Posteriors(
            values: network.read(steps, steps: count, threads: 2).values, steps: count, labels: vocabulary.labels)
    }
}

/// Outputs of a network, [steps, labels].
package struct Posteriors {
    package let values: [Float]
    package let steps: Int
    package let labels: [String]

    package init(values: [Float], steps: Int, labels: [String]) {
        (self.values, self.steps, self.labels) = (values, steps, labels)
    }

    /// One step [labels].
    package subscript(step: Int) -> [Float] { Array(values[(step * labels.count)..<((step + 1) * labels.count)]) }

    /// The best label of the last step: a classifier's answer. Empty when there is no step.
    package var lastLabel: String {
        guard steps > 0 else { return "" }
        let last = self[steps - 1]
        return labels[last.indices.max { last[$0] < last[$1] } ?? 0]
    }

    /// The greatest difference of any output; infinite when there are not as many, or when one is no number.
    package func difference(from other: Posteriors) -> Float { Self.difference(values, other.values) }

    package static func difference(_ a: [Float], _ b: [Float]) -> Float {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).reduce(0) {
            let difference = abs($1.0 - $1.1)
            return difference.isNaN ? .infinity : max($0, difference)
        }
    }
}

// A stream that goes on for hours, to see whether a network's state drifts.

import Audio
import Decoding
import Pipeline
import Recurrent
import Schema
import Training

/// Recordings one after the other, for hours: a list of places, of which sound is made as it is read.
package struct EndlessStream: Sendable {
    /// One recording in the stream, and the quiet after it, in samples.
    package struct Place: Sendable {
        package let clip: Int
        package let start: Int
        package let pause: Int
    }

    package let clips: [Clip]
    package let recordings: [[Float]]
    package let rate: Int
    package let places: [Place]
    private let seed: UInt64

    package init(clips: [Clip], recordings: [[Float]], rate: Int, hours: Double, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var places: [Place] = [], now = 0
        while Double(now) < hours * 3600 * Double(rate), !clips.isEmpty {
            let clip = Int.random(in: clips.indices, using: &random)
            let seconds = Int.random(in: 0..<20, using: &random) == 0 ? 60 : Double.random(in: 0.5...4, using: &random)
            places.append(Place(clip: clip, start: now, pause: Int(seconds * Double(rate))))
            now += recordings[clip].count + places[places.count - 1].pause
        }
        self.clips = clips
        self.recordings = recordings
        self.rate = rate
        self.places = places
        self.seed = seed
    }

    /// In which hour of the stream each place stands.
    package var hourOfPlace: [Int] { places.map { $0.start / (3600 * rate) } }

    /// What the online network makes of it: the labels at each place, and what its layers did in each hour.
    package func read(_ model: Model, _ reset: StateReset) throws -> (
        recognitions: [Recognition], layers: [[DriftReport.Layer]]
    ) {
        let batch = StepBatch(model)
        var options = SessionOptions()
        options.audio.container = .raw(try RawFormat(parsing: "f32le,\(rate),1"))
        options.stateReset = reset
        options.gateReports = 60
        var session = try Session(model, options)
        var events: [SessionEvent] = [], labels: [Label] = [], reports: [GateReport] = []
        func take() {
            for event in events {
                switch event {
                case .label(_, let label): labels.append(label)
                case .gates(let report): reports.append(report)
                default: continue
                }
            }
            events.removeAll(keepingCapacity: true)
        }
        var random = SeededRandom(seed: seed &+ 1)
        for place in places {
            // A room is never as quiet as zeros: noise at -80 dB.
            let quiet = (0..<place.pause).map { _ in Float.random(in: -1e-4...1e-4, using: &random) }
            for sound in [recordings[place.clip], quiet] {
                sound.withUnsafeBytes { session.append($0, with: batch, into: &events) }
            }
            take()
        }
        session.finish(with: batch, into: &events)
        take()
        return (recognitions(labels), layers(reports))
    }

    /// Each label belongs to the place in whose recording or pause it begins.
    private func recognitions(_ labels: [Label]) -> [Recognition] {
        var rest = labels[...]
        return places.indices.map { index in
            let place = places[index], end = index + 1 < places.count ? places[index + 1].start : .max
            var own: [Label] = []
            while let label = rest.first, label.start < end {
                own.append(label)
                rest.removeFirst()
            }
            return clips[place.clip].recognition(rate: rate, samples: recordings[place.clip].count, labels: own)
        }
    }

    private func layers(_ reports: [GateReport]) -> [[DriftReport.Layer]] {
        let hours = Dictionary(grouping: reports) { $0.start / (3600 * rate) }
        // What is left of the last recording after the last hour is no hour.
        return (0...(places.last.map { $0.start / (3600 * rate) } ?? 0)).compactMap { hour -> [DriftReport.Layer]? in
            guard let own = hours[hour] else { return nil }
            return own[0].layers.indices.map { layer in
                let activities = own.map { $0.layers[layer].activity }
                func mean(_ value: (GateActivity) -> Double) -> Double {
                    activities.reduce(0) { $0 + value($1) } / Double(activities.count)
                }
                return DriftReport.Layer(
                    name: own[0].layers[layer].layer.name, norm: mean(\.norm),
                    saturated: mean { $0.saturated.reduce(0, +) / Double(max($0.saturated.count, 1)) })
            }
        }
    }
}

// From what a session says, in samples, to the events of the wire, in seconds. `heard label` and the daemon use the
// same narrator, so the same bytes give the same lines.

import Decoding
import Events

/// Tells one stream's events.
package struct Narrator: Sendable {
    package let stream: String
    /// Samples, or steps, per second of the stream's clock.
    private let rate: Double
    private var hasStarted = false
    private var errors = 0
    /// Time spent on the stream so far.
    private var busy = Duration.zero

    package init(stream: String, rate: Double) {
        self.stream = stream
        self.rate = rate
    }

    /// The events for what a slice of work made the session say; `busy` is how long the slice took.
    package mutating func tell(_ said: [SessionEvent], busy: Duration) -> [Event] {
        self.busy += busy
        return said.compactMap { body(of: $0).map { Event(stream: stream, body: $0) } }
    }

    /// The error of a stream that could not even be read.
    package mutating func problem(code: String, text: String) -> Event {
        errors += 1
        return Event(stream: stream, body: .error(code: code, text: text, at: 0))
    }

    private func time(_ samples: Int) -> Double { seconds(samples: samples, rate: rate) }

    private mutating func body(of said: SessionEvent) -> Event.Body? {
        switch said {
        case .begin(let format):
            guard !hasStarted else { return nil }
            hasStarted = true
            return .streamStart(
                StreamStart(
                    container: format.container, encoding: format.encoding, rate: Double(format.sampleRate),
                    channels: format.channels, buffered: format.isBuffered))
        case .said(let body): return body
        case .speechStart(let at, let decided): return .speechStart(start: time(at), decided: time(decided))
        case .partial(let text, let stable, let decided):
            return .partial(text: text, stable: stable, decided: time(decided))
        case .label(let id, let label): return .label(decided(label, id: id))
        case .speechEnd(let at, let decided): return .speechEnd(end: time(at), decided: time(decided))
        case .revision(let id, let revision, let decided): return .revision(told(revision, id: id, decided: decided))
        case .final(let utterance):
            return .final(
                Final(
                    utterance: utterance.number, start: time(utterance.start), end: time(utterance.end),
                    online: utterance.online.map { online in
                        Transcript(labels: zip(utterance.ids, online).map { ledger($1, id: $0, utterance) })
                    },
                    offline: utterance.offline.map { Transcript(labels: $0.map(spoken)) },
                    agreement: utterance.agreement.map { ($0 * 1000).rounded() / 1000 },
                    decided: time(utterance.decided)))
        case .deferred(let utterance, let waiting, let decided):
            return .deferred(utterance: utterance, waiting: waiting, decided: time(decided))
        case .gates(let report): return .gates(told(report))
        case .warning(let code, let text, let at): return .warning(code: code, text: text, at: time(at))
        case .problem(let code, let text, let at):
            errors += 1
            return .error(code: code, text: text, at: time(at))
        case .end(let samples):
            let length = Double(samples) / rate
            let factor = length > 0 ? busy / .seconds(length) : 0
            return .streamEnd(
                StreamEnd(
                    samples: samples, seconds: time(samples), errors: errors,
                    wallRealTimeFactor: factor.inFourPlaces))
        }
    }

    private func spoken(_ label: Label) -> Transcript.Label {
        .init(
            text: label.text, start: time(label.start), end: time(label.end),
            confidence: (Double(label.confidence) * 1000).rounded() / 1000, read: label.read)
    }

    /// A label with its number and when it was decided.
    private func decided(_ label: Label, id: Int) -> Transcript.Label {
        var spoken = spoken(label)
        spoken.id = id
        spoken.decided = time(label.decided)
        return spoken
    }

    /// A label of a `final`'s online reading: with how much later the other reading was, too.
    private func ledger(_ label: Label, id: Int, _ utterance: Utterance) -> Transcript.Label {
        var spoken = decided(label, id: id)
        spoken.later = time(utterance.decided - label.decided)
        return spoken
    }

    private func told(_ report: GateReport) -> Gates {
        return Gates(
            start: time(report.start), end: time(report.end),
            layers: report.layers.map { layer in
                let activity = layer.activity
                let gates = layer.layer.gates.indices.map {
                    Gates.Gate(
                        name: layer.layer.gates[$0], mean: activity.means[$0].inFourPlaces,
                        saturated: activity.saturated[$0].inFourPlaces)
                }
                return Gates.Layer(name: layer.layer.name, gates: gates, norm: activity.norm.inFourPlaces)
            })
    }

    private func told(_ revision: Decoding.Revision, id: Int?, decided: Int) -> Events.Revision {
        func wire(_ change: Events.Revision.Change, was: Label?, _ label: Label?) -> Events.Revision {
            let spoken = spoken(label ?? was!)
            return Events.Revision(
                id: id, change: change, was: was?.text, label: label?.text, start: spoken.start, end: spoken.end,
                confidence: label == nil ? nil : spoken.confidence, decided: time(decided), read: spoken.read)
        }
        return switch revision {
        case .kept: preconditionFailure("a label that was kept is no revision")
        case .changed(let online, let offline): wire(.changed, was: online, offline)
        case .removed(let online): wire(.removed, was: online, nil)
        case .added(let offline): wire(.added, was: nil, offline)
        }
    }
}

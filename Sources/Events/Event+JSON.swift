// Events to and from their line of JSON.

import Foundation
import Schema

extension Event {
    /// The event as one line, without a line end.
    public var json: String {
        var line = JSONLine()
        line.add("seq", seq)
        line.add("stream", stream)
        line.add("kind", kind.rawValue)
        switch body {
        case .streamStart(let start):
            line.add("container", start.container)
            line.add("encoding", start.encoding)
            if let rate = Int(exactly: start.rate) { line.add("rate", rate) } else { line.add("rate", start.rate) }
            line.add("channels", start.channels)
            line.add("buffered", start.buffered)
            if let epoch = start.epoch { line.add("epoch", epoch) }
        case .speechStart(let start, let decided):
            line.add("start", start)
            line.add("decided", decided)
        case .partial(let text, let stable, let decided):
            line.add("text", text)
            line.add("stable", stable)
            line.add("decided", decided)
        case .label(let id, let label, let decided):
            line.add("id", id)
            label.add(to: &line)
            line.add("decided", decided)
        case .speechEnd(let end, let decided):
            line.add("end", end)
            line.add("decided", decided)
        case .revision(let revision): revision.add(to: &line)
        case .final(let final): final.add(to: &line)
        case .deferred(let utterance, let waiting, let decided):
            line.add("utterance", utterance)
            line.add("waiting", waiting)
            line.add("decided", decided)
        case .gates(let gates): gates.add(to: &line)
        case .step(let step): step.add(to: &line)
        case .score(let score): score.add(to: &line)
        case .generated(let generated): generated.add(to: &line)
        case .translation(let translated): translated.add(to: &line)
        case .rejected(let code, let text):
            line.add("code", code)
            line.add("text", text)
        case .dropped(let count?): line.add("count", count)
        case .dropped(nil): line.addNull("count")
        case .warning(let code, let text, let at), .error(let code, let text, let at):
            line.add("code", code)
            line.add("text", text)
            line.add("at", at)
        case .streamEnd(let end):
            line.add("samples", end.samples)
            line.add("seconds", end.seconds)
            line.add("errors", end.errors)
            line.add("wall_rtf", end.wallRealTimeFactor)
        }
        if let wallWritten { line.add("wall_written", wallWritten) }
        return line.string
    }

    /// Reads a line that ``json`` wrote. Unknown fields are passed over, so that a newer daemon's events can be read.
    /// - Throws: ``WireError/notAnEvent(reason:)``.
    package init(json: String) throws(WireError) {
        do {
            let fields = try JSONDecoder().decode(EventFields.self, from: Data(json.utf8))
            self.init(
                seq: fields.seq, stream: fields.stream, body: try fields.body(), wallWritten: fields.wall_written)
        } catch let error as WireError {
            throw error
        } catch {
            throw .notAnEvent(reason: "it is not a JSON object with seq, stream and kind")
        }
    }
}

extension Reading.Label {
    fileprivate func add(to line: inout JSONLine) {
        if let read { line.add("read", read) }
        line.add("label", text)
        line.add("start", start)
        line.add("end", end)
        line.add("confidence", confidence)
    }
}

extension Reading {
    fileprivate var line: JSONLine {
        var line = JSONLine()
        line.add("text", text)
        line.add(
            "labels",
            labels.map {
                var line = JSONLine()
                if let id = $0.id { line.add("id", id) }
                $0.add(to: &line)
                if let decided = $0.decided { line.add("decided", decided) }
                if let later = $0.later { line.add("later", later) }
                return line
            })
        return line
    }
}

extension Revision {
    fileprivate func add(to line: inout JSONLine) {
        if let id { line.add("id", id) }
        line.add("change", change.rawValue)
        if let read { line.add("read", read) }
        if let was { line.add("was", was) }
        if let label { line.add("label", label) }
        line.add("start", start)
        line.add("end", end)
        if let confidence { line.add("confidence", confidence) }
        line.add("decided", decided)
    }
}

extension Final {
    fileprivate func add(to line: inout JSONLine) {
        line.add("utterance", utterance)
        line.add("start", start)
        line.add("end", end)
        line.add("text", text)
        if let online { line.add("online", online.line) }
        if let offline { line.add("offline", offline.line) }
        if let agreement { line.add("agreement", agreement) }
        line.add("decided", decided)
    }
}

extension Gates {
    fileprivate func add(to line: inout JSONLine) {
        line.add("start", start)
        line.add("end", end)
        line.add(
            "layers",
            layers.map { layer in
                var line = JSONLine()
                line.add("layer", layer.name)
                line.add(
                    "gates",
                    layer.gates.map { gate in
                        var line = JSONLine()
                        line.add("gate", gate.name)
                        line.add("mean", gate.mean)
                        line.add("saturated", gate.saturated)
                        return line
                    })
                line.add("norm", layer.norm)
                return line
            })
    }
}

extension Step {
    fileprivate func add(to line: inout JSONLine) {
        line.add("step", step)
        if let read { line.add("read", read) }
        if let surprisal { line.add("surprisal", surprisal) }
        line.add(
            "best",
            best.map { choice in
                var line = JSONLine()
                line.add("label", choice.label)
                line.add("confidence", choice.confidence)
                return line
            })
        line.add("decided", decided)
    }
}

extension Score {
    fileprivate func add(to line: inout JSONLine) {
        line.add("sequence", sequence)
        line.add("start", start)
        line.add("end", end)
        line.add("steps", steps)
        line.add("surprisal", surprisal)
        line.add("perplexity", perplexity)
    }
}

extension Generated {
    fileprivate func add(to line: inout JSONLine) {
        line.add("step", step)
        if let text { line.add("text", text) }
        if let places { line.add("places", places) }
        line.add("confidence", confidence)
        line.add("decided", decided)
    }
}

extension Translated {
    fileprivate func add(to line: inout JSONLine) {
        line.add("sequence", sequence)
        line.add("start", start)
        line.add("end", end)
        line.add("read", read)
        line.add("text", text)
        line.add("confidence", confidence)
        line.add("decided", decided)
    }
}

/// Every field that any kind of event has.
private struct EventFields: Decodable {
    struct Labels: Decodable {
        struct Label: Decodable {
            var label: String
            var start: Double
            var end: Double
            var confidence: Double
            var id: Int?
            var decided, later: Double?
            var read: String?
        }
        var labels: [Label]
        var reading: Reading {
            Reading(
                labels: labels.map {
                    .init(
                        text: $0.label, start: $0.start, end: $0.end, confidence: $0.confidence, id: $0.id,
                        decided: $0.decided, later: $0.later, read: $0.read)
                })
        }
    }
    struct Layer: Decodable {
        struct Gate: Decodable {
            var gate: String
            var mean, saturated: Double
        }
        var layer: String
        var gates: [Gate]
        var norm: Double
        var wire: Gates.Layer {
            .init(
                name: layer, gates: gates.map { .init(name: $0.gate, mean: $0.mean, saturated: $0.saturated) },
                norm: norm)
        }
    }

    var seq: UInt64
    var stream: String
    var kind: String
    var container, encoding, epoch, text, stable, label, code, change, was, read: String?
    var id, channels, utterance, waiting, count, samples, errors, step, steps, sequence: Int?
    var buffered: Bool?
    var start, end, at, decided, confidence, agreement, seconds, wall_rtf, wall_written, rate, surprisal,
        perplexity: Double?
    var best: [Step.Choice]?
    var places: [Int]?
    var online, offline: Labels?
    var layers: [Layer]?

    func need<Value>(_ value: Value?, _ name: String) throws(WireError) -> Value {
        guard let value else { throw .notAnEvent(reason: "a \(kind) event needs the field \"\(name)\"") }
        return value
    }

    func readingLabel() throws(WireError) -> Reading.Label {
        .init(
            text: try need(label, "label"), start: try need(start, "start"), end: try need(end, "end"),
            confidence: try need(confidence, "confidence"), read: read)
    }

    func body() throws(WireError) -> Event.Body {
        guard let kind = Event.Kind(rawValue: kind) else {
            throw .notAnEvent(reason: "\"\(excerpt(kind))\" is no kind of event")
        }
        switch kind {
        case .streamStart:
            return .streamStart(
                StreamStart(
                    container: try need(container, "container"), encoding: try need(encoding, "encoding"),
                    rate: try need(rate, "rate"), channels: try need(channels, "channels"),
                    buffered: try need(buffered, "buffered"), epoch: epoch))
        case .speechStart: return .speechStart(start: try need(start, "start"), decided: try need(decided, "decided"))
        case .partial:
            return .partial(
                text: try need(text, "text"), stable: try need(stable, "stable"), decided: try need(decided, "decided"))
        case .label: return .label(id: try need(id, "id"), try readingLabel(), decided: try need(decided, "decided"))
        case .speechEnd: return .speechEnd(end: try need(end, "end"), decided: try need(decided, "decided"))
        case .revision:
            guard let change = Revision.Change(rawValue: try need(change, "change")) else {
                throw .notAnEvent(reason: "\"\(excerpt(change ?? ""))\" is no kind of revision")
            }
            return .revision(
                Revision(
                    id: id, change: change, was: was, label: label, start: try need(start, "start"),
                    end: try need(end, "end"), confidence: confidence, decided: try need(decided, "decided"),
                    read: read))
        case .final:
            return .final(
                Final(
                    utterance: try need(utterance, "utterance"), start: try need(start, "start"),
                    end: try need(end, "end"), online: online?.reading, offline: offline?.reading,
                    agreement: agreement, decided: try need(decided, "decided")))
        case .deferred:
            return .deferred(
                utterance: try need(utterance, "utterance"), waiting: try need(waiting, "waiting"),
                decided: try need(decided, "decided"))
        case .gates:
            return .gates(
                Gates(
                    start: try need(start, "start"), end: try need(end, "end"),
                    layers: try need(layers, "layers").map(\.wire)))
        case .step:
            return .step(
                Step(
                    step: try need(step, "step"), read: read, surprisal: surprisal, best: try need(best, "best"),
                    decided: try need(decided, "decided")))
        case .score:
            return .score(
                Score(
                    sequence: try need(sequence, "sequence"), start: try need(start, "start"),
                    end: try need(end, "end"), steps: try need(steps, "steps"),
                    surprisal: try need(surprisal, "surprisal"), perplexity: try need(perplexity, "perplexity")))
        case .generated:
            return .generated(
                Generated(
                    step: try need(step, "step"), text: text, places: places,
                    confidence: try need(confidence, "confidence"), decided: try need(decided, "decided")))
        case .translation:
            return .translation(
                Translated(
                    sequence: try need(sequence, "sequence"), start: try need(start, "start"),
                    end: try need(end, "end"),
                    read: try need(read, "read"), text: try need(text, "text"),
                    confidence: try need(confidence, "confidence"), decided: try need(decided, "decided")))
        case .rejected: return .rejected(code: try need(code, "code"), text: try need(text, "text"))
        case .dropped: return .dropped(count: count)
        case .warning:
            return .warning(code: try need(code, "code"), text: try need(text, "text"), at: try need(at, "at"))
        case .error:
            return .error(code: try need(code, "code"), text: try need(text, "text"), at: try need(at, "at"))
        case .streamEnd:
            return .streamEnd(
                StreamEnd(
                    samples: try need(samples, "samples"), seconds: try need(seconds, "seconds"),
                    errors: try need(errors, "errors"), wallRealTimeFactor: try need(wall_rtf, "wall_rtf")))
        }
    }
}

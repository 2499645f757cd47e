// How events are printed: as they are (JSON lines), as text for people, or as subtitles and Praat tiers.

import Decoding
import Events
import Foundation

/// The formats of `heard label`; `feed` and `subscribe` know the first two.
package enum OutputFormat: String, Sendable, CaseIterable {
    case json, text, srt, textgrid

    /// Whether errors have a place in the format.
    package var tellsErrors: Bool { self == .json || self == .text }
    /// Whether a file holds one stream alone.
    package var isOneStream: Bool { self == .srt || self == .textgrid }
    /// How a file's name ends.
    package var fileExtension: String {
        switch self {
        case .json: "jsonl"
        case .text: "txt"
        case .srt: "srt"
        case .textgrid: "TextGrid"
        }
    }
}

/// Prints one stream's events, or several streams' in the formats that go line by line.
package struct EventPrinter {
    package let format: OutputFormat
    /// Kinds that are asked for by name: as text some are printed only then.
    private let asked: Set<Event.Kind>
    private let extents: WordExtents
    private var subtitles = Subtitles()
    private var grid = TextGrid()
    /// By stream: whether words are read, and what has been made up of them, or of characters.
    private var generations: [String: (hasWords: Bool, made: String)] = [:]

    package init(_ format: OutputFormat, asked: Set<Event.Kind> = [], extents: WordExtents = WordExtents()) {
        (self.format, self.asked, self.extents) = (format, asked, extents)
    }

    /// What to print for an event; nil for nothing. `json` is its line.
    package mutating func print(_ event: Event, json: String) -> String? {
        switch format {
        case .json: return json
        case .text: return text(event)
        case .srt:
            switch event.body {
            case .final(let final):
                let words = extents(final)
                return subtitles.add(words.offline ?? words.online ?? [])
            case .streamEnd: return subtitles.finish()
            default: return nil
            }
        case .textgrid:
            switch event.body {
            case .final(let final): grid.add(extents(final))
            case .streamEnd(let end) where end.samples > 0: return grid.text(seconds: end.seconds)
            default: break
            }
            return nil
        }
    }

    private mutating func text(_ event: Event) -> String? {
        // What a stream said of itself must not move a terminal's cursor.
        func plain(_ words: String) -> String {
            words.unicodeScalars.reduce(into: "") { text, scalar in
                text +=
                    scalar.value < 0x20 || scalar.value == 0x7f
                    ? "\\u{\(String(scalar.value, radix: 16))}" : "\(scalar)"
            }
        }
        func line(_ time: Double, _ words: String) -> String { "\(event.stream)  \(clock(time))  \(plain(words))" }
        func percent(_ confidence: Double) -> String { String(format: "%.0f %%", (confidence * 100).rounded()) }
        switch event.body {
        case .label(let label):
            let read = label.read.map { "\($0): " } ?? ""
            return line(label.start, "\(read)\(label.text)  (\(percent(label.confidence)))")
        case .revision(let revision):
            let (label, was) = (revision.label ?? "", revision.was ?? "")
            let words =
                switch revision.change {
                case .changed: "rather \(label) than \(was)"
                case .removed: "not \(was)"
                case .added: "also \(label)"
                }
            let sure = revision.confidence.map { "  (\(percent($0)))" } ?? ""
            return line(revision.start, (revision.read.map { "\($0): " } ?? "") + words + sure)
        case .final(let final):
            let agreement = final.agreement.map { "  (both readings agree on \(percent($0)))" } ?? ""
            return line(
                final.labels.first?.start ?? final.start,
                "= \(final.text.isEmpty ? "(nothing)" : final.text)\(agreement)")
        case .rejected(_, let text): return "\(event.stream)  rejected: \(text)"
        case .deferred(let utterance, let waiting, let decided):
            return line(
                decided,
                "the second reading of utterance \(utterance) waits for \(waiting) other\(waiting == 1 ? "" : "s")")
        case .gates(let gates):
            let layers = gates.layers.map { layer in
                let gates = layer.gates.map { "\($0.name) \(percent($0.mean))" }
                return "\(layer.name) \((gates + ["norm \(layer.norm)"]).joined(separator: ", "))"
            }
            return line(gates.start, layers.joined(separator: "; "))
        case .step(let step):
            let best = step.best.map { "\(visible($0.label)) \(percent($0.confidence))" }.joined(separator: ", ")
            let read = step.read.map { visible($0) + "  " } ?? ""
            let surprisal = step.surprisal.map { String(format: "%.2f nats  ", $0) } ?? ""
            return line(step.decided, "\(read)\(surprisal)-> \(best)")
        case .score(let score):
            return line(
                score.start,
                String(
                    format: "= %.2f nats in %d steps, perplexity %.2f", score.surprisal, score.steps, score.perplexity))
        case .translation(let translated): return line(translated.start, "\(translated.read)  ->  \(translated.text)")
        case .generated(let step):
            guard let text = step.text else {
                return "[\((step.places ?? []).map(String.init).joined(separator: ","))]"
            }
            // Without the stream's end the whole would never be printed.
            if asked.contains(.generated) { return line(step.decided, visible(text)) }
            var generation = generations[event.stream] ?? (false, "")
            generation.made += (generation.hasWords && !generation.made.isEmpty ? " " : "") + text
            generations[event.stream] = generation
            return nil
        case .dropped(let count?): return "\(count) events were lost here: this reader is too slow, or came too late"
        case .dropped(nil): return "events were lost here, nobody knows how many: the daemon forgot them, or began anew"
        case .warning(_, let text, let at): return line(at, "warning: \(text)")
        case .error(_, let text, let at): return line(at, "error: \(text)")
        case .streamStart(let start):
            generations[event.stream] = start.encoding == "words" ? (true, "") : nil
            return asked.contains(.streamStart) ? line(0, "begins: \(start.container), \(start.encoding)") : nil
        case .streamEnd(let end):
            if asked.contains(.streamEnd) { return line(end.seconds, "ends, with \(end.errors) errors") }
            let made = generations.removeValue(forKey: event.stream)?.made ?? ""
            return made.isEmpty ? nil : made
        case .speechStart(let start, _): return asked.contains(.speechStart) ? line(start, "speech begins") : nil
        case .speechEnd(let end, _): return asked.contains(.speechEnd) ? line(end, "speech ends") : nil
        case .partial(let text, _, let decided):
            return asked.contains(.partial) ? line(decided, "~ \(text)") : nil
        }
    }

    /// A token that can be told from the space beside it.
    private func visible(_ token: String) -> String { TokenVocabulary.visible(token) }

    /// Seconds as m:ss.mmm.
    private func clock(_ seconds: Double) -> String {
        let minutes = (seconds / 60).rounded(.down)
        return String(format: "%.0f:%06.3f", minutes, seconds - minutes * 60)
    }
}

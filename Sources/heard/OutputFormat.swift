// How events are printed: as they are (JSON lines), as text for people, or as subtitles and Praat tiers.

import ArgumentParser
import Foundation
import Wire

/// The formats of `heard label`; `feed` and `subscribe` know the first two.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case json, text, srt, textgrid

    /// Whether errors have a place in the format.
    var tellsErrors: Bool { self == .json || self == .text }
}

/// Prints one stream's events, or several streams' in the formats that go line by line.
struct EventPrinter {
    let format: OutputFormat
    private var finals: [Final] = []
    private var subtitles = 0
    /// By stream: whether words are read, and what has been made up of them, or of characters.
    private var generations: [String: (hasWords: Bool, made: String)] = [:]

    init(_ format: OutputFormat) { self.format = format }

    /// What to print for an event; nil for nothing. `json` is its line.
    mutating func print(_ event: Event, json: String) -> String? {
        switch format {
        case .json: return json
        case .text: return text(event)
        case .srt:
            guard case .final(let final) = event.body, let first = final.labels.first, let last = final.labels.last
            else { return nil }
            subtitles += 1
            return "\(subtitles)\n\(srtTime(first.start)) --> \(srtTime(last.end))\n\(final.text)\n"
        case .textgrid:
            if case .final(let final) = event.body { finals.append(final) }
            guard case .streamEnd(let end) = event.body else { return nil }
            defer { finals = [] }
            return end.samples == 0 ? nil : textGrid(finals, seconds: end.seconds)
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
        func percent(_ confidence: Double) -> String { "\(Int((confidence * 100).rounded())) %" }
        switch event.body {
        case .label(_, let label, _):
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
            return nil
        case .streamEnd:
            let made = generations.removeValue(forKey: event.stream)?.made ?? ""
            return made.isEmpty ? nil : made
        case .speechStart, .partial, .speechEnd: return nil
        }
    }

    /// A token that can be told from the space beside it.
    private func visible(_ token: String) -> String { SequenceModelSummary.visible(token) }

    /// Seconds as m:ss.mmm.
    private func clock(_ seconds: Double) -> String {
        String(format: "%d:%06.3f", Int(seconds) / 60, seconds - Double(Int(seconds) / 60 * 60))
    }

    private func srtTime(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        return String(
            format: "%02d:%02d:%02d,%03d", milliseconds / 3_600_000, milliseconds / 60_000 % 60,
            milliseconds / 1000 % 60, milliseconds % 1000)
    }

    /// A Praat TextGrid in its long text form, with a tier for each reading. Labels that overlap are cut where the next begins.
    private func textGrid(_ finals: [Final], seconds: Double) -> String {
        let readings = [("online", finals.compactMap(\.online)), ("offline", finals.compactMap(\.offline))]
        let tiers = readings.filter { !$0.1.isEmpty }.map { ($0.0, $0.1.flatMap(\.labels)) }
        var lines = ["File type = \"ooTextFile\"", "Object class = \"TextGrid\"", "", "xmin = 0", "xmax = \(seconds)"]
        lines += ["tiers? <exists>", "size = \(tiers.count)", "item []:"]
        for (index, (name, labels)) in tiers.enumerated() {
            let intervals = intervals(of: labels, seconds: seconds)
            lines += ["    item [\(index + 1)]:", "        class = \"IntervalTier\"", "        name = \"\(name)\""]
            lines += ["        xmin = 0", "        xmax = \(seconds)", "        intervals: size = \(intervals.count)"]
            for (number, interval) in intervals.enumerated() {
                let text = interval.text.replacingOccurrences(of: "\"", with: "\"\"")
                lines += ["        intervals [\(number + 1)]:", "            xmin = \(interval.start)"]
                lines += ["            xmax = \(interval.end)", "            text = \"\(text)\""]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Labels and the silences between them, without gaps, from 0 to `seconds`.
    private func intervals(of labels: [Reading.Label], seconds: Double) -> [(start: Double, end: Double, text: String)]
    {
        var intervals: [(start: Double, end: Double, text: String)] = []
        var now = 0.0
        for (index, label) in labels.enumerated() {
            let start = max(now, label.start)
            let next = index + 1 < labels.count ? labels[index + 1].start : seconds
            let end = min(max(start, label.end), max(next, start), seconds)
            guard end > start else { continue }
            if start > now { intervals.append((now, start, "")) }
            intervals.append((start, end, label.text))
            now = end
        }
        if seconds > now { intervals.append((now, seconds, "")) }
        return intervals
    }
}

// SubRip subtitles: numbered cues of one or two lines, each shown for long enough to be read, none before the one
// before has gone. https://wiki.videolan.org/SubRip

import Foundation

/// Makes cues of words, and gives each when the next is known.
package struct Subtitles {
    /// A text and when it is shown, in seconds.
    private struct Cue {
        var words: [String]
        var start: Double
        var end: Double

        var length: Int { words.reduce(words.count - 1) { $0 + $1.count } }
    }

    /// Shortest and longest time that a cue is shown, in seconds; a silence that parts two; and the characters of a
    /// line.
    private static let shortest = 0.7, longest = 7.0, pause = 1.0
    private static let lineLength = 42

    private var count = 0
    /// The one that is not yet known to end before the next begins.
    private var waiting: Cue?

    /// Takes the words of an utterance. Returns the cues that are complete now, one after the other; nil for none.
    package mutating func add(_ words: [WordExtent]) -> String? {
        let texts = Self.cues(of: words).compactMap { next -> String? in
            guard var cue = waiting else {
                waiting = next
                return nil
            }
            cue.end = min(max(cue.end, cue.start + Self.shortest), next.start)
            guard cue.end - cue.start >= Self.shortest - 1e-9 else {
                // There is no time for both: one after the other in one cue.
                waiting = Cue(words: cue.words + next.words, start: cue.start, end: next.end)
                return nil
            }
            waiting = next
            return text(of: cue)
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    /// The last cue; nil when there is none.
    package mutating func finish() -> String? {
        guard var cue = waiting else { return nil }
        waiting = nil
        cue.end = max(cue.end, cue.start + Self.shortest)
        return text(of: cue)
    }

    private static func cues(of words: [WordExtent]) -> [Cue] {
        var cues: [Cue] = []
        for word in words {
            let text = plain(word.text)
            // In milliseconds already here: what is rounded when it is written would last 0.699 s.
            let (start, end) = (milliseconds(word.start), milliseconds(word.end))
            if let last = cues.last, last.length + 1 + text.count <= 2 * lineLength,
                end - last.start <= longest, start - last.end < pause
            {
                cues[cues.count - 1].words.append(text)
                cues[cues.count - 1].end = end
            } else {
                cues.append(Cue(words: [text], start: start, end: end))
            }
        }
        return cues
    }

    private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    /// A word that neither ends a cue nor looks like its times.
    private static func plain(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").replacingOccurrences(of: "-->", with: "->")
    }

    private mutating func text(of cue: Cue) -> String {
        count += 1
        var lines: [String] = [], line = ""
        for word in cue.words {
            if !line.isEmpty, line.count + 1 + word.count > Self.lineLength {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        return "\(count)\n\(clock(cue.start)) --> \(clock(cue.end))\n\(lines.joined(separator: "\n"))\n"
    }

    private func clock(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        return String(
            format: "%02d:%02d:%02d,%03d", milliseconds / 3_600_000, milliseconds / 60_000 % 60,
            milliseconds / 1000 % 60, milliseconds % 1000)
    }
}

// A Praat TextGrid in its long text form: a tier for each reading, of intervals without gaps from 0 to the end of the
// sound. https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html

import Foundation

/// Gathers the words of a stream and writes them when it ends.
package struct TextGrid {
    private var online: [WordExtent]?
    private var offline: [WordExtent]?

    /// Takes the words of an utterance, of each reading that there is.
    package mutating func add(_ words: (online: [WordExtent]?, offline: [WordExtent]?)) {
        if let words = words.online { online = (online ?? []) + words }
        if let words = words.offline { offline = (offline ?? []) + words }
    }

    /// The whole file, of a sound of so many seconds.
    package func text(seconds: Double) -> String {
        var tiers = [("online", online), ("offline", offline)].compactMap { name, words in words.map { (name, $0) } }
        // Praat takes no file without a tier.
        if tiers.isEmpty { tiers = [("online", [])] }
        var lines = ["File type = \"ooTextFile\"", "Object class = \"TextGrid\"", "", "xmin = 0", "xmax = \(seconds)"]
        lines += ["tiers? <exists>", "size = \(tiers.count)", "item []:"]
        for (index, (name, words)) in tiers.enumerated() {
            let intervals = Self.intervals(of: words, seconds: seconds)
            lines += ["    item [\(index + 1)]:", "        class = \"IntervalTier\"", "        name = \"\(name)\""]
            lines += ["        xmin = 0", "        xmax = \(seconds)", "        intervals: size = \(intervals.count)"]
            for (number, interval) in intervals.enumerated() {
                lines += ["        intervals [\(number + 1)]:", "            xmin = \(interval.start)"]
                lines += ["            xmax = \(interval.end)", "            text = \"\(Self.quoted(interval.text))\""]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Quotes are written twice, and a text stands on one line.
    private static func quoted(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").replacingOccurrences(of: "\"", with: "\"\"")
    }

    /// Words and the silences between them. A word for which no time is left stands beside its neighbour.
    private static func intervals(of words: [WordExtent], seconds: Double) -> [WordExtent] {
        var intervals: [WordExtent] = []
        var now = 0.0, homeless: [String] = []
        for word in words {
            let start = max(now, word.start), end = min(word.end, seconds)
            homeless.append(word.text)
            guard end > start else { continue }
            if start > now { intervals.append(WordExtent(text: "", start: now, end: start)) }
            intervals.append(WordExtent(text: homeless.joined(separator: " "), start: start, end: end))
            (now, homeless) = (end, [])
        }
        if seconds > now || intervals.isEmpty { intervals.append(WordExtent(text: "", start: now, end: seconds)) }
        let last = intervals.lastIndex { !$0.text.isEmpty } ?? intervals.count - 1
        intervals[last].text = ([intervals[last].text] + homeless).filter { !$0.isEmpty }.joined(separator: " ")
        return intervals
    }
}

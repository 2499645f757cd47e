// Keywords: misses against false alarms per hour as the threshold on the confidence of labels moves (the detection
// error tradeoff of Martin et al., Eurospeech 1997, with the rate of false alarms by time, as NIST's spoken term
// detection has it).
//
//     misses(θ) = words that no label of a confidence >= θ was aligned with / words
//     false alarms(θ) = labels of a confidence >= θ in sound that holds none of them / hours of that sound
//
// Misses never fall and false alarms never rise with θ. A word's label is found once, among all labels; where a
// recording is one word, it is the most confident label of that text.

import Decoding

/// One threshold and what it costs.
package struct OperatingPoint: Codable, Sendable, Equatable {
    /// Labels of at least this confidence count.
    package var threshold: Double
    /// Words that are missed, 0…1.
    package var missRate: Double
    /// False labels in an hour.
    package var falseAlarmsPerHour: Double
    /// False labels in all.
    package var falseAlarms: Int

    /// Words that are found, 0…1.
    package var recall: Double { 1 - missRate }
}

/// Misses and false alarms at every threshold.
package struct DetectionCurve: Sendable {
    /// Confidences of the labels of words, ascending: words without a label are counted in ``words`` alone.
    private let hits: [Double]
    /// Confidences of false labels, ascending.
    private let alarms: [Double]
    /// Words that could be found.
    package let words: Int
    /// Hours in which every label is false.
    package let hours: Double

    /// `hits` has the confidence of each word's label, nil for a word without one.
    package init(hits: [Double?], falseAlarms: [Double], hours: Double) {
        self.hits = hits.compactMap(\.self).sorted()
        alarms = falseAlarms.sorted()
        words = hits.count
        self.hours = hours
    }

    /// What a threshold costs.
    package func point(at threshold: Double) -> OperatingPoint {
        let found = hits.count - hits.firstIndexNotLess(than: threshold)
        let false_ = alarms.count - alarms.firstIndexNotLess(than: threshold)
        return OperatingPoint(
            threshold: threshold, missRate: words == 0 ? 0 : 1 - Double(found) / Double(words),
            falseAlarmsPerHour: hours > 0 ? Double(false_) / hours : 0, falseAlarms: false_)
    }

    /// All points at which something changes, by ascending threshold.
    package var points: [OperatingPoint] {
        let thresholds = Set(hits + alarms).union([0]).sorted()
        return (thresholds + [(thresholds.last ?? 0).nextUp]).map(point(at:))
    }

    /// The lowest threshold, in steps of 0.000001, with at most `rate` false labels an hour.
    package func threshold(forRate rate: Double) -> OperatingPoint {
        let allowed = Int((rate * hours + 1e-9).rounded(.down))
        guard alarms.count > allowed else { return point(at: 0) }
        // Above the most confident label that is one too many, and above all that are as confident.
        let limit = alarms[alarms.count - 1 - allowed]
        return point(at: ((limit * Self.steps).rounded(.down) + 1) / Self.steps)
    }

    /// The highest threshold, in steps of 0.000001, at which at least the share `recall` of the words is found; nil
    /// when no threshold finds so many.
    package func threshold(forRecall recall: Double) -> OperatingPoint? {
        let wanted = Int((recall * Double(words) - 1e-9).rounded(.up))
        guard wanted > 0 else { return point(at: 1) }
        guard hits.count >= wanted else { return nil }
        return point(at: (hits[hits.count - wanted] * Self.steps).rounded(.down) / Self.steps)
    }

    /// Thresholds that are named have six digits, so that they can be typed.
    private static let steps = 1e6
}

extension [Recognition] {
    /// For each word of the references (of `words`, where that is not empty), the confidence of its label.
    package func hits(of words: Set<String> = []) -> [Double?] {
        flatMap { recognition -> [Double?] in
            if recognition.reference.count == 1, let word = recognition.reference.first {
                guard words.isEmpty || words.contains(word) else { return [] }
                return [recognition.labels.filter { $0.text == word }.map { Double($0.confidence) }.max()]
            }
            return recognition.alignment.compactMap { revision -> Double?? in
                switch revision {
                case .kept(let said, let heard):
                    words.isEmpty || words.contains(said.text) ? .some(Double(heard.confidence)) : nil
                case .changed(let said, _), .removed(let said):
                    words.isEmpty || words.contains(said.text) ? .some(nil) : nil
                case .added: nil
                }
            }
        }
    }
}

extension [Double] {
    /// Of ascending numbers: the index of the first that is not less than `value`.
    fileprivate func firstIndexNotLess(than value: Double) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

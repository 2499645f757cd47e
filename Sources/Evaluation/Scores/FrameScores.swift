// A detector that gives a score at each frame, against frames that are marked positive (speech) or not.
//
//     AUC = P(score of a positive > score of a negative) + ½ P(equal): the area under the receiver operating
//           characteristic, by ranks (Mann and Whitney); ties share their rank
//     EER = the rate at which misses and false alarms are equal, by linear interpolation between thresholds

/// Scores and truth of the frames of some recordings.
package struct FrameScores: Sendable {
    /// One frame.
    package struct Frame: Sendable, Equatable {
        /// Index of the recording.
        package var recording: Int
        /// The middle of the frame in its recording, seconds.
        package var time: Double
        package var isPositive: Bool
        /// Greater means more likely positive; a posterior, 0…1.
        package var score: Double

        package init(recording: Int, time: Double, isPositive: Bool, score: Double) {
            self.recording = recording
            self.time = time
            self.isPositive = isPositive
            self.score = score
        }
    }

    /// By descending score.
    private let frames: [Frame]
    /// Frames in all, and positive ones.
    package var count: Int { frames.count }
    package let positives: Int

    package init(_ frames: [Frame]) {
        self.frames = frames.sorted { $0.score > $1.score }
        positives = frames.count { $0.isPositive }
    }

    /// The share of frames whose score is at least `threshold` exactly where they are positive.
    package func accuracy(at threshold: Double = 0.5) -> Double {
        Double(frames.count { ($0.score >= threshold) == $0.isPositive }) / Double(frames.count)
    }

    /// The area under the curve; nil when all frames are alike.
    package var auc: Double? { area(weights: nil) }

    /// The 95 % interval of ``auc``; recordings are drawn.
    package func aucInterval(recordings: Int, bootstrap: Bootstrap) -> Interval? {
        bootstrap.interval(groups: recordings) { area(weights: $0) }
    }

    /// The area where the frames of recording i count `weights[i]` times. Sums are of whole numbers, so they are exact.
    private func area(weights: [Int]?) -> Double? {
        var above = 0, twice = 0, negatives = 0
        var start = 0
        while start < frames.count {
            let score = frames[start].score
            var tiedPositives = 0, tiedNegatives = 0
            var end = start
            while end < frames.count, frames[end].score == score {
                let weight = weights?[frames[end].recording] ?? 1
                if frames[end].isPositive { tiedPositives += weight } else { tiedNegatives += weight }
                end += 1
            }
            twice += tiedNegatives * (2 * above + tiedPositives)
            above += tiedPositives
            negatives += tiedNegatives
            start = end
        }
        guard above > 0, negatives > 0 else { return nil }
        return Double(twice) / 2 / (Double(above) * Double(negatives))
    }

    /// One point of the receiver operating characteristic.
    package struct Rates: Codable, Sendable, Equatable {
        /// Negative frames that are taken for positive, 0…1.
        package var falseAlarmRate: Double
        /// Positive frames that are not found, 0…1.
        package var missRate: Double
    }

    /// The curve from (0, 1) to (1, 0): a point after each distinct score. Empty when all frames are alike.
    package var curve: [Rates] {
        let negatives = frames.count - positives
        guard positives > 0, negatives > 0 else { return [] }
        var curve = [Rates(falseAlarmRate: 0, missRate: 1)]
        var found = 0, taken = 0
        for (index, frame) in frames.enumerated() {
            if frame.isPositive { found += 1 } else { taken += 1 }
            guard index + 1 == frames.count || frames[index + 1].score != frame.score else { continue }
            curve.append(
                Rates(
                    falseAlarmRate: Double(taken) / Double(negatives), missRate: 1 - Double(found) / Double(positives)))
        }
        return curve
    }

    /// Where both rates are equal; nil when all frames are alike.
    package var equalErrorRate: Double? {
        let curve = curve
        guard let index = curve.firstIndex(where: { $0.falseAlarmRate >= $0.missRate }), index > 0 else { return nil }
        let before = curve[index - 1], after = curve[index]
        let gapBefore = before.missRate - before.falseAlarmRate, gapAfter = after.missRate - after.falseAlarmRate
        let share = gapBefore / (gapBefore - gapAfter)
        return before.missRate + share * (after.missRate - before.missRate)
    }
}

/// Which samples are speech, by the times of words.
package struct SpeechMarks: Sendable {
    /// First sample and one past the last of each word, ascending.
    private let words: [Range<Int>]
    /// Samples before and after a word's edge that are neither.
    private let margin: Int

    package init(_ words: [Range<Int>], margin: Int = 0) {
        self.words = words.sorted { $0.lowerBound < $1.lowerBound }
        self.margin = margin
    }

    /// Whether the sample is inside a word; nil within the margin of where speech begins or ends.
    package func isSpeech(_ sample: Int) -> Bool? {
        let here = isInside(sample)
        guard margin > 0 else { return here }
        return isInside(sample - margin) == here && isInside(sample + margin) == here ? here : nil
    }

    private func isInside(_ sample: Int) -> Bool { words.contains { $0.contains(sample) } }
}

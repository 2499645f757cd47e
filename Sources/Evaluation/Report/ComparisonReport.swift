// All figures of two readings side by side, as they stand in their JSON: the online network's, label by label while the
// sound arrives, and the offline network's, which reads each utterance again when it has ended. Times are in seconds or
// milliseconds as their names say, shares from 0 to 1. Built from recognitions in ComparisonReport+Building.swift.

/// What the two networks of a model make of recordings.
package struct ComparisonReport: Codable, Sendable {
    package var model: String
    /// Bytes of the model's file.
    package var modelBytes: Int
    /// The manifest, or the files.
    package var source: String
    package var recordings: Int
    package var seconds: Double
    /// Errors; nil where nobody knows what was said.
    package var errors: Errors?
    /// The labels of both readings, aligned.
    package var counts: Counts
    /// The share of labels in which both are alike.
    package var agreement: Double
    /// What became of the changes; nil where nobody knows what was said.
    package var verdicts: Verdicts?
    /// By label, the one with the greatest gain or loss first; empty where nobody knows what was said.
    package var labels: [LabelGain]
    /// The most frequent first.
    package var changes: [Change]
    package var delays: Delays
    /// In the order of the manifest.
    package var compared: [ComparedRecording]
}

extension ComparisonReport {
    /// The error rates of both readings.
    package struct Errors: Codable, Sendable, Equatable {
        package var words: Pair
        package var characters: Pair
        /// What the intervals draw: speakers or recordings.
        package var groups: String
    }

    /// One error rate of both readings, and how they differ.
    package struct Pair: Codable, Sendable, Equatable {
        package var online: EvaluationReport.Rate
        package var offline: EvaluationReport.Rate
        /// Offline less online: below 0 where the future helps.
        package var difference: Double
        /// Of the difference, both rates from the same draws.
        package var interval: Interval?
    }

    /// What the offline reading makes of the online one.
    package struct Counts: Codable, Sendable, Equatable {
        package var kept = 0
        package var changed = 0
        package var removed = 0
        package var added = 0

        package init() {}

        package var all: Int { kept + changed + removed + added }
        package var agreement: Double { all == 0 ? 1 : Double(kept) / Double(all) }
    }

    /// Whether changes are for the better.
    package struct Verdicts: Codable, Sendable, Equatable {
        package var right = 0
        package var wrong = 0
        package var neither = 0

        package init() {}
    }

    /// One label in both readings.
    package struct LabelGain: Codable, Sendable, Equatable {
        package var label: String
        /// How often it is in the references.
        package var said = 0
        /// How often it is heard there.
        package var rightOnline = 0
        package var rightOffline = 0
        /// What the future gains: right offline less right online.
        package var gain = 0
        /// How often it is heard elsewhere.
        package var falseOnline = 0
        package var falseOffline = 0

        package init(label: String) { self.label = label }
    }

    /// A label and what the offline reading has instead.
    package struct Change: Codable, Sendable, Equatable {
        /// nil for a label that was added.
        package var online: String?
        /// nil for one that was removed.
        package var offline: String?
        package var count: Int
        package var verdicts: Verdicts?
    }

    /// How late labels were decided, milliseconds of the stream's clock. nil where there are no such labels.
    package struct Delays: Codable, Sendable, Equatable {
        /// After what `online` and `offline` are counted.
        package var behind: Origin
        package var online: EvaluationReport.Latency?
        package var offline: EvaluationReport.Latency?
        /// Offline after online, of labels that both have.
        package var later: EvaluationReport.Latency?

        package enum Origin: String, Codable, Sendable {
            /// The end of the word as the manifest has it, for right labels.
            case word
            /// The end of the label's own evidence, for all labels.
            case label
        }
    }
}

// All figures of an evaluation, as they stand in its JSON. Times are in seconds or milliseconds as their names say,
// shares from 0 to 1. Built from recognitions in EvaluationReport+Building.swift.

/// What a model makes of a manifest.
package struct EvaluationReport: Codable, Sendable {
    package var model: String
    /// Bytes of the model's file.
    package var modelBytes: Int
    package var manifest: String
    package var recordings: Int
    package var seconds: Double
    /// Labels of less confidence are left out; nil when none are.
    package var threshold: Double?
    /// The noise that was added; nil when none was.
    package var noise: Noise?
    /// What the intervals draw: speakers or recordings.
    package var groups: String
    /// Words and labels, by network; empty for a model that has frames alone.
    package var readings: [Reading] = []
    /// The share of labels in which both networks are alike; nil unless both read.
    package var agreement: Double?
    /// What an attached language model gains; nil without one.
    package var languageModel: LanguageModel?
    /// A framewise model against marked frames.
    package var frames: [Frames] = []

    package struct Noise: Codable, Sendable {
        package var source: String
        /// dB.
        package var ratio: Double
        package var seed: UInt64

        package init(source: String, ratio: Double, seed: UInt64) {
            self.source = source
            self.ratio = ratio
            self.seed = seed
        }
    }

    package init(model: String, modelBytes: Int, manifest: String, recognitions: [Recognition], sampleRate: Int) {
        self.model = model
        self.modelBytes = modelBytes
        self.manifest = manifest
        recordings = recognitions.count
        seconds = Double(recognitions.reduce(0) { $0 + $1.samples }) / Double(sampleRate)
        groups = recognitions.haveSpeakers ? "speakers" : "recordings"
    }
}

extension EvaluationReport {
    /// A rate with its interval.
    package struct Rate: Codable, Sendable, Equatable {
        package var errors: ErrorCount
        package var rate: Double
        package var interval: Interval?
    }

    /// One network's labels.
    package struct Reading: Codable, Sendable {
        package var network: String
        package var words: Rate
        package var characters: Rate
        /// The share of recordings without any error.
        package var rightRecordings: Double
        /// Empty where the manifest has no speakers.
        package var speakers: [Speaker] = []
        package var spread: Spread?
        /// The most frequent errors.
        package var confusions: [Confusion]
        /// nil unless every reference is one word.
        package var classification: Accuracy?
        /// nil without sound in which every label is false.
        package var keywords: Keywords?
        /// nil without word times.
        package var latency: Latency?
        /// The share of the labels that were told that are right; nil without a label. What has been told is never
        /// taken back.
        package var precision: Double?
        /// nil for a reading that has none.
        package var partials: Partials?
        /// The recordings with the most errors, none without.
        package var worst: [Worst]
    }

    /// One speaker's words.
    package struct Speaker: Codable, Sendable, Equatable {
        package var speaker: String
        package var recordings: Int
        package var words: ErrorCount
    }

    /// How the error rates of speakers lie; rates, not percent.
    package struct Spread: Codable, Sendable, Equatable {
        package var best: Double
        package var median: Double
        package var worst: Double
        /// The standard deviation over speakers.
        package var deviation: Double
    }

    /// Single words.
    package struct Accuracy: Codable, Sendable {
        package var accuracy: Double
        package var interval: Interval?
        package var confusion: Classification
    }

    /// Misses and false labels.
    package struct Keywords: Codable, Sendable {
        package var words: Int
        package var hours: Double
        /// Labels that count as false, at the threshold in use.
        package var falseAlarms: Int
        /// Labels at places where the transcript has that word: no false ones.
        package var saidLabels: Int
        /// The 95 % interval of false labels in an hour, at the threshold in use (Poisson).
        package var perHour: Interval
        package var atThreshold: OperatingPoint
        package var wantedRate: Double
        package var atRate: OperatingPoint
        package var wantedRecall: Double
        /// nil when no threshold finds so many.
        package var atRecall: OperatingPoint?
        /// The share of single words with exactly the right label, at the thresholds of `atRate` and `atRecall`.
        package var accuracyAtRate: Double?
        package var accuracyAtRecall: Double?
        /// Some points of the curve.
        package var curve: [OperatingPoint]
        /// The most frequent false labels, `reference` nil.
        package var frequent: [Confusion]
    }

    /// Delays of labels, milliseconds.
    package struct Latency: Codable, Sendable, Equatable {
        package var labels: Int
        package var mean: Double
        package var p50: Double
        package var p95: Double
        package var greatest: Double
        /// Labels in bins of `binMilliseconds` from `firstBin` on.
        package var firstBin: Double
        package var binMilliseconds: Double
        package var bins: [Int]
    }

    /// What partial hypotheses showed, and how long that took to be certain.
    package struct Partials: Codable, Sendable, Equatable {
        /// Words that were shown.
        package var shown: Int
        /// Those that were taken back.
        package var withdrawn: Int
        /// Milliseconds from when a word was shown to when its label was decided.
        package var p50: Double
        package var p95: Double
        package var greatest: Double

        /// nil when nothing was decided.
        package init?(_ partials: PartialStability, sampleRate: Int) {
            guard !partials.waits.isEmpty else { return nil }
            let waits = LabelLatency(milliseconds: partials.waits.map { 1000 * Double($0) / Double(sampleRate) })
            shown = partials.shown
            withdrawn = partials.withdrawn
            p50 = waits.percentile(0.5)
            p95 = waits.percentile(0.95)
            greatest = waits.percentile(1)
        }
    }

    /// A recording that went wrong.
    package struct Worst: Codable, Sendable, Equatable {
        package var recording: String
        package var speaker: String?
        package var reference: String
        package var heard: String
        package var errors: ErrorCount
        /// Index among the recognitions.
        package var index: Int
    }

    /// Frames of one network.
    package struct Frames: Codable, Sendable {
        package var network: String
        package var frames: Int
        package var positives: Int
        package var accuracy: Double
        /// nil when all frames are alike, as those below.
        package var auc: Double?
        package var interval: Interval?
        package var equalErrorRate: Double?
        /// Some points of the receiver operating characteristic.
        package var curve: [FrameScores.Rates]
    }
}

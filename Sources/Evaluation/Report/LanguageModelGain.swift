// What an attached language model gains: the same recordings read with it and without it, by the same settings, their
// error rates and the interval of the difference (PairedErrors.swift). "Without" is the model as it is in its file: its
// own n-gram model has its say in both.

import Decoding
import Schema

extension EvaluationReport {
    /// The readings with an attached language model beside those without.
    package struct LanguageModel: Codable, Sendable {
        package var path: String
        /// Bytes of its file.
        package var bytes: Int
        /// `lm_weight`, `lm_mixture` and `word_bonus`, as the decoder had them.
        package var weight: Double
        /// nil when the model has no n-gram model of its own.
        package var mixture: Double?
        package var wordBonus: Double
        package var readings: [Reading]

        /// One network's.
        package struct Reading: Codable, Sendable {
            package var network: String
            package var words: Pair
            package var characters: Pair
        }

        /// One error rate without the language model and with it.
        package struct Pair: Codable, Sendable {
            package var without: Rate
            package var with: Rate
            /// With less without: below 0 where the language model helps.
            package var difference: Double
            /// Of the difference, both rates from the same draws.
            package var interval: Interval?
        }

        /// The figures of `without` and `with`, both [networks][recordings]; `hasOwn`: the model has an n-gram model
        /// too.
        package init(
            path: String, bytes: Int, networks: [String], without: [[Recognition]], with: [[Recognition]],
            decoder: DecoderOptions, hasOwn: Bool, bootstrap: Bootstrap = Bootstrap()
        ) {
            precondition(without.count == with.count, "both readings are by the same networks")
            (self.path, self.bytes) = (path, bytes)
            // Six digits: the figures that were typed, not those of the nearest Float.
            func typed(_ value: Float) -> Double { (Double(value) * 1e6).rounded() / 1e6 }
            weight = typed(decoder.languageModelWeight)
            mixture = hasOwn ? typed(decoder.languageModelMixture) : nil
            wordBonus = typed(decoder.wordBonus)
            readings = zip(networks, zip(without, with)).map { network, pair in
                Reading(
                    network: network, words: Pair(pair.0, pair.1, bootstrap) { $0.wordErrors },
                    characters: Pair(pair.0, pair.1, bootstrap) { $0.characterErrors })
            }
        }
    }
}

extension EvaluationReport.LanguageModel.Pair {
    init(
        _ without: [Recognition], _ with: [Recognition], _ bootstrap: Bootstrap, count: (Recognition) -> ErrorCount
    ) {
        let paired = PairedErrors(first: with, second: without, count: count)
        self.without = EvaluationReport.Rate(without.groups.map(\.recognitions), bootstrap, count)
        self.with = EvaluationReport.Rate(with.groups.map(\.recognitions), bootstrap, count)
        difference = paired.difference
        interval = paired.interval(bootstrap)
    }

    /// Whether the interval leaves chance out.
    fileprivate var isBeyondChance: Bool { interval.map { $0.low > 0 || $0.high < 0 } ?? false }
}

extension EvaluationReport.LanguageModel {
    /// What was attached, and how.
    package var sentence: String {
        var text = "Language model \(path) (\(shortNumber(Double(bytes) / 1e6)) MB), weight \(shortNumber(weight)), "
        if let mixture { text += "share \(shortNumber(mixture)) beside the model's own n-gram model, " }
        return text + "word bonus \(shortNumber(wordBonus))"
    }

    /// Both readings side by side.
    package var table: ReportTable {
        let header = [
            "errors", "without it", "95 % interval", "with it", "95 % interval", "difference", "95 % interval",
        ]
        return ReportTable(
            header,
            readings.flatMap { reading in
                [("words", reading.words), ("characters", reading.characters)].map { unit, pair in
                    [
                        "\(reading.network), \(unit)", percent(pair.without.rate),
                        Evaluation.interval(pair.without.interval),
                        percent(pair.with.rate), Evaluation.interval(pair.with.interval), percent(pair.difference),
                        Evaluation.interval(pair.interval),
                    ]
                }
            })
    }

    /// What can be said of wrong words.
    package var verdict: String {
        readings.map { reading in
            let change = reading.words.difference < 0 ? "fewer" : "more"
            return reading.words.isBeyondChance
                ? "The \(reading.network) reading has \(change) wrong words with it."
                : "The \(reading.network) reading has no fewer wrong words with it beyond chance, and no more."
        }.joined(separator: " ")
    }
}

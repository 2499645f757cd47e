// What an endless stream does to a recurrent network: errors and states hour by hour, under several policies of when
// the state begins anew.

import Decoding
import Schema

/// One endless stream, read under several policies.
package struct DriftReport: Codable, Sendable {
    /// One hour of the stream under one policy.
    package struct Hour: Codable, Sendable {
        /// Counted from 1.
        package var hour: Int
        package var words: ErrorCount
        /// Of each layer, averages over the hour.
        package var layers: [Layer]
    }

    /// One recurrent layer.
    package struct Layer: Codable, Sendable {
        package var name: String
        /// Length of the state, divided by the root of its size.
        package var norm: Double
        /// The share of gates that are saturated, over all gates.
        package var saturated: Double

        package init(name: String, norm: Double, saturated: Double) {
            self.name = name
            self.norm = norm
            self.saturated = saturated
        }
    }

    /// The stream under one policy.
    package struct Policy: Codable, Sendable {
        package var name: String
        package var words: EvaluationReport.Rate
        /// Word errors less those of the first policy, and the 95 % interval of that; nil for the first.
        package var difference: Double?
        package var interval: Interval?
        package var hours: [Hour]
    }

    package var model: String
    package var manifests: [String]
    package var hours: Double
    package var recordings: Int
    package var policies: [Policy] = []
    private var first: [Recognition] = []

    private enum CodingKeys: CodingKey { case model, manifests, hours, recordings, policies }

    package init(model: String, manifests: [String], hours: Double, recordings: Int) {
        self.model = model
        self.manifests = manifests
        self.hours = hours
        self.recordings = recordings
    }

    /// One more policy. `recognitions` are in the order of the stream, `hour` says in which hour of it (from 0) each
    /// stands, and `layers` what the layers did in each hour.
    package mutating func add(
        _ name: String, _ recognitions: [Recognition], hour: [Int], layers: [[Layer]],
        bootstrap: Bootstrap = Bootstrap()
    ) {
        if policies.isEmpty { first = recognitions }
        let errors = recognitions.map(\.wordErrors), others = first.map(\.wordErrors)
        // A recording comes often, and a speaker more often: they are drawn with all that they have.
        let groups = Dictionary(grouping: recognitions.indices) { recognitions[$0].speaker ?? recognitions[$0].name }
            .sorted { $0.key < $1.key }.map(\.value)
        var paired = PairedErrors()
        for group in groups {
            func sum(_ counts: [ErrorCount]) -> Int { group.reduce(0) { $0 + counts[$1].total } }
            paired.add(first: sum(errors), second: sum(others), units: group.reduce(0) { $0 + errors[$1].units })
        }
        let hours = layers.indices.map { index in
            Hour(
                hour: index + 1,
                words: zip(errors, hour).filter { $0.1 == index }.reduce(into: ErrorCount()) { $0 += $1.0 },
                layers: layers[index])
        }
        let isFirst = policies.isEmpty
        policies.append(
            Policy(
                name: name, words: .init(groups.map { $0.map { recognitions[$0] } }, bootstrap) { $0.wordErrors },
                difference: isFirst ? nil : paired.difference, interval: isFirst ? nil : paired.interval(bootstrap),
                hours: hours))
    }
}

extension DriftReport {
    package var subject: String {
        "\(model) on \(soundLength(hours * 3600)) without an end: \(recordings) recordings of \(manifests.joined(separator: ", "))"
    }

    /// A row for each policy.
    package var summary: ReportTable {
        ReportTable(
            ["state-reset", "word errors", "95 %", "less the first", "95 %"],
            policies.map { policy in
                [
                    policy.name, percent(policy.words.rate), interval(policy.words.interval),
                    policy.difference.map { percent($0) } ?? "", policy.interval.map { interval($0) } ?? "",
                ]
            })
    }

    /// A row for each hour of each policy.
    package var course: ReportTable {
        let names = policies.first?.hours.first?.layers.map(\.name) ?? []
        func three(_ value: Double) -> String { shortNumber((value * 1000).rounded() / 1000) }
        return ReportTable(
            ["state-reset", "hour", "words", "errors"] + names.flatMap { ["\($0) norm", "saturated"] },
            policies.flatMap { policy in
                policy.hours.map { hour in
                    [policy.name, "\(hour.hour)", "\(hour.words.units)", percent(hour.words.rate)]
                        + hour.layers.flatMap { [three($0.norm), percent($0.saturated)] }
                }
            })
    }
}

// One row of the table, with the figures filled in.

import Schema
import Evaluation
import Events
import Foundation
import Recurrent

/// A bar and what was measured.
struct BenchResult {
    typealias Figure = (peer: String, value: Double)

    enum Verdict: String {
        case met
        case missed = "not met"
        /// A figure is missing.
        case unknown = "-"
    }

    let bar: BenchBar
    /// What the machine allows, and by which measurement.
    let floor: (value: Double, source: String)?
    /// Other programs, the fastest first.
    let peers: [Figure]
    /// The peers' own loops, the fastest first: no libraries, but what a plain program reaches.
    let loops: [Figure]
    let heard: Figure?

    /// `isBest`: the best repeat of every program instead of the median.
    init(_ bar: BenchBar, heard: BenchLines, peers: BenchLines, isBest: Bool) {
        self.bar = bar
        let metrics = bar.metrics(isBest: isBest)
        func ranking(_ lines: BenchLines, _ isWanted: (String) -> Bool) -> [Figure] {
            lines.ranking(bar.name, metrics, lessIsBetter: bar.lessIsBetter) { peer in
                isWanted(peer) && (bar.precision.map { BenchLines.precision(peer) == $0.rawValue } ?? true)
            }
        }
        func isLoop(_ peer: String) -> Bool { BenchLines.ownLoops.contains { peer.hasPrefix($0) } }
        self.heard = ranking(heard) { $0.hasPrefix("heard") }.first
        self.peers = ranking(peers) { !isLoop($0) && !$0.hasPrefix("heard") }
        loops = ranking(peers, isLoop)
        floor = bar.floorFigure(peers, metrics: metrics)
    }

    /// How many times as fast as the fastest library Heard is.
    var ratio: Double? { heard.flatMap { heard in peers.first.map { bar.timesAsFast(heard.value, as: $0.value) } } }

    /// How many times as fast as the fastest library a program at the floor would be.
    var greatestRatio: Double? {
        floor.flatMap { floor in peers.first.map { bar.timesAsFast(floor.value, as: $0.value) } }
    }

    var verdict: Verdict {
        guard let heard else { return .unknown }
        switch bar.goal {
        case .atLeast(let goal): return heard.value >= goal ? .met : .missed
        case .atMost(let goal): return heard.value <= goal ? .met : .missed
        case .times(let goal, let limit):
            guard let ratio else { return .unknown }
            guard ratio >= goal else { return .missed }
            guard let limit else { return .met }
            guard let floor else { return .unknown }
            return bar.timesAsFast(floor.value, as: heard.value) <= limit ? .met : .missed
        }
    }

    /// The verdict, and for a bar that the machine forbids the floor's part in it.
    var verdictText: String {
        guard verdict == .missed, case .times(let goal, _) = bar.goal, let greatestRatio, greatestRatio < goal else {
            return verdict.rawValue
        }
        return "\(verdict.rawValue): the floor allows \(short(greatestRatio))x"
    }

    static let header = ["case", "floor", "best peers", "own loop", "Heard", "ratio", "bar", "met"]

    var cells: [String] {
        func list(_ figures: [Figure], _ count: Int) -> String {
            figures.isEmpty
                ? "-" : figures.prefix(count).map { "\($0.peer) \(short($0.value))" }.joined(separator: ", ")
        }
        return [
            "\(bar.title) (\(bar.unit))", floor.map { "\(short($0.value)) (\($0.source))" } ?? "-", list(peers, 3),
            list(loops, 1), heard.map { "\($0.peer) \(short($0.value))" } ?? "-", ratio.map { "\(short($0))x" } ?? "-",
            bar.goalText, verdictText,
        ]
    }

    var json: String {
        func object(_ figure: Figure) -> JSONLine {
            var line = JSONLine()
            line.add("peer", figure.peer)
            line.add("value", figure.value)
            return line
        }
        var line = JSONLine()
        line.add("title", bar.title)
        line.add("case", bar.name)
        line.add("unit", bar.unit)
        line.add("precision", bar.precision?.rawValue ?? "any")
        if let floor {
            line.add("floor", floor.value.rounded(significant: 6))
            line.add("floor_source", floor.source)
        }
        line.add("peers", peers.map(object))
        line.add("own_loops", loops.map(object))
        if let heard { line.add("heard", object(heard)) }
        if let ratio { line.add("ratio", ratio.rounded(significant: 6)) }
        if let greatestRatio { line.add("greatest_ratio", greatestRatio.rounded(significant: 6)) }
        line.add("bar", bar.goalText)
        line.add("verdict", verdict == .unknown ? "unknown" : verdict.rawValue)
        return line.string
    }
}

extension BenchBar {
    fileprivate var lessIsBetter: Bool {
        if case .frameTime = quantity { return true }
        if case .atMost = goal { return true }
        return false
    }

    fileprivate var unit: String {
        switch quantity {
        case .frameTime: "us"
        case .speed: "s/s"
        case .own(_, let unit): unit
        }
    }

    fileprivate func metrics(isBest: Bool) -> [String] {
        switch quantity {
        case .frameTime: [isBest ? "min_of_repeat_medians" : "median"]
        case .speed: [isBest ? "speed_best" : "speed_median"]
        case .own(let metric, _): [metric]
        }
    }

    /// How many times as fast as the figure `b` the figure `a` is.
    fileprivate func timesAsFast(_ a: Double, as b: Double) -> Double { lessIsBetter ? b / a : a / b }

    fileprivate var goalText: String {
        switch goal {
        case .times(let goal, nil): "\(short(goal))x"
        case .times(let goal, let limit?): "\(short(goal))x, floor within \(short(limit))x"
        case .atLeast(let goal): "at least \(short(goal))"
        case .atMost(let goal): "at most \(short(goal))"
        }
    }

    fileprivate func floorFigure(_ lines: BenchLines, metrics: [String]) -> (value: Double, source: String)? {
        switch floor {
        case .none: return nil
        case .reading(let net, let precision):
            let bytes = net.multiplyAdds * precision.bytes
            return lines.bandwidth(bytes: bytes).map {
                (
                    Double(bytes) / $0 / 1000,
                    "\(short(Double(bytes) / 1e6)) MB of \(precision.rawValue) at \(short($0)) GB/s"
                )
            }
        case .products(let net, let ceilings):
            let rates = ceilings.compactMap { name in lines.ceiling(name).map { (name, $0) } }
            return rates.max { $0.1 < $1.1 }.map { name, rate in
                (
                    2 * Double(net.multiplyAdds) / rate / 1000,
                    "\(name.split(separator: "/").last ?? "") \(short(rate)) G/s"
                )
            }
        case .program(let peer):
            return lines.ranking(name, metrics, lessIsBetter: lessIsBetter) { $0 == peer }.first.map {
                ($0.value, peer)
            }
        }
    }
}

/// Three significant digits, thousands in full.
private func short(_ value: Double) -> String {
    abs(value) >= 1000 ? String(format: "%.0f", value) : String(format: "%.3g", value)
}

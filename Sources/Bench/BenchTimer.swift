// How the bench measures, and the JSON lines that it prints. Method, metrics and fields are those of the peers'
// programs (`bench.h` and `common.py` beside them), so that the figures stand side by side:
//
//     {"peer":"heard-fp32","case":"A/80-3x256","metric":"median","value":130.1,"unit":"us/frame","threads":1,…}
//
// `other_cpu` is the share of one core that other processes used meanwhile, `spread` the greatest of the repeats beside
// the least: figures with much of either are to be taken again.

import Schema
import ArgumentParser
import Evaluation
import Events
import Foundation
import Recurrent
import Terminal

/// The options of what is timed.
struct BenchTimer: ParsableArguments {
    @Option(help: "How often each measurement is repeated.") var repeats = 7
    @Option(help: "Seconds of a repeat of a step.") var seconds = 0.4

    func validate() throws {
        guard repeats > 0 else { throw ValidationError("--repeats must be 1 or more, not \(repeats)") }
        guard seconds > 0, seconds.isFinite else { throw ValidationError("--seconds must be above 0, not \(seconds)") }
    }

    /// Calls `step`, one frame of each of `streams` streams, again and again; prints microseconds a frame and stream:
    /// the median and 99th percentile of all calls, the least median of a repeat, and CPU time.
    /// - Returns: The median of a call in seconds.
    @discardableResult
    func timeSteps(_ place: BenchPlace, streams: Int = 1, _ step: () -> Void) -> Double {
        for _ in 0..<100 { step() }
        let one = secondsOf(step)
        let calls = Int(min(max(seconds / max(one, 1e-7), 20), 20_000))
        var times = [Double](repeating: 0, count: calls * repeats)
        var medians: [Double] = []
        let load = MachineLoad()
        for start in stride(from: 0, to: times.count, by: calls) {
            for call in start..<(start + calls) { times[call] = secondsOf(step) }
            medians.append(times[start..<(start + calls)].sorted()[calls / 2])
        }
        let (cpu, others) = load.since()
        times.sort()
        medians.sort()
        let scale = 1e6 / Double(streams), median = times[times.count / 2]
        place.print("median", median * scale, "us/frame") { line in
            line.add("repeats", repeats)
            line.add("calls", times.count)
            line.add("other_cpu", others.rounded(digits: 2))
            line.add("spread", (medians.last! / medians[0] - 1).rounded(digits: 3))
        }
        place.print("min_of_repeat_medians", medians[0] * scale, "us/frame")
        place.print("p99", times[Int(0.99 * Double(times.count - 1) + 0.5)] * scale, "us/frame")
        place.print("cpu_mean", cpu / Double(times.count) * scale, "us/frame")
        return median
    }

    /// Calls `body`, which does `work` units of work, once to warm up and `repeats` times; prints units a second, the
    /// median and the best.
    /// - Returns: The median of a call in seconds.
    @discardableResult
    func timeWhole(
        _ place: BenchPlace, work: Double, metric: String = "speed", unit: String, _ body: () -> Void
    ) -> Double {
        body()
        let load = MachineLoad()
        let times = (0..<repeats).map { _ in secondsOf(body) }.sorted()
        let (_, others) = load.since()
        let median = times[times.count / 2]
        place.print("\(metric)_median", work / median, unit) { line in
            line.add("repeats", repeats)
            line.add("other_cpu", others.rounded(digits: 2))
            line.add("spread", (times.last! / times[0] - 1).rounded(digits: 3))
        }
        place.print("\(metric)_best", work / times[0], unit)
        return median
    }

    private func secondsOf(_ body: () -> Void) -> Double {
        let began = now(CLOCK_MONOTONIC)
        body()
        return now(CLOCK_MONOTONIC) - began
    }
}

/// Which figure a line is about.
struct BenchPlace {
    var peer: String
    /// The peers' name of the case, `A/80-3x256`.
    var name: String
    var threads = 1

    /// Prints one figure, with what `more` adds to its line.
    func print(_ metric: String, _ value: Double, _ unit: String, _ more: (inout JSONLine) -> Void = { _ in }) {
        var line = JSONLine()
        line.add("peer", peer)
        line.add("case", name)
        line.add("metric", metric)
        line.add("value", value.rounded(significant: 6))
        line.add("unit", unit)
        line.add("threads", threads)
        if peer.hasPrefix("heard") { line.add("isa", Kernels.current.name) }
        more(&line)
        printLine(line.string)
    }

    /// Prints how far outputs are from the peers' reference, computed in 64-bit floats.
    /// - Returns: Whether that is within what the peers allow: 2e-4 in fp32, 5e-3 in fewer bits.
    func printError(_ error: Double, isExact: Bool) -> Bool {
        let isGood = error < (isExact ? 2e-4 : 5e-3)
        print("max_abs_err_vs_fp64", error, "logprob") { $0.add("ok", isGood) }
        return isGood
    }
}

/// What this process and all others have used since some moment.
private struct MachineLoad {
    private let began = now(CLOCK_MONOTONIC)
    private let cpu = now(CLOCK_PROCESS_CPUTIME_ID)
    private let busy = busySeconds()

    /// CPU seconds of this process, and the share of one core of the others.
    func since() -> (cpu: Double, others: Double) {
        let own = now(CLOCK_PROCESS_CPUTIME_ID) - cpu
        return (own, max(0, (Self.busySeconds() - busy - own) / (now(CLOCK_MONOTONIC) - began)))
    }

    /// Seconds that all cores were busy, by the first line of /proc/stat.
    private static func busySeconds() -> Double {
        guard let data = FileManager.default.contents(atPath: "/proc/stat") else { return 0 }
        let ticks = String(decoding: data.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            .split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        // All but idle (3) and waiting for a disk (4).
        let busy = ticks.indices.reduce(0) { [3, 4].contains($1) ? $0 : $0 + ticks[$1] }
        return busy / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Seconds of a clock.
func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

extension Double {
    /// Rounded to some digits after the point.
    func rounded(digits: Int) -> Double {
        let scale = pow(10, Double(digits))
        return (self * scale).rounded() / scale
    }
}

/// The value below which `share` of the values lie.
func percentile(_ values: [Double], _ share: Double) -> Double {
    values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
}

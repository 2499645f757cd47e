// What Heard has set itself: for each case what the machine allows at best, and how many times as fast as the fastest
// other program it must be. One thread; networks of 80 mel bands -> GRU -> 40 classes.

import Recurrent

/// One row of the table.
struct BenchBar {
    var title: String
    /// The peers' name of the case.
    var name: String
    var quantity: Quantity
    /// Both Heard and the others in this precision; each in its fastest when nil.
    var precision: Precision?
    var goal: Goal
    var floor = Floor.none

    enum Quantity {
        /// Microseconds a frame (and stream): less is better.
        case frameTime
        /// Seconds of sound a second.
        case speed
        /// Another metric of Heard alone.
        case own(metric: String, unit: String)
    }

    enum Goal {
        /// So many times as fast as the fastest library, and, if there is a limit, no slower than that many times the
        /// floor.
        case times(Double, ofFloor: Double? = nil)
        case atLeast(Double)
        case atMost(Double)
    }

    /// What the machine allows.
    enum Floor {
        case none
        /// Once through all weights in this precision, at the speed of the smallest cache that holds them.
        case reading(BenchNet, Precision)
        /// All products of a frame at the greatest of these rates.
        case products(BenchNet, ceilings: [String])
        /// Another program's figure of the same case.
        case program(String)
    }
}

extension BenchBar {
    /// Issue 3's table, in its order.
    static let all: [BenchBar] = steps + batches + recordings + soundPath

    private static let steps = [
        step(BenchNet.all[0], .fp32, .times(1.9)), step(BenchNet.all[1], .fp32, .times(1.1, ofFloor: 1.05)),
        step(BenchNet.all[1], nil, .times(8)), step(BenchNet.all[2], nil, .times(1.7)),
    ]

    private static func step(_ net: BenchNet, _ precision: Precision?, _ goal: Goal) -> BenchBar {
        BenchBar(
            title: "one stream, one frame, \(net.layers)x\(net.units)\(words(precision))", name: "A/\(net.name)",
            quantity: .frameTime, precision: precision, goal: goal, floor: .reading(net, precision ?? .int8))
    }

    private static let batches = [Precision.fp32, nil].flatMap { precision in
        [64, 256].map { count in
            let net = BenchNet.all[1]
            return BenchBar(
                title: "\(count) live streams, 3x256\(words(precision))", name: "B/\(net.name)/N=\(count)",
                quantity: .frameTime, precision: precision, goal: .times(precision == nil ? 2.5 : 1.15),
                floor: .products(
                    net,
                    ceilings: precision == nil ? ["G/peak/amx_int8", "G/peak/avx512_vnni"] : ["G/fma_peak"]))
        }
    }

    private static let recordings =
        [recording("uni", 1, .fp32)]
        + [1, 16].flatMap { count in
            [Precision.fp32, .bf16, nil].map { recording("bi", count, $0) }
        }

    private static func recording(_ kind: String, _ count: Int, _ precision: Precision?) -> BenchBar {
        BenchBar(
            title: "\(count == 1 ? "a 30 s file" : "\(count) files of 30 s"), \(kind) 3x256\(words(precision))",
            name: "C/\(kind)/N=\(count)", quantity: .speed, precision: precision,
            goal: .times(precision == nil ? 3 : 1.5))
    }

    private static let soundPath = [
        BenchBar(
            title: "log-mel 80 in pieces of 10 ms", name: "D/logmel80", quantity: .speed, precision: .fp32,
            goal: .times(1.8, ofFloor: 1.3), floor: .program("fftw3f-c")),
        BenchBar(
            title: "1,000 live streams: labels within 50 ms", name: "daemon/N=1000",
            quantity: .own(metric: "labels_within_50ms", unit: "%"), goal: .atLeast(99)),
        BenchBar(
            title: "1,000 live streams: memory a stream", name: "daemon/N=1000",
            quantity: .own(metric: "memory_per_stream", unit: "KB"), goal: .atMost(64)),
    ]

    private static func words(_ precision: Precision?) -> String { ", \(precision?.rawValue ?? "any precision")" }
}

// heard-bench network: the recurrent step on the networks and cases of the peers, in their JSON lines.

import ArgumentParser
import Foundation
import Recurrent
import Schema
import Terminal

struct BenchNetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Measure the recurrent engine.",
        discussion: """
            Cases: A one frame of one stream; B one frame of each of 64 and 256 streams, as one batch; C one recording of 30 s
            and 16 of them, by a one-directional and a bidirectional network. One JSON line a figure; `heard-bench table`
            holds them against those of other programs. HEARD_ISA=generic, avx2, avx512 or amx chooses the kernels.
            Exit status 1 when outputs differ from the references of --data by more than rounding explains.
            """)

    @Option(
        help: "The folder of weights and references that the peers' gen_data.py writes; made-up weights when absent.")
    var data: String?
    @Option(help: "fp32, bf16, int8, or several with commas.", transform: list)
    var precision: [Precision] = Precision.allCases
    @Option(help: "Which cases: any letters of ABC.") var cases = "ABC"
    @Option(help: "80-3x128, 80-3x256, 80-5x512, 80-3x256.bi, or several with commas.", transform: netNames)
    var nets = BenchNet.names
    @Option(help: "Threads of case C, or several numbers with commas.", transform: list) var threads = [1]
    @OptionGroup var timer: BenchTimer

    func validate() throws {
        guard !cases.isEmpty, cases.allSatisfy({ "ABC".contains($0) }) else {
            throw ValidationError("--cases takes letters of ABC, not \"\(cases)\"")
        }
        if let number = threads.first(where: { !(1...64).contains($0) }) {
            throw ValidationError("--threads takes 1 to 64, not \(number)")
        }
    }

    func run() throws {
        let online = BenchNet.all.filter { nets.contains($0.name) }
        let offline = BenchNet.offline.filter { nets.contains($0.name) }
        var jobs: [(BenchNet, Precision, (NetworkBench) throws -> Bool)] = []
        for precision in precision {
            if cases.contains("A") { jobs += online.map { ($0, precision, { try $0.oneStream() }) } }
            if cases.contains("B") {
                for count in [64, 256] { jobs += online.map { ($0, precision, { $0.manyStreams(count) }) } }
            }
            guard cases.contains("C") else { continue }
            for threads in threads {
                jobs += offline.map { ($0, precision, { try $0.recordings(threads: threads) }) }
            }
        }
        let progress = ProgressBar(total: jobs.count, unit: "measurements")
        var isGood = true
        for (index, (net, precision, measure)) in jobs.enumerated() {
            progress.show(index)
            let bench = NetworkBench(
                net: net, network: try net.network(precision, folder: data), precision: precision, folder: data,
                timer: timer)
            if try !measure(bench) { isGood = false }
        }
        progress.show(jobs.count)
        if !isGood { throw ExitCode.failure }
    }
}

/// The cases of one network. Each gives whether the outputs are right, as far as there is a reference.
private struct NetworkBench {
    let net: BenchNet
    let network: RecurrentNetwork
    let precision: Precision
    let folder: String?
    let timer: BenchTimer

    private func place(_ name: String, threads: Int = 1) -> BenchPlace {
        BenchPlace(peer: "heard-\(precision.rawValue)", name: name, threads: threads)
    }

    private func check(_ place: BenchPlace, _ outputs: (AlignedFloats, _ steps: Int) -> AlignedFloats) throws -> Bool {
        guard let folder else { return true }
        let reference = try BenchReference(net, folder: folder)
        let errors = (0..<reference.streams).map {
            reference.error(outputs(reference.inputs(stream: $0), reference.steps), stream: $0)
        }
        return place.printError(errors.max() ?? 0, isExact: precision == .fp32)
    }

    /// A: `network.step`, the state carried from call to call.
    func oneStream() throws -> Bool {
        let place = place("A/\(net.name)"), scratch = NetworkScratch(network)
        let isGood = try check(place) { x, steps in
            let state = NetworkState(network), y = AlignedFloats(count: steps * network.outputs)
            for t in 0..<steps {
                network.step(
                    x.pointer + t * network.inputs, state: state, scratch: scratch,
                    output: y.pointer + t * network.outputs)
            }
            return y
        }
        let state = NetworkState(network)
        let x = noise(rows: 1), y = AlignedFloats(count: network.outputs)
        timer.timeSteps(place) { network.step(x.pointer, state: state, scratch: scratch, output: y.pointer) }
        return isGood
    }

    /// B: one frame of each of `count` streams as one batch.
    func manyStreams(_ count: Int) -> Bool {
        let place = place("B/\(net.name)/N=\(count)")
        let scratch = NetworkScratch(network, rows: count, streams: count)
        let streams = (0..<count).map { _ in BenchStream(network) }
        let x = noise(rows: count), y = AlignedFloats(count: count * network.outputs)
        let seconds = timer.timeSteps(place, streams: count) {
            scratch.begin()
            for (n, stream) in streams.enumerated() {
                scratch.add(
                    stream.state, steps: 1, input: x.pointer + n * network.inputs,
                    output: y.pointer + n * network.outputs)
            }
            network.run(scratch)
        }
        place.print("streams_per_core", Double(count) / (seconds * 100), "streams")
        return true
    }

    /// C: whole recordings of 30 s, one and 16 at once.
    func recordings(threads: Int) throws -> Bool {
        let kind = net.isBidirectional ? "bi" : "uni", steps = 3000
        let isGood = try check(place("C/\(kind)", threads: threads)) { x, steps in
            network.read(x, steps: steps, threads: threads)
        }
        for count in [1, 16] {
            let sequences = (0..<count).map { _ in (x: noise(rows: steps), steps: steps) }
            timer.timeWhole(
                place("C/\(kind)/N=\(count)", threads: threads), work: 30 * Double(count), unit: "audio_s/s"
            ) {
                _ = network.read(sequences, threads: threads)
            }
        }
        return isGood
    }

    /// Made-up inputs, [rows, inputs].
    private func noise(rows: Int) -> AlignedFloats {
        var random = SeededRandom(seed: 2)
        return AlignedFloats((0..<(rows * network.inputs)).map { _ in random.uniform() })
    }
}

/// A state that an array can hold.
private final class BenchStream {
    let state: NetworkState

    init(_ network: RecurrentNetwork) { state = NetworkState(network) }
}

/// The values of an option that takes several with commas.
@Sendable func list<Value: RawRepresentable>(_ text: String) throws -> [Value]
where Value.RawValue == String, Value: CaseIterable {
    try text.split(separator: ",").map {
        guard let value = Value(rawValue: String($0)) else {
            throw ValidationError("\"\($0)\" is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }
}

@Sendable private func netNames(_ text: String) throws -> [String] {
    try text.split(separator: ",").map {
        guard BenchNet.names.contains(String($0)) else {
            throw ValidationError("\"\($0)\" is none of \(BenchNet.names.joined(separator: ", "))")
        }
        return String($0)
    }
}

@Sendable private func list(_ text: String) throws -> [Int] {
    try text.split(separator: ",").map {
        guard let value = Int($0) else { throw ValidationError("\"\($0)\" is no number") }
        return value
    }
}

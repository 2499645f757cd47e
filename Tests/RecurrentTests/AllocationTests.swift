// No allocation per step: a child process that has no memory left still steps networks of every cell.

import Glibc
import Recurrent
import TestSupport
import Testing

@Suite(.enabled(if: canStarve, "needs a release build without sanitizers")) struct AllocationTests {
    @Test func aThousandStepsTakeNoMemory() async {
        await #expect(processExitsWith: .exitCode(0)) {
            func everyWalker() throws -> [Walker] {
                try EveryCell.all.flatMap { cell in try Weights.all.map { try Walker(cell, $0) } }
            }
            // The first walk of a process may still make the runtime look up types; that of a network may not.
            for walker in try everyWalker() { walker.walk() }
            let walkers = try everyWalker()
            takeAllMemory()
            for walker in walkers { walker.walk() }
            _exit(walkers.allSatisfy(\.hasMoved) ? 0 : 2)
        }
    }

    /// The test above can fail: a small array is already too much.
    @Test func oneArrayEndsTheStarvedProcess() async {
        await #expect(processExitsWith: .failure) {
            takeAllMemory()
            let array = [Float](repeating: 1, count: Int(getpid() % 7) + 9)
            _exit(array.withUnsafeBufferPointer { $0.baseAddress == nil } ? 1 : 0)
        }
    }
}

/// A network with all the memory of three streams.
private final class Walker {
    private let network: RecurrentNetwork
    private let alone: NetworkState
    private let first: NetworkState
    private let second: NetworkState
    private let one: NetworkScratch
    private let chunk: NetworkScratch
    private let batch: NetworkScratch
    private let x: AlignedFloats
    private let y: AlignedFloats

    init(_ cell: EveryCell, _ weights: Weights) throws {
        network = try RecurrentNetwork(cell.network, tensors: weights.tensors(for: cell.network))
        alone = NetworkState(network)
        first = NetworkState(network)
        second = NetworkState(network)
        one = NetworkScratch(network)
        chunk = NetworkScratch(network, rows: 40)
        batch = NetworkScratch(network, rows: 50, streams: 2)
        x = AlignedFloats(count: 50 * network.inputs)
        y = AlignedFloats(count: 50 * network.outputs)
    }

    /// A thousand steps alone, as many in chunks and a thousand batches of two streams.
    func walk() {
        for _ in 0..<1000 { network.step(x.pointer, state: alone, scratch: one, output: y.pointer) }
        for _ in 0..<25 { network.advance(x.pointer, steps: 40, state: alone, scratch: chunk, output: y.pointer) }
        for round in 0..<1000 {
            batch.begin()
            batch.add(first, steps: 1 + round % 25, input: x.pointer, output: y.pointer)
            batch.add(
                second, steps: 1, input: x.pointer + 25 * network.inputs, output: y.pointer + 25 * network.outputs)
            network.run(batch)
        }
    }

    var hasMoved: Bool { (0..<network.outputs).contains { y.pointer[$0] != 0 } }
}

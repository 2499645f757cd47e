import Recurrent
import TestSupport
import Testing

/// Contract 1 of DESIGN.md: what a stream says depends on its input alone. One frame of one stream, a chunk of it, a
/// batch of many streams and a whole reading are the same bits.
@Suite struct SummationOrderTests {
    /// More streams than any pass takes at once; lengths beyond the pieces in which products and readings are taken.
    private static let lengths = [300, 150, 65, 64, 63] + (0..<32).map { 1 + $0 * 7 % 29 }

    @Test(arguments: InstructionSet.all, EveryCell.all)
    func batchesAndChunksAreTheSameBits(set: InstructionSet, cell: EveryCell) throws {
        for weights in Weights.all {
            let network = try RecurrentNetwork(
                cell.network, tensors: weights.tensors(for: cell.network), kernels: set.kernels)
            var random = Random(seed: 3)
            let streams = Self.lengths.map { Stream(network, steps: $0, &random) }
            // (a) alone, frame by frame: what all others are compared with.
            for stream in streams { stream.advance(rows: 1) { 1 } }
            let expected = streams.map(\.result)
            #expect(expected.allSatisfy { $0.isFinite })
            // (b) alone, in chunks of any length, through a scratch memory that is smaller or larger than they are.
            for stream in streams {
                stream.restart()
                stream.advance(rows: Int.random(in: 1...90, using: &random)) { Int.random(in: 1...100, using: &random) }
            }
            #expect(streams.map(\.result) == expected, "chunks, \(weights.testDescription)")
            // (c) in batches of random streams and chunks.
            for stream in streams { stream.restart() }
            advanceInBatches(streams, of: network, &random)
            #expect(streams.map(\.result) == expected, "batches, \(weights.testDescription)")
            // (d) whole, alone and among the others.
            for threads in [1, 2] {
                let read = network.read(streams.map { ($0.input, $0.steps) }, threads: threads)
                #expect(
                    read.map(\.values.bits) == expected.map(\.output), "\(threads) threads, \(weights.testDescription)")
            }
            #expect(network.read(streams[0].input, steps: 300).values.bits == expected[0].output)
        }
    }

    /// Some of the streams that have anything left, in any order and with any chunks, until none has.
    private func advanceInBatches(_ streams: [Stream], of network: RecurrentNetwork, _ random: inout Random) {
        let rows = 400
        let scratch = NetworkScratch(network, rows: rows, streams: streams.count)
        while true {
            let waiting = streams.filter { $0.done < $0.steps }.shuffled(using: &random)
            if waiting.isEmpty { break }
            let longest = Bool.random(using: &random) ? 1 : 70
            var left = rows
            var batch: [(stream: Stream, steps: Int)] = []
            for stream in waiting.prefix(Int.random(in: 1...waiting.count, using: &random)) {
                let steps = min(stream.steps - stream.done, Int.random(in: 1...longest, using: &random), left)
                if steps > 0 { batch.append((stream, steps)) }
                left -= steps
            }
            batch.sort { $0.steps > $1.steps }
            scratch.begin()
            for (stream, steps) in batch {
                scratch.add(stream.state, steps: steps, input: stream.nextInput, output: stream.nextOutput)
                stream.done += steps
            }
            network.run(scratch)
        }
    }

    @Test(arguments: InstructionSet.all, EveryCell.all)
    func bidirectionalReadingsDoNotDependOnNeighbours(set: InstructionSet, cell: EveryCell) throws {
        for weights in Weights.all {
            let network = try RecurrentNetwork(
                cell.bidirectional, tensors: weights.tensors(for: cell.bidirectional), kernels: set.kernels)
            var random = Random(seed: 4)
            let sequences = [70, 3, 1, 128, 65, 20, 20, 41, 9, 11, 64, 2, 33, 0, 15, 16, 17, 18].map { steps in
                (x: AlignedFloats(random.floats(steps * 9, within: 2)), steps: steps)
            }
            let alone = sequences.map { network.read($0.x, steps: $0.steps).values }
            #expect(alone.allSatisfy { $0.allSatisfy(\.isFinite) })
            for threads in [1, 2] {
                #expect(network.read(sequences, threads: threads).map(\.values.bits) == alone.map(\.bits))
                #expect(network.read(sequences[3].x, steps: 128, threads: threads).values.bits == alone[3].bits)
            }
            let few = network.read(Array(sequences[1...3]), threads: 2)
            #expect(few.map(\.values.bits) == alone[1...3].map(\.bits))
        }
    }
}

/// One stream of a network: its input, its state and what came out so far.
private final class Stream {
    let network: RecurrentNetwork
    let steps: Int
    let input: AlignedFloats
    let output: AlignedFloats
    let state: NetworkState
    var done = 0

    /// All that can be seen of a stream at its end, by the bits.
    struct Result: Equatable {
        let output: [UInt32]
        let h: [UInt32]
        let c: [UInt32]
        var isFinite: Bool { (output + h + c).allSatisfy { Float(bitPattern: $0).isFinite } }
    }

    init(_ network: RecurrentNetwork, steps: Int, _ random: inout Random) {
        self.network = network
        self.steps = steps
        input = AlignedFloats(random.floats(steps * network.inputs, within: 2))
        output = AlignedFloats(count: steps * network.outputs)
        state = NetworkState(network)
    }

    var result: Result {
        let (h, c) = state.values
        return Result(output: output.values.bits, h: h.bits, c: c.bits)
    }
    var nextInput: UnsafePointer<Float> { UnsafePointer(input.pointer + done * network.inputs) }
    var nextOutput: UnsafeMutablePointer<Float> { output.pointer + done * network.outputs }

    func restart() {
        state.reset()
        output.clear()
        done = 0
    }

    /// Alone, in chunks, through memory for `rows` steps.
    func advance(rows: Int, by chunk: () -> Int) {
        let scratch = NetworkScratch(network, rows: rows)
        while done < steps {
            let count = min(chunk(), steps - done)
            network.advance(nextInput, steps: count, state: state, scratch: scratch, output: nextOutput)
            done += count
        }
    }
}

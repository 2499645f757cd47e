// Whole sequences, of networks of any direction: recordings instead of streams.

import Dispatch

extension RecurrentNetwork {
    /// Rows of a chunk that goes through all layers of a one-directional network before the next one: fewer of very
    /// wide ones.
    private var chunkRows: Int { max(1, min(256, (1 << 24) / width)) }
    /// Rows from which on a bidirectional network begins another batch, of streams beyond the first eight: it keeps
    /// every row of a batch for every layer.
    private static var batchRows: Int { 16_384 }

    /// A whole sequence: `x` [steps, inputs] to [steps, outputs], from the state before the first step. For a streaming
    /// network the same bits as `steps` calls of ``step(_:state:scratch:output:)``.
    package func read(_ x: AlignedFloats, steps: Int, threads: Int = 1) -> AlignedFloats {
        read([(x, steps)], threads: threads)[0]
    }

    /// Some sequences of any lengths, each as if it were alone. With two threads a bidirectional network reads in both
    /// directions at once, and a one-directional one two halves of the sequences.
    package func read(_ sequences: [(x: AlignedFloats, steps: Int)], threads: Int = 1) -> [AlignedFloats] {
        let outputs = sequences.map { AlignedFloats(count: $0.steps * self.outputs) }
        let order = sequences.indices.filter { sequences[$0].steps > 0 }.sorted {
            sequences[$0].steps > sequences[$1].steps
        }
        let parts = isStreaming ? max(1, min(threads, order.count)) : 1
        let groups = (0..<parts).map { part in
            order.indices.filter { $0 % parts == part }.map { Sequence(sequences[order[$0]], outputs[order[$0]]) }
        }
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            readGroup(groups[part], threads: parts > 1 ? 1 : threads)
        }
        return outputs
    }

    /// One sequence with a state of its own: `state` is where it begins, and then where it ended.
    package func read(_ x: AlignedFloats, steps: Int, state: borrowing NetworkState) -> AlignedFloats {
        let output = AlignedFloats(count: steps * outputs)
        guard steps > 0 else { return output }
        let scratch = NetworkScratch(self, rows: steps, streams: 1)
        scratch.begin()
        scratch.add(state, steps: steps, input: x.pointer, output: output.pointer)
        run(scratch)
        return output
    }

    private struct Sequence: Sendable {
        let x: AlignedFloats
        let steps: Int
        let output: AlignedFloats

        init(_ input: (x: AlignedFloats, steps: Int), _ output: AlignedFloats) {
            x = input.x
            steps = input.steps
            self.output = output
        }
    }

    /// Sequences, longest first, on the calling thread (and one more, when both directions may go at once).
    private func readGroup(_ sequences: [Sequence], threads: Int) {
        guard let longest = sequences.first?.steps else { return }
        var batches: [[Sequence]] = [[]]
        var rows = 0
        for sequence in sequences {
            if !isStreaming, rows >= Self.batchRows, batches[batches.count - 1].count >= CellWalk.manyStreams {
                batches.append([])
                rows = 0
            }
            batches[batches.count - 1].append(sequence)
            rows += sequence.steps
        }
        let streams = batches[0].count
        let chunk = isStreaming ? min(longest, max(1, chunkRows / streams)) : longest
        let scratch = NetworkScratch(
            self, rows: isStreaming ? chunk * streams : batches.map { $0.reduce(0) { $0 + $1.steps } }.max() ?? 0,
            streams: batches.map(\.count).max() ?? 0)
        for batch in batches { read(batch, chunk: chunk, scratch: scratch, threads: threads) }
    }

    /// Sequences, longest first, in chunks of so many steps.
    private func read(_ sequences: [Sequence], chunk: Int, scratch: NetworkScratch, threads: Int) {
        let states = sequences.map { _ in NetworkStateBox(NetworkState(self)) }
        for first in stride(from: 0, to: sequences[0].steps, by: chunk) {
            scratch.begin()
            for (sequence, box) in zip(sequences, states) where sequence.steps > first {
                scratch.add(
                    box.state, steps: min(chunk, sequence.steps - first),
                    input: sequence.x.pointer + first * inputs, output: sequence.output.pointer + first * outputs)
            }
            run(scratch, threads: threads)
        }
    }
}

private final class NetworkStateBox {
    let state: NetworkState
    init(_ state: consuming NetworkState) { self.state = state }
}

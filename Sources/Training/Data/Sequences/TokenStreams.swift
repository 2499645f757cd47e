// A text cut for training: `streams` stretches of equal length, side by side, each cut in pieces of `steps` tokens. A
// batch is one piece of some streams, and the next of them goes on in the states that it ended in: truncated
// backpropagation through time (Williams and Peng 1990). What is predicted at a step is the step's own token, what is
// read is the one before it; before the first stands a line's end.
//
//     stream s:  | piece 0 | piece 1 | …
//     batch = piece * parts + part; part p of P has the streams s with sP/S in p ..< p + 1
//
// Each epoch begins at another token of the first piece, drawn from (seed, epoch), so that pieces are cut elsewhere.
// What is left at the end, fewer tokens than there are streams and one piece, is left out of that epoch.

import Decoding
import Recurrent

/// How a text is cut.
package struct StreamOptions: Sendable, Equatable {
    /// Tokens of a piece: how far back a gradient flows.
    package var steps: Int
    /// Stretches of the text that are read side by side.
    package var streams: Int

    package init(steps: Int, streams: Int) { (self.steps, self.streams) = (steps, streams) }
}

/// The tokens of a text in batches.
package final class TokenStreams: TrainingData {
    package let digest: String
    private let tokens: [Int]
    private let input: TokenInput
    private let options: StreamOptions
    private let parts: Int
    private let seed: UInt64?
    /// Tokens of a stream, and the greatest offset of an epoch's first.
    private let length, greatestOffset: Int

    /// - Parameters:
    ///   - digest: SHA-256 of the text.
    ///   - what: of what, for messages: "train".
    ///   - parts: batches of a step, which share the streams.
    ///   - seed: of the epochs' offsets; nil: every epoch begins at the first token.
    /// - Throws: ``DataError`` when the text is too short.
    package init(
        _ tokens: [Int], digest: String, of what: String, input: TokenInput, options: StreamOptions, parts: Int,
        seed: UInt64?
    ) throws(DataError) {
        // To be judged, a short text is cut in fewer streams.
        var options = options
        if seed == nil { options.streams = max(parts, min(options.streams, tokens.count / options.steps)) }
        let needed = options.streams * (seed == nil ? 1 : options.steps)
        guard options.streams >= parts, tokens.count >= needed else {
            throw .badOption(
                key: what,
                found: "\(tokens.count) tokens, in \(options.streams) streams of pieces of \(options.steps) steps",
                wanted: "at least \(max(needed, parts)) tokens, and no fewer streams than batches_per_step (\(parts)); "
                    + "give more text, or lower streams or steps")
        }
        (self.tokens, self.input, self.options, self.parts, self.seed) = (tokens, input, options, parts, seed)
        greatestOffset = seed == nil ? 0 : min(options.steps - 1, tokens.count - needed)
        length = (tokens.count - greatestOffset) / options.streams
        self.digest = digest
    }

    /// Tokens that an epoch predicts.
    package var count: Int { length * options.streams }
    private var pieces: Int { (length + options.steps - 1) / options.steps }

    package func batchCount(epoch: Int) -> Int { pieces * parts }

    package func batches(epoch: Int, from first: Int, threads: Int) -> BatchQueue {
        // Cutting is quick: one thread is enough.
        BatchQueue(first..<max(first, batchCount(epoch: epoch)), threads: 1) { [self] in batch($0, epoch: epoch) }
    }

    /// One batch of an epoch.
    package func batch(_ number: Int, epoch: Int) -> Batch {
        let piece = number / parts, part = number % parts
        let streams = (part * options.streams / parts)..<((part + 1) * options.streams / parts)
        let first = piece * options.steps, steps = min(options.steps, length - first)
        let layout = PackedBatch(lengths: [Int](repeating: steps, count: streams.count))
        var x = [Float](repeating: 0, count: layout.rows * input.inputs)
        let offset = self.offset(epoch)
        let targets = streams.enumerated().map { sequence, stream in
            let start = offset + stream * length + first
            for step in 0..<steps {
                let before = start + step == 0 ? input.lineEnd : tokens[start + step - 1]
                input.write(before, to: &x, row: layout.row(step: step, sequence: sequence))
            }
            return Array(tokens[start..<(start + steps)])
        }
        return Batch(
            layout: layout, x: x, targets: targets, auxiliary: [], names: streams.map { "stream \($0)" }, seconds: 0,
            start: piece == 0 ? .first : .next)
    }

    private func offset(_ epoch: Int) -> Int {
        guard let seed else { return 0 }
        var random = RandomSource(seed: seed, stream: "text", epoch)
        return random.uniform(in: 0..<(greatestOffset + 1))
    }
}

/// How a network takes tokens: as the one number of a step for an embedding, or one-hot.
package struct TokenInput: Sendable, Equatable {
    package var tokens: Int
    /// What stands before the first token.
    package var lineEnd: Int
    /// Values of a step: 1, or as many as there are tokens.
    package var inputs: Int

    package init(tokens: Int, lineEnd: Int, inputs: Int) {
        precondition(inputs == 1 || inputs == tokens, "a network reads a token's index, or it one-hot")
        (self.tokens, self.lineEnd, self.inputs) = (tokens, lineEnd, inputs)
    }

    /// `x` [rows, inputs], zeros.
    func write(_ token: Int, to x: inout [Float], row: Int) {
        if inputs == 1 { x[row] = Float(token) } else { x[row * inputs + token] = 1 }
    }
}

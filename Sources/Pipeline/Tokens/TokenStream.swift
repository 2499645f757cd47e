// One stream of tokens through a model: a token in, the log-posteriors of the next one out. The state is carried from
// token to token; the answers depend on the stream's own tokens alone.

import Recurrent

/// What one stream of tokens owns.
package final class TokenStream {
    package let model: Model
    private let state: NetworkState
    private let scratch: NetworkScratch
    private let x, y: AlignedFloats
    /// Steps of a chunk: the network reads its weights once for all of them.
    private static let chunk = 64

    /// Before the first token: the line's end that goes before a text is still to be read.
    package init(_ model: Model) {
        self.model = model
        state = NetworkState(model.network)
        scratch = NetworkScratch(model.network, rows: Self.chunk)
        x = AlignedFloats(count: Self.chunk * model.network.inputs)
        y = AlignedFloats(count: Self.chunk * model.network.outputs)
    }

    /// Back to before the first token.
    package func reset() { state.reset() }

    /// Log-posteriors of what comes after `token`, [tokens].
    @discardableResult
    package func read(_ token: Int) -> [Float] {
        model.write(token, to: x.pointer)
        model.network.step(x.pointer, state: state, scratch: scratch, output: y.pointer)
        return Array(UnsafeBufferPointer(start: y.pointer, count: model.network.outputs))
    }

    /// Reads each of some tokens, and gives the log-posterior that each of as many `targets` has after it. The same
    /// bits as one by one.
    package func logPosteriors(of targets: ArraySlice<Int>, after tokens: ArraySlice<Int>) -> [Float] {
        precondition(targets.count == tokens.count, "every token has one that is predicted behind it")
        let network = model.network
        var result: [Float] = []
        result.reserveCapacity(targets.count)
        for first in stride(from: 0, to: tokens.count, by: Self.chunk) {
            let steps = min(Self.chunk, tokens.count - first)
            for step in 0..<steps {
                model.write(tokens[tokens.startIndex + first + step], to: x.pointer + step * network.inputs)
            }
            network.advance(x.pointer, steps: steps, state: state, scratch: scratch, output: y.pointer)
            for step in 0..<steps {
                result.append(y.pointer[step * network.outputs + targets[targets.startIndex + first + step]])
            }
        }
        return result
    }

    /// Where the stream is, to come back to.
    package var position: Position {
        get {
            let (h, c) = state.values
            return Position(h: h, c: c)
        }
        set { state.set(h: newValue.h, c: newValue.c) }
    }

    /// The states of a network.
    package struct Position: Sendable {
        fileprivate var h, c: [Float]
    }
}

// A network of two sequences (Sutskever, Vinyals, Le 2014; Bahdanau, Cho, Bengio 2015): an encoder reads the whole of
// the one, in both directions if it likes, and a decoder predicts the other step by step, looking back at the first by
// attention.
//
//     source  -> encoder ------------------.
//     y[t-1]  -> lower layers -> h -> attention -> upper layers -> log-posteriors of y[t]
//
// It is one list of layers: the decoder's, with the encoder's inside of the attention layer. The decoder's layers below
// and above the attention are networks of their own, whose states are carried from step to step.

/// The weights of an encoder and a decoder. Immutable; shared by all who decode.
package struct EncoderDecoder: Sendable {
    package let description: [LayerDescription]
    package let encoder: RecurrentNetwork
    /// The decoder below the attention, and above it.
    package let lower, upper: RecurrentNetwork
    let attention: Attention
    package var kernels: Kernels { encoder.kernels }
    /// Floats of a step of the source, of the decoder, and of its answer.
    package var sourceInputs: Int { encoder.inputs }
    package var inputs: Int { lower.inputs }
    package var outputs: Int { upper.outputs }

    /// Takes the tensors that `description` names, each name after `prefix`.
    /// - Throws: ``ModelError`` when a tensor is missing, has another shape, or two layers do not fit together.
    package init(
        _ description: [LayerDescription], tensors: Tensors, prefix: String = "", kernels: Kernels = .current
    ) throws(ModelError) {
        let place = description.firstIndex { if case .attention = $0 { true } else { false } }
        guard let place, case .attention(let d) = description[place] else {
            throw .absurdNetwork(
                name: "the decoder", reason: "it has no attention layer, and so knows nothing of the source")
        }
        guard d.size > 0, d.size <= 1 << 20, d.inputs > 0, d.encoded > 0 else {
            throw .absurdNetwork(name: d.name, reason: "\(d.inputs) and \(d.encoded) values in and \(d.size) out")
        }
        func network(_ layers: [LayerDescription], _ part: String) throws(ModelError) -> RecurrentNetwork {
            do throws(ModelError) {
                return try RecurrentNetwork(layers, tensors: tensors, prefix: prefix, kernels: kernels)
            } catch .emptyNetwork {
                throw .absurdNetwork(name: d.name, reason: "there is no layer with weights \(part)")
            }
        }
        self.description = description
        encoder = try network(d.encoder, "in its encoder")
        lower = try network(Array(description[..<place]), "below it in the decoder")
        attention = try Attention(d, tensors: tensors, prefix: prefix)
        upper = try network(Array(description[(place + 1)...]), "above it in the decoder")
        guard lower.outputs == d.inputs else {
            throw .layersDoNotFit(name: d.name, takes: d.inputs, gets: lower.outputs)
        }
        guard upper.inputs == d.size else {
            throw .layersDoNotFit(name: "the layer above \(d.name)", takes: upper.inputs, gets: d.size)
        }
        for part in [lower, upper] where !part.isStreaming {
            throw .absurdNetwork(
                name: d.name, reason: "the decoder reads backwards too, and would see what it is to predict")
        }
        for part in [encoder, lower, upper] where part.delaySteps > 0 {
            throw .absurdNetwork(
                name: d.name,
                reason: "a lookahead layer stands beside it, and neither encoder nor decoder waits for one")
        }
    }

    /// What the encoder says of a source `x` [steps, sourceInputs], which has a step at least.
    package func encode(_ x: AlignedFloats, steps: Int) -> EncodedSource {
        precondition(steps > 0, "a source has a step at least")
        return EncodedSource(rows: encoder.read(x, steps: steps), steps: steps)
    }
}

/// One decoder on its way through one target: states and memory. One thread uses it at a time.
package final class SourceDecoder {
    package let network: EncoderDecoder
    private let lowerState, upperState: NetworkState
    private let lowerScratch, upperScratch: NetworkScratch
    private let scratch: AttentionScratch
    private let h: AlignedFloats
    private var source: EncodedSource?

    /// Without a source yet.
    package init(_ network: EncoderDecoder) {
        self.network = network
        lowerState = NetworkState(network.lower)
        upperState = NetworkState(network.upper)
        (lowerScratch, upperScratch) = (NetworkScratch(network.lower), NetworkScratch(network.upper))
        scratch = AttentionScratch(network.attention)
        h = AlignedFloats(count: network.lower.outputs)
    }

    /// Before the first step of the target of `source`.
    package func begin(_ source: EncodedSource) {
        self.source = source
        lowerState.reset()
        upperState.reset()
    }

    /// One step: `x` [inputs] to `y` [outputs]; the states are carried to the next.
    package func step(_ x: UnsafePointer<Float>, output y: UnsafeMutablePointer<Float>) {
        guard let source else { preconditionFailure("a decoder begins with a source") }
        network.lower.step(x, state: lowerState, scratch: lowerScratch, output: h.pointer)
        network.attention.apply(network.kernels, h.pointer, source: source, scratch: scratch)
        network.upper.step(scratch.y.pointer, state: upperState, scratch: upperScratch, output: y)
    }

    /// How much each step of the source counted in the last step, [steps], 1 in all.
    package var weights: [Float] {
        Array(UnsafeBufferPointer(start: scratch.weights.pointer, count: source?.steps ?? 0))
    }

    /// Where the decoder is, to come back to.
    package var position: Position {
        get { Position(lower: lowerState.values, upper: upperState.values) }
        set {
            lowerState.set(h: newValue.lower.h, c: newValue.lower.c)
            upperState.set(h: newValue.upper.h, c: newValue.upper.c)
        }
    }

    /// The states of a decoder, without the source.
    package struct Position: Sendable {
        fileprivate var lower, upper: (h: [Float], c: [Float])
    }
}

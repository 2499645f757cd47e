// Global attention (Luong, Pham, Manning 2015, "Effective approaches to attention-based neural machine translation",
// arXiv:1508.04025, section 3.1, the general score): at each step the decoder's state h weighs all steps of the source
// by how well the encoder's outputs s_j answer to it, and goes on with their mean beside itself.
//
//     q = W_q h            score_j = q · s_j          a = softmax(score)          over the steps j of the one source
//     c = Σ_j a_j s_j      y = tanh(W_c [c; h])       no biases, as in the paper
//
// hᵀ W_a s_j of the paper is q · s_j with W_q = W_aᵀ. Sums over j and over the floats of s_j are taken from the first
// to the last. The tensors are `NAME.query.weight` [encoded, inputs] and `NAME.combine.weight` [size, encoded +
// inputs].

import CKernels

/// The weights of an attention layer that runs. Immutable.
final class Attention: Sendable {
    let inputs, encoded, size: Int
    private let query, combine: Linear

    /// - Throws: ``ModelError`` when a tensor is missing or has another shape.
    init(_ description: AttentionDescription, tensors: Tensors, prefix: String) throws(ModelError) {
        (inputs, encoded, size) = (description.inputs, description.encoded, description.size)
        func linear(_ d: LinearDescription) throws(ModelError) -> Linear {
            try Linear(
                inputs: d.inputs, outputs: d.outputs, weight: try tensors.require("\(prefix)\(d.name).weight"),
                bias: nil)
        }
        query = try linear(description.query)
        combine = try linear(description.combine)
    }

    /// One step: `h` [inputs] to `scratch.y` [size], over the `steps` of a source, [steps, encoded]; the weights are in
    /// `scratch.weights` [steps].
    func apply(_ kernels: Kernels, _ h: UnsafePointer<Float>, source: EncodedSource, scratch: AttentionScratch) {
        scratch.reserve(source.steps)
        scratch.run(query, kernels, h, to: scratch.q)
        let weights = scratch.weights.pointer, q = scratch.q.pointer, context = scratch.combined.pointer
        for j in 0..<source.steps {
            let s = source.rows.pointer + j * encoded
            var sum: Float = 0
            for i in 0..<encoded { sum += q[i] * s[i] }
            weights[j] = sum
        }
        kernels.apply(.softmax, weights, count: source.steps)
        context.update(repeating: 0, count: encoded)
        for j in 0..<source.steps {
            let s = source.rows.pointer + j * encoded, weight = weights[j]
            for i in 0..<encoded { context[i] += weight * s[i] }
        }
        (context + encoded).update(from: h, count: inputs)
        scratch.run(combine, kernels, context, to: scratch.y)
        kernels.apply(.tanh, scratch.y.pointer, count: size)
    }
}

/// What an encoder says of a whole source. Immutable; decoders may share it.
package struct EncodedSource: Sendable {
    /// [steps, encoded]
    let rows: AlignedFloats
    package let steps: Int
}

/// Memory for one step of an attention layer. One thread uses it at a time.
final class AttentionScratch {
    private(set) var weights = AlignedFloats(count: 64)
    let q, combined, y: AlignedFloats
    private let bytes: UnsafeMutableRawPointer

    init(_ attention: Attention) {
        q = AlignedFloats(count: attention.encoded.padded)
        combined = AlignedFloats(count: (attention.encoded + attention.inputs).padded)
        y = AlignedFloats(count: attention.size.padded)
        bytes = .allocate(
            byteCount: heard_scratch_bytes(attention.encoded + attention.inputs, 1), alignment: 64)
    }

    deinit { bytes.deallocate() }

    /// Room for the weights of so many steps.
    func reserve(_ steps: Int) {
        if weights.count < steps { weights = AlignedFloats(count: 2 * steps) }
    }

    func run(_ linear: Linear, _ kernels: Kernels, _ x: UnsafePointer<Float>, to y: AlignedFloats) {
        var x: UnsafePointer<Float>? = x, y: UnsafeMutablePointer<Float>? = y.pointer
        linear.apply(kernels, &x, to: &y, count: 1, scratch: bytes)
    }
}

extension AttentionDescription {
    /// Why there is none in a network that reads one sequence.
    static var loneRefusal: String {
        "attention is over a second sequence, which only a model of pairs has (input: pairs); and there it is one layer of the decoder, "
            + "neither in its encoder nor in a residual layer"
    }
}

extension [LayerDescription] {
    /// The attention layer, of which a decoder has one.
    package var attention: AttentionDescription? {
        lazy.compactMap { if case .attention(let d) = $0 { d } else { nil } }.first
    }
}

// Lookahead convolution, also called row convolution (Amodei et al. 2016, "Deep Speech 2", arXiv:1512.02595, section
// 3.7; Wang et al. 2016, "Lookahead convolution layer for unidirectional recurrent neural networks"): each feature
// becomes a weighted sum of itself and of its next τ values, so a network of one direction sees a little of the future.
//
//     y[t, i] = Σ_{j = 0…τ} w[i, j] x[t + j, i]
//
// A network gives an output for each step that comes in, so the layer is computed τ steps late. Its output at step s is
//
//     y[s - τ, i] = ((0 + w[i, 0] x[s - τ, i]) + w[i, 1] x[s - τ + 1, i]) + … + w[i, τ] x[s, i]
//
// with x zero before the first step: a causal filter over the last τ + 1 steps. A stream carries its last τ inputs. The
// sum is taken from the oldest input to the newest, each product rounded, in chunks and batches of any size and on
// every instruction set, so the bits are the same.

/// The weights of a lookahead convolution. Immutable.
final class Lookahead: Sendable {
    let features: Int
    /// τ: how many steps ahead it sees, and how late it is.
    let steps: Int
    /// [steps + 1, features]: a row for each distance, the present first.
    private let weight: AlignedFloats

    /// Takes weights [features, steps + 1] of a valid description.
    /// - Throws: ``ModelError`` when `weight` has another shape.
    init(_ description: LookaheadDescription, weight: Tensor) throws(ModelError) {
        (features, steps) = (description.features, description.steps)
        let columns = description.steps + 1, count = description.features
        let values = try weight.values(shaped: [count, columns])
        self.weight = AlignedFloats(count: columns * count)
        for j in 0..<columns { for i in 0..<count { self.weight.pointer[j * count + i] = values[i * columns + j] } }
    }

    /// Floats of state that a stream carries: its last inputs, the oldest first, [steps, features], padded as a whole.
    var stateSize: Int { (steps * features).padded }

    /// Every step of `batch`: `x` rows to `y` rows, none of which are the same. The inputs that stream n remembers are
    /// at `states[n] + offset`, and become its last ones.
    func apply(_ batch: RaggedBatch, x: Rows, to y: Rows, states: Rows, offset: Int) {
        for n in batch.lengths.indices {
            let length = batch.lengths[n], first = batch.offsets[n], past = states[n] + offset
            for s in 0..<length {
                let sums = y[first + s]
                sums.update(repeating: 0, count: features)
                for j in 0...steps {
                    let t = s - steps + j
                    add(t < 0 ? past + (steps + t) * features : x[first + t], timesRow: j, to: sums)
                }
            }
            remember(x, first: first, length: length, in: past)
        }
    }

    private func add(_ x: UnsafePointer<Float>, timesRow j: Int, to sums: UnsafeMutablePointer<Float>) {
        let weight = weight.pointer + j * features
        for i in 0..<features { sums[i] += weight[i] * x[i] }
    }

    /// The last inputs after `length` more of them.
    private func remember(_ x: Rows, first: Int, length: Int, in past: UnsafeMutablePointer<Float>) {
        for row in 0..<steps {
            let t = length - steps + row
            let input = t < 0 ? past + (row + length) * features : x[first + t]
            (past + row * features).update(from: input, count: features)
        }
    }
}

extension LookaheadDescription {
    /// - Throws: ``ModelError`` when it looks no step ahead, or absurdly many.
    func validate() throws(ModelError) {
        guard Self.allowedSteps.contains(steps) else {
            throw .absurdNetwork(name: name, reason: Self.refusal(steps: steps))
        }
    }

    /// Why there is none inside of a residual layer.
    static var residualRefusal: String {
        "it answers steps late, and a residual layer adds its input of the present; put it before or behind the residual layer"
    }

    /// What is said of a number of steps that cannot be.
    static func refusal(steps: Int) -> String {
        "it looks \(steps) steps ahead; \(allowedSteps.lowerBound) to \(allowedSteps.upperBound) can be"
    }
}

extension [LayerDescription] {
    /// The lookahead layers, of which there are none inside of residual layers.
    package var lookaheads: [LookaheadDescription] {
        compactMap { if case .lookahead(let lookahead) = $0 { lookahead } else { nil } }
    }

    /// - Throws: ``ModelError`` when a lookahead stands beside a bidirectional layer. Late outputs push the last steps
    ///   of a recording over its end, where the backward direction begins, and that direction has seen the future
    ///   anyway.
    func refuseDelayInBothDirections() throws(ModelError) {
        guard let lookahead = lookaheads.first, let both = recurrent.first(where: \.bidirectional) else { return }
        throw .absurdNetwork(
            name: lookahead.name,
            reason:
                "it answers late, and the bidirectional layer \"\(both.name)\" begins at the end, before the last answers are there; "
                + "leave it out, a network in both directions has all of the future")
    }

    /// Steps by which the outputs of these layers come late: output s stands for step s less so many.
    package var delaySteps: Int { lookaheads.reduce(0) { $0 + $1.steps } }
}

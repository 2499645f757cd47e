// A deep GRU: layers of cells, each reading the states of the one below; with two directions the states of both are
// concatenated, forward first, as in torch.nn.GRU(bidirectional=True).
//
// Bidirectional recurrent networks: Schuster and Paliwal 1997.

/// A stack of GRU layers in one or two directions.
package struct GRU: Sendable {
    /// One layer: the forward cell, and the one that reads the sequence from its end.
    struct Layer: Sendable {
        let forward: GRUCell
        let backward: GRUCell?
    }

    package let inputs: Int
    package let units: Int
    let layers: [Layer]

    package var isBidirectional: Bool { layers[0].backward != nil }
    /// Floats in one output step: the states of the last layer, of one or both directions.
    package var outputs: Int { isBidirectional ? 2 * units : units }
    /// Floats of state that a stream carries; nothing for the backward direction, which cannot be carried.
    package var stateCount: Int { layers.count * units }
    package var scratchCount: Int { layers.map(\.forward.scratchCount).max() ?? 0 }

    /// Takes the tensors `NAME.weight_ih_l0`, … `NAME.bias_hh_l1_reverse` out of `tensors`.
    /// - Throws: ``ModelError`` when one is missing or has another shape.
    package init(_ description: GRUDescription, tensors: Tensors, prefix: String) throws(ModelError) {
        precondition(description.layers > 0, "a GRU has at least one layer")
        inputs = description.inputs
        units = description.units
        var layers: [Layer] = []
        let directions = description.bidirectional ? 2 : 1
        for index in 0..<description.layers {
            let width = index == 0 ? description.inputs : description.units * directions
            func cell(_ suffix: String) throws(ModelError) -> GRUCell {
                let stem = "\(prefix)\(description.name)."
                return try GRUCell(
                    inputs: width, units: description.units, reset: description.reset,
                    inputWeight: try tensors.require("\(stem)weight_ih_l\(index)\(suffix)"),
                    stateWeight: try tensors.require("\(stem)weight_hh_l\(index)\(suffix)"),
                    inputBias: tensors.find("\(stem)bias_ih_l\(index)\(suffix)"),
                    stateBias: tensors.find("\(stem)bias_hh_l\(index)\(suffix)"))
            }
            layers.append(
                Layer(
                    forward: try cell(""), backward: description.bidirectional ? try cell("_reverse") : nil))
        }
        self.layers = layers
    }

    /// One step of a one-directional stack: `x` [inputs]; `state` [layers, units], moved on in place. The output is the
    /// state of the last layer.
    func step(_ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>) {
        var input = x
        for (index, layer) in layers.enumerated() {
            let h = state + index * units
            layer.forward.step(input, state: h, scratch: scratch)
            input = UnsafePointer(h)
        }
    }

    /// A whole sequence: `x` [T, inputs] to [T, outputs], from states of zero or from `initial` [layers, directions, units].
    /// The final states are written back to `initial`.
    package func read(_ x: AlignedFloats, steps: Int, initial: AlignedFloats? = nil) -> AlignedFloats {
        let scratch = AlignedFloats(count: scratchCount)
        let state = initial ?? AlignedFloats(count: stateCount * (isBidirectional ? 2 : 1))
        var input = x
        var h = state.pointer
        for layer in layers {
            let output = AlignedFloats(count: steps * outputs)
            for (direction, cell) in [layer.forward, layer.backward].compactMap({ $0 }).enumerated() {
                for step in 0..<steps {
                    let t = direction == 0 ? step : steps - 1 - step
                    cell.step(input.pointer + t * cell.inputs, state: h, scratch: scratch.pointer)
                    (output.pointer + t * outputs + direction * units).update(from: h, count: units)
                }
                h += units
            }
            input = output
        }
        return input
    }
}

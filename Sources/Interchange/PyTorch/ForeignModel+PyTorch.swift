// PyTorch's state dicts. A module's name is what stands before the last dot; what stands after says its kind, and
// the shapes say the rest:
//
//     NAME.weight_ih_l{k}{,_reverse} [G H, I], NAME.weight_hh_l{k} [G H, H]    G = 4 an LSTM, 3 a GRU (reset after the
//                                      product), 1 an RNN (tanh), 2 Heard's simple GRU
//     NAME.weight_hr_l{k} [P, H]       an LSTM with projection; then weight_hh_l{k} is [4 H, P]
//     NAME.peephole_l{k} [3 H], NAME.h0, NAME.c0                               Heard's own names
//     NAME.weight_ih, NAME.weight_hh   a cell (torch.nn.GRUCell, …): a stack of one layer
//     NAME.weight [out, in]            linear
//     NAME.weight [features], NAME.bias                                        layer norm
//
// Weight norms have been put together before (Tensors+WeightNorm.swift).
//
// Reference: the documentation of torch.nn.RNN, GRU, LSTM, Linear, LayerNorm. Biases may be missing.

import Recurrent

extension ForeignModules {
    /// Finds the layers of a state dict.
    /// - Throws: ``ForeignError/wrongWeights(layer:reason:)`` when shapes make no layer.
    init(pyTorch file: Tensors) throws(ForeignError) {
        var groups: [String: [String: Tensor]] = [:]
        for (name, tensor) in file.tensors where !name.hasPrefix("feature.") {
            let (stem, leaf) = Self.split(name)
            let isCell = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].contains(leaf)
            groups[stem, default: [:]][isCell ? "\(leaf)_l0" : leaf] = tensor
        }
        for (stem, leaves) in groups.sorted(by: { $0.key < $1.key }) {
            if leaves["weight_ih_l0"] != nil {
                try addRecurrent(stem, leaves)
            } else if let weight = leaves["weight"], (1...2).contains(weight.shape.count) {
                addPlain(stem, weight, leaves)
            } else {
                strays += leaves.values.sorted { $0.name < $1.name }
            }
        }
    }

    /// "encoder.gru.weight_ih_l0" is ("encoder.gru", "weight_ih_l0").
    private static func split(_ name: String) -> (stem: String, leaf: String) {
        guard let dot = name.lastIndex(of: ".") else { return ("", name) }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    private mutating func addPlain(_ stem: String, _ weight: Tensor, _ leaves: [String: Tensor]) {
        var tensors = [weight.named("weight")]
        if let bias = leaves["bias"] { tensors.append(bias.named("bias")) }
        if weight.shape.count == 2 {
            let name = stem.isEmpty ? "linear" : stem
            modules.append(
                ForeignModule(
                    layer: .linear(LinearDescription(name: name, inputs: weight.shape[1], outputs: weight.shape[0])),
                    tensors: tensors))
        } else {
            let count = weight.values.count
            if tensors.count == 1 { tensors.append(.zeros("bias", count)) }
            modules.append(
                ForeignModule(
                    layer: .layerNorm(LayerNormDescription(name: stem.isEmpty ? "norm" : stem, features: count)),
                    tensors: tensors))
        }
        strays += leaves.filter { !["weight", "bias"].contains($0.key) }.values.sorted { $0.name < $1.name }
    }

    private mutating func addRecurrent(_ stem: String, _ leaves: [String: Tensor]) throws(ForeignError) {
        let known = ["weight_ih_l", "weight_hh_l", "weight_hr_l", "bias_ih_l", "bias_hh_l", "peephole_l"]
        var tensors: [Tensor] = []
        for (leaf, tensor) in leaves.sorted(by: { $0.key < $1.key }) {
            if known.contains(where: leaf.hasPrefix) {
                tensors.append(tensor.named(leaf))
            } else if ["h0", "c0"].contains(leaf) {
                tensors.append(tensor.named(leaf).withoutBatch)
            } else {
                strays.append(tensor)
            }
        }
        let description = try Self.recurrent(stem, leaves)
        modules.append(ForeignModule(layer: .recurrent(description), tensors: tensors))
    }

    /// Reads kind, sizes, depth and direction out of the shapes.
    private static func recurrent(_ stem: String, _ leaves: [String: Tensor]) throws(ForeignError)
        -> RecurrentDescription
    {
        guard let input = leaves["weight_ih_l0"]?.shape, let state = leaves["weight_hh_l0"]?.shape, input.count == 2,
            state.count == 2, input[0] == state[0]
        else {
            throw .wrongWeights(
                layer: stem, reason: "weight_ih_l0 and weight_hh_l0 are not two matrices with as many rows")
        }
        let projection = leaves["weight_hr_l0"]?.shape
        let units = projection?.last ?? state[1]
        guard units > 0, input[0] % units == 0, (1...4).contains(input[0] / units) else {
            throw .wrongWeights(
                layer: stem, reason: "weight_ih_l0 \(input) and weight_hh_l0 \(state) are not 1 to 4 gates of one size")
        }
        let gates = input[0] / units
        guard projection == nil || (gates == 4 && projection?.count == 2) else {
            throw .wrongWeights(layer: stem, reason: "weight_hr_l0 is there, but there are \(gates) gates, not 4")
        }
        let cell: CellKind =
            switch gates {
            case 1: .rnn(.tanh)
            case 2: .simpleGRU
            case 3: .gru(.after)
            default: .lstm(peepholes: leaves["peephole_l0"] != nil, projection: projection?[0])
            }
        var description = RecurrentDescription(
            name: stem.isEmpty ? cell.type : stem, cell: cell, inputs: input[1], units: units,
            layers: (1...leaves.count).first { leaves["weight_ih_l\($0)"] == nil } ?? 1,
            bidirectional: leaves["weight_ih_l0_reverse"] != nil, learnsInitialState: leaves["h0"] != nil)
        if description.bidirectional, leaves["weight_ih_l1"]?.shape.last == description.hiddenSize {
            description.merge = .sum
        }
        return description
    }
}

extension Tensor {
    func named(_ name: String) -> Tensor {
        var tensor = self
        tensor.name = name
        return tensor
    }

    static func zeros(_ name: String, _ count: Int) -> Tensor {
        Tensor(name: name, shape: [count], values: Array(repeating: 0, count: count))
    }

    /// A state [layers, 1, size] as [layers, size].
    fileprivate var withoutBatch: Tensor {
        var tensor = self
        if shape.count == 3, shape[1] == 1 { tensor.shape.remove(at: 1) }
        return tensor
    }
}

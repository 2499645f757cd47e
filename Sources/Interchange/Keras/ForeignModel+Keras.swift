// TensorFlow's layouts, each kernel [inputs, outputs], turned into PyTorch's rows:
//
//     Keras LSTM, GRU, SimpleRNN   X/kernel [I, G H], X/recurrent_kernel [H, G H], X/bias [G H]
//                                  LSTM i, f, c, o; GRU z, r, h with X/bias [2, 3 H] when its reset_after is true
//     Bidirectional                …/forward_X/… and …/backward_X/…
//     Dense, LayerNormalization    X/kernel [I, O], X/bias; X/gamma, X/beta (epsilon 0.001)
//     TF 1 GRUCell                 X/gates/kernel [I + H, 2 H] (r, u), X/candidate/kernel [I + H, H], biases; the reset
//                                  gate before the product; h = u h + (1 - u) c
//     TF 1 LSTMCell                X/kernel [I + P, 4 H] (i, j, f, o; forget_bias 1 is added to f's bias), X/bias,
//                                  X/w_{i,f,o}_diag [H], X/projection/kernel [H, P]; X has "lstm" in its name
//
// The files of Keras 3 (.weights.h5) number the tensors of a layer instead: X/cell/vars/0 is the kernel, 1 the
// recurrent kernel, 2 the bias; X/vars/0 a kernel or, of one axis, gamma, and 1 the bias or beta. A ":0" at the end of
// a name and a last "…_cell" of X do not matter; slashes become dots. ARM's keyword models have bare names
// (gates/kernel, output/kernel): these become gru and out.

import Recurrent

extension ForeignModules {
    /// Whether the names are TensorFlow's.
    static func isKeras(_ file: Tensors) -> Bool {
        file.tensors.keys.contains { name in
            let leaf = name.split(separator: "/").last?.split(separator: ":").first
            return name.contains("/") && (leaf == "kernel" || leaf == "recurrent_kernel") || isNumbered(name)
        }
    }

    private static func isNumbered(_ name: String) -> Bool { name.firstMatch(of: #/\/vars\/\d$/#) != nil }

    /// The stem and leaf of a name in which Keras 3 has numbered the tensors of a layer.
    private static func named(_ name: String, in file: Tensors) -> (parts: [String], leaf: String)? {
        guard isNumbered(name), let number = name.last?.wholeNumberValue else { return nil }
        var parts = name.split(separator: "/").map(String.init).dropLast(2)
        let isCell = parts.last == "cell"
        if isCell { parts.removeLast() }
        if parts.first == "layers" { parts.removeFirst() }
        let isNorm = file.find("\(name.dropLast())0")?.shape.count == 1
        let names = isCell ? ["kernel", "recurrent_kernel", "bias"] : isNorm ? ["gamma", "beta"] : ["kernel", "bias"]
        return number < names.count ? (Array(parts), names[number]) : nil
    }

    /// Finds the layers; `reset` is for GRUs without a bias.
    /// - Throws: ``ForeignError``.
    init(keras file: Tensors, reset: ResetGate?) throws(ForeignError) {
        let architecture = KerasArchitecture(file)
        try architecture?.check()
        let layersOfReLU = architecture?.layersOfReLU ?? []
        var groups: [String: [String: Tensor]] = [:]
        for (name, tensor) in file.tensors where !name.hasPrefix("feature.") {
            var parts = name.prefix { $0 != ":" }.split(separator: "/").map(String.init)
            var leaf = parts.popLast() ?? name
            if let numbered = Self.named(name, in: file) { (parts, leaf) = numbered }
            if let last = parts.last, ["gates", "candidate", "projection"].contains(last) {
                leaf = "\(last)/\(leaf)"
                parts.removeLast()
            }
            groups[parts.joined(separator: "/"), default: [:]][leaf] = tensor
        }
        let isCellOfARM = groups[""]?["gates/kernel"] != nil
        for (stem, leaves) in groups.sorted(by: { $0.key < $1.key }) {
            var group = KerasGroup(stem: stem, leaves: leaves)
            guard var module = try group.module(reset: reset) else {
                strays += leaves.values.sorted { $0.name < $1.name }
                continue
            }
            if isCellOfARM, stem == "output" { module.name = "out" }
            if layersOfReLU.contains(module.name.split(separator: ".").last.map(String.init) ?? "") {
                module.becomeReLU()
            }
            modules.append(module)
            notes += group.notes
            strays += group.leaves.values.sorted { $0.name < $1.name }
        }
        try joinDirections()
        let gated = modules.filter { ["gru", "lstm"].contains($0.type) && !isCellOfARM }.map { "\"\($0.name)\"" }
        if !gated.isEmpty, architecture == nil {
            notes.append(
                "the weights do not say which activations \(gated.joined(separator: ", ")) were trained with; tanh and sigmoid are "
                    + "taken. Of recurrent_activation=\"hard_sigmoid\", the default of Keras before 2.3, answers would be wrong"
            )
        }
    }

    /// Makes one layer of each …forward_X and …backward_X.
    private mutating func joinDirections() throws(ForeignError) {
        for backward in modules where backward.name.contains("backward_") {
            let forwardName = backward.name.replacing("backward_", with: "forward_")
            guard let index = modules.firstIndex(where: { $0.name == forwardName }),
                case .recurrent(var both) = modules[index].layer, case .recurrent(var other) = backward.layer
            else { continue }
            other.name = both.name
            guard both == other else {
                throw .wrongWeights(layer: forwardName, reason: "\(backward.name) has other sizes")
            }
            both.name = backward.name.replacing("backward_", with: "")
            both.bidirectional = true
            modules[index].layer = .recurrent(both)
            modules[index].tensors += backward.tensors.map { $0.named("\($0.name)_reverse") }
            modules.removeAll { $0.name == backward.name }
        }
    }
}

/// The tensors of one TensorFlow layer; those that are used leave ``leaves``.
private struct KerasGroup {
    let stem: String
    var leaves: [String: Tensor]
    var notes: [String] = []

    /// The layer's name: the stem without a last "…_cell".
    private var name: String {
        var parts = stem.split(separator: "/").map(String.init)
        if parts.count > 1, parts.last?.wholeMatch(of: #/(gru|lstm|simple_rnn|basic_lstm)_cell(_\d+)?/#) != nil {
            parts.removeLast()
        }
        return parts.joined(separator: ".")
    }

    /// The layer, or nil when the tensors are none.
    mutating func module(reset: ResetGate?) throws(ForeignError) -> ForeignModule? {
        if leaves["gates/kernel"] != nil { return try cellOfGRU() }
        if let scale = take("gamma") {
            let shift = take("beta") ?? .zeros("", scale.values.count)
            let norm = LayerNormDescription(name: name, features: scale.values.count, epsilon: 0.001)
            return ForeignModule(layer: .layerNorm(norm), tensors: [scale.named("weight"), shift.named("bias")])
        }
        guard let kernel = take("kernel") else { return nil }
        try require(kernel, "kernel is [inputs, outputs]") { $0.count == 2 }
        if let recurrent = take("recurrent_kernel") { return try layer(kernel, recurrent, reset: reset) }
        if stem.lowercased().contains("lstm") || leaves["w_i_diag"] != nil { return try cellOfLSTM(kernel) }
        let weight = kernel.transposed()
        return ForeignModule(
            layer: .linear(LinearDescription(name: name, inputs: kernel.shape[0], outputs: kernel.shape[1])),
            tensors: [weight.named("weight")] + [take("bias")?.named("bias")].compactMap { $0 })
    }

    private mutating func take(_ leaf: String) -> Tensor? { leaves.removeValue(forKey: leaf) }

    private func require(_ tensor: Tensor, _ rule: String, _ holds: ([Int]) -> Bool) throws(ForeignError) {
        guard holds(tensor.shape) else {
            throw .wrongWeights(layer: stem, reason: "\(rule), not \(tensor.shape)")
        }
    }

    /// Keras's LSTM, GRU or SimpleRNN.
    private mutating func layer(_ kernel: Tensor, _ recurrent: Tensor, reset: ResetGate?) throws(ForeignError)
        -> ForeignModule
    {
        let inputs = kernel.shape[0], columns = kernel.shape[1], units = recurrent.shape.first ?? 0
        try require(recurrent, "recurrent_kernel is [units, gates * units], 1, 3 or 4 gates") {
            $0 == [units, columns] && [units, 3 * units, 4 * units].contains(columns) && units > 0
        }
        let gates = columns / units
        let bias = take("bias")
        if let bias {
            let isDouble = gates == 3 && bias.shape == [2, columns]
            try require(bias, "bias is [\(columns)]\(gates == 3 ? " or [2, \(columns)]" : "")") {
                $0 == [columns] || isDouble
            }
        }
        let cell: CellKind
        switch gates {
        case 1: cell = .rnn(.tanh)
        case 3:
            guard let gate = bias.map({ $0.shape.count == 2 ? ResetGate.after : .before }) ?? reset else {
                throw .resetUnknown(layer: name)
            }
            cell = .gru(gate)
        default: cell = .lstm(peepholes: false, projection: nil)
        }
        // Rows z, r, h become r, z, n; i, f, c, o are PyTorch's i, f, g, o.
        let order = gates == 3 ? [1, 0, 2] : Array(0..<gates)
        var tensors = [
            kernel.transposed().gates(order, named: "weight_ih_l0"),
            recurrent.transposed().gates(order, named: "weight_hh_l0"),
        ]
        for (index, name) in ["bias_ih_l0", "bias_hh_l0"].enumerated() {
            guard let bias, (index + 1) * columns <= bias.values.count else { continue }
            let values = Array(bias.values[(index * columns)..<((index + 1) * columns)])
            tensors.append(Tensor(name: name, shape: [columns], values: values).gates(order, named: name))
        }
        return ForeignModule(
            layer: .recurrent(RecurrentDescription(name: name, cell: cell, inputs: inputs, units: units)),
            tensors: tensors)
    }

    /// TF 1's GRUCell.
    private mutating func cellOfGRU() throws(ForeignError) -> ForeignModule {
        guard let gates = take("gates/kernel"), let candidate = take("candidate/kernel"),
            let gatesBias = take("gates/bias"), let candidateBias = take("candidate/bias")
        else {
            throw .wrongWeights(
                layer: stem, reason: "a GRUCell has gates/kernel, gates/bias, candidate/kernel and candidate/bias")
        }
        let units = (gates.shape.last ?? 0) / 2, inputs = (gates.shape.first ?? 0) - units
        try require(gates, "gates/kernel is [inputs + units, 2 * units]") {
            $0 == [inputs + units, 2 * units] && units > 0 && inputs > 0
        }
        try require(candidate, "candidate/kernel is [\(inputs + units), \(units)]") { $0 == [inputs + units, units] }
        try require(gatesBias, "gates/bias is [\(2 * units)]") { $0 == [2 * units] }
        try require(candidateBias, "candidate/bias is [\(units)]") { $0 == [units] }
        // [3 H, I + H]: rows r, u, then the candidate, as PyTorch's r, z, n.
        let rows = Tensor(
            name: "", shape: [3 * units, inputs + units],
            values: gates.transposed().values + candidate.transposed().values)
        let description = RecurrentDescription(
            name: stem.isEmpty ? "gru" : name, cell: .gru(.before), inputs: inputs, units: units)
        return ForeignModule(
            layer: .recurrent(description),
            tensors: [
                rows.columns(0..<inputs, named: "weight_ih_l0"),
                rows.columns(inputs..<(inputs + units), named: "weight_hh_l0"),
                Tensor(name: "bias_ih_l0", shape: [3 * units], values: gatesBias.values + candidateBias.values),
            ])
    }

    /// TF 1's LSTMCell.
    private mutating func cellOfLSTM(_ kernel: Tensor) throws(ForeignError) -> ForeignModule {
        let units = kernel.shape[1] / 4
        let projection = take("projection/kernel")
        if let projection {
            try require(projection, "projection/kernel is [\(units), P]") { $0.first == units && $0.count == 2 }
        }
        let size = projection?.shape[1] ?? units, inputs = kernel.shape[0] - size
        try require(kernel, "an LSTMCell's kernel is [inputs + \(size), 4 * units]") {
            $0[1] == 4 * units && units > 0 && inputs > 0
        }
        let order = [0, 2, 1, 3]
        let rows = kernel.transposed().gates(order, named: "")
        var bias = (take("bias") ?? .zeros("", 4 * units)).named("bias_ih_l0")
        try require(bias, "bias is [\(4 * units)]") { $0 == [4 * units] }
        bias = bias.gates(order, named: bias.name)
        for index in units..<(2 * units) { bias.values[index] += 1 }
        var tensors = [
            rows.columns(0..<inputs, named: "weight_ih_l0"),
            rows.columns(inputs..<(inputs + size), named: "weight_hh_l0"),
            bias,
        ]
        if let projection { tensors.append(projection.transposed().named("weight_hr_l0")) }
        let peepholes = ["w_i_diag", "w_f_diag", "w_o_diag"].compactMap { take($0)?.values }
        if !peepholes.isEmpty {
            guard peepholes.map(\.count) == [units, units, units] else {
                throw .wrongWeights(
                    layer: stem, reason: "peepholes are w_i_diag, w_f_diag and w_o_diag, each [\(units)]")
            }
            tensors.append(Tensor(name: "peephole_l0", shape: [3 * units], values: peepholes.flatMap { $0 }))
        }
        notes.append("LSTMCell \"\(name)\" is taken to have forget_bias 1, which is added to its bias")
        let cell = CellKind.lstm(peepholes: !peepholes.isEmpty, projection: projection?.shape[1])
        return ForeignModule(
            layer: .recurrent(RecurrentDescription(name: name, cell: cell, inputs: inputs, units: units)),
            tensors: tensors)
    }
}

extension Tensor {
    /// The row blocks of a [gates * units, …] tensor in another order: block `order[i]` becomes block i.
    func gates(_ order: [Int], named name: String) -> Tensor {
        let block = values.count / order.count
        return Tensor(
            name: name, shape: shape, values: order.flatMap { values[($0 * block)..<(($0 + 1) * block)] })
    }

    /// Some columns of a matrix.
    fileprivate func columns(_ range: Range<Int>, named name: String) -> Tensor {
        let values = (0..<shape[0]).flatMap { row in range.map { self.values[row * shape[1] + $0] } }
        return Tensor(name: name, shape: [shape[0], range.count], values: values)
    }
}

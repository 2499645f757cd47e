// Nodes that compute nothing: they rearrange axes, or make constants and states. A sequence's axes are rows of
// factors (ONNXSequence.axes), so that Transpose moves rows and Reshape cuts the row of all factors in another way.

import Recurrent

extension ONNXImporter {
    func constant(_ node: ONNXNode) throws(ForeignError) -> ONNXTensor {
        for (name, attribute) in node.attributes {
            switch (name, attribute) {
            case ("value", .tensor(let tensor)): return tensor
            case ("value_float", .float(let value)): return ONNXTensor(name: "", shape: [], values: .floats([value]))
            case ("value_int", .integer(let value)): return ONNXTensor(name: "", shape: [], values: .integers([value]))
            case ("value_floats", .floats(let values)):
                return ONNXTensor(name: "", shape: [values.count], values: .floats(values))
            case ("value_ints", .integers(let values)):
                return ONNXTensor(name: "", shape: [values.count], values: .integers(values))
            default: continue
            }
        }
        throw failure(node, "it has no value of floats or integers")
    }

    /// Exporters make states of zero in this way.
    func constantOfShape(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        guard case .tensor(let tensor)? = node.attributes["value"] else { return .state(nil) }
        guard tensor.floats?.allSatisfy({ $0 == 0 }) ?? (tensor.integers?.allSatisfy { $0 == 0 } ?? false) else {
            throw failure(node, "only zeros, for an initial state, can be made")
        }
        return .state(nil)
    }

    /// One state for all sequences of a batch.
    func expand(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        switch try value(node, 0) {
        case .state(let tensor): return .state(tensor)
        case .constant(let tensor) where tensor.floats?.allSatisfy { $0 == 0 } ?? false: return .state(nil)
        case .constant(let tensor) where tensor.floats != nil: return .state(tensor)
        default: throw failure(node, "only an initial state can be expanded")
        }
    }

    /// PyTorch's exporter cuts one input with the states of all layers into theirs.
    func stateParts(_ node: ONNXNode) throws(ForeignError) -> [ONNXValue] {
        switch try value(node, 0) {
        case .state(nil): break
        case .sequence(let sequence) where sequence.steps.isEmpty: break
        default: throw failure(node, "the sequence cannot be cut; only states can")
        }
        return node.outputs.map { _ in .state(nil) }
    }

    func cast(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let input = try value(node, 0)
        if case .constant(let tensor) = input, tensor.floats == nil { throw failure(node, "only floats can be cast") }
        guard [1, 10, 11, 16].contains(node.integer("to", default: 1)) else {
            throw failure(node, "the sequence must stay floats")
        }
        return input
    }

    /// The axes of Squeeze and Unsqueeze: an attribute before opset 13, then an input.
    private func axes(_ node: ONNXNode, rank: Int) throws(ForeignError) -> [Int]? {
        guard let given = has(node, 1) ? try integers(node, 1) : node.integers("axes") else { return nil }
        let axes = given.map { $0 < 0 ? $0 + rank : $0 }
        guard axes.allSatisfy((0..<rank).contains), Set(axes).count == axes.count else {
            throw failure(node, "axes \(given) are not axes of \(rank)")
        }
        return axes
    }

    func squeeze(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        if case .state(let tensor) = try value(node, 0) { return .state(tensor) }
        var sequence = try sequence(node, 0)
        let ones = sequence.axes.indices.filter { sequence.axes[$0].isEmpty }
        let axes = try axes(node, rank: sequence.axes.count) ?? ones
        guard axes.allSatisfy(ones.contains) else {
            throw failure(node, "one of the axes \(axes) is not of extent one")
        }
        for axis in axes.sorted(by: >) { sequence.axes.remove(at: axis) }
        return .sequence(sequence)
    }

    func unsqueeze(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        switch try value(node, 0) {
        case .state(let tensor): return .state(tensor)
        case .constant(let tensor):
            guard let axes = try axes(node, rank: tensor.shape.count + (node.integers("axes")?.count ?? 1)) else {
                throw failure(node, "it has no axes")
            }
            var shape = tensor.shape
            for axis in axes.sorted() { shape.insert(1, at: min(axis, shape.count)) }
            return .constant(ONNXTensor(name: tensor.name, shape: shape, values: tensor.values))
        default: break
        }
        var sequence = try sequence(node, 0)
        let count = has(node, 1) ? try integers(node, 1).count : node.integers("axes")?.count ?? 0
        guard count <= 4, let axes = try axes(node, rank: sequence.axes.count + count) else {
            throw failure(node, "it has no axes")
        }
        for axis in axes.sorted() { sequence.axes.insert([], at: axis) }
        return .sequence(sequence)
    }

    func transpose(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let order = node.integers("perm")
        if case .constant(let tensor) = try value(node, 0) {
            guard let floats = tensor.floats, tensor.shape.count == 2, order ?? [1, 0] == [1, 0] else {
                throw failure(node, "of constants only a matrix can be transposed")
            }
            let matrix = Tensor(name: tensor.name, shape: tensor.shape, values: floats).transposed()
            return .constant(ONNXTensor(name: tensor.name, shape: matrix.shape, values: .floats(matrix.values)))
        }
        var sequence = try sequence(node, 0)
        let axes = sequence.axes, permutation = order ?? axes.indices.reversed()
        guard permutation.sorted() == Array(axes.indices) else {
            throw failure(node, "perm \(permutation) does not fit to an input of \(axes.count) axes")
        }
        sequence.axes = permutation.map { axes[$0] }
        return .sequence(sequence)
    }

    /// 0 keeps the extent of the same axis, -1 takes what the others leave.
    func reshape(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let extents = try integers(node, 1)
        if case .state(let tensor) = try value(node, 0) { return .state(tensor) }
        var sequence = try sequence(node, 0)
        guard extents.count <= 8, node.integer("allowzero", default: 0) == 0 else {
            throw failure(node, "its shape \(extents) is not supported")
        }
        let cut = extents.firstIndex(of: -1) ?? extents.count
        var rest = sequence.axes.flatMap { $0 }[...]
        var front: [[ONNXSequence.Factor]] = [], back: [[ONNXSequence.Factor]] = []
        for (index, extent) in extents[..<cut].enumerated() {
            front.append(try take(node, extent, at: index, of: sequence, from: &rest, atFront: true))
        }
        for (index, extent) in extents.enumerated().dropFirst(cut + 1).reversed() {
            back.insert(try take(node, extent, at: index, of: sequence, from: &rest, atFront: false), at: 0)
        }
        guard cut < extents.count || rest.isEmpty else {
            throw failure(node, "its shape \(extents) has not room for its input")
        }
        sequence.axes = front + (cut < extents.count ? [Array(rest)] : []) + back
        sequence.joinDirections()
        return .sequence(sequence)
    }

    /// The factors of one new axis, from one end of those that are left.
    private func take(
        _ node: ONNXNode, _ extent: Int, at index: Int, of sequence: ONNXSequence,
        from rest: inout ArraySlice<ONNXSequence.Factor>, atFront: Bool
    ) throws(ForeignError) -> [ONNXSequence.Factor] {
        if extent == 1 { return [] }
        func isSame(_ factors: [ONNXSequence.Factor]) -> Bool {
            (atFront ? Array(rest.prefix(factors.count)) : Array(rest.suffix(factors.count))) == factors
        }
        let candidates =
            extent == 0 && sequence.axes.indices.contains(index)
            ? [sequence.axes[index]] : sequence.factors(ofExtent: extent)
        guard let factors = candidates.first(where: isSame) else {
            throw failure(
                node,
                "it does more than rearrange axes: extent \(extent) of its new axis \(index) is none of its input's")
        }
        if atFront { rest.removeFirst(factors.count) } else { rest.removeLast(factors.count) }
        return factors
    }

    /// The sum over directions.
    func reduceSum(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        var sequence = try sequence(node, 0)
        guard let axes = try axes(node, rank: sequence.axes.count), axes.count == 1,
            sequence.axes[axes[0]] == [.direction],
            case .module(var module)? = sequence.steps.last, case .recurrent(var recurrent) = module.layer
        else {
            throw failure(node, "only the two directions of a bidirectional layer can be summed")
        }
        recurrent.merge = .sum
        module.layer = .recurrent(recurrent)
        sequence.steps[sequence.steps.count - 1] = .module(module)
        sequence.axes[axes[0]] = []
        if node.integer("keepdims", default: 1) == 0 { sequence.axes.remove(at: axes[0]) }
        return .sequence(sequence)
    }
}

// What a value of the graph means when the graph is read as a recurrent network.

import Pipeline
import Recurrent

/// A value of an ONNX graph.
enum ONNXValue: Equatable {
    /// The sequence, after some layers.
    case sequence(ONNXSequence)
    case constant(ONNXTensor)
    /// A state before the first or after the last step: zero, carried by the caller, or (with a tensor) learned.
    case state(ONNXTensor?)
    /// What came of a node that cannot be read. It is an error only when the network's output needs it.
    case failed(ForeignError)
}

/// The sequence that runs through the network: which layers it has passed, and how its axes lie.
struct ONNXSequence: Equatable {
    /// A factor of an axis.
    enum Factor: Hashable {
        /// An axis of the graph's input, which is time or batch; its extent where the file says it.
        case outer(axis: Int, extent: Int?)
        /// Forward and backward of a bidirectional layer.
        case direction
        case features
    }

    /// One step of the way here.
    enum Step: Equatable {
        case module(ForeignModule)
        case activation(Activation)
        case residual([Step])
    }

    /// The graph input that it comes from.
    var source: String
    var steps: [Step] = []
    /// The factors of each axis, outermost first. An axis of extent one has none. Reshaping cuts the row of all
    /// factors in another way, transposing moves whole axes.
    var axes: [[Factor]]
    /// Floats of the features; nil when the file does not say.
    var width: Int?

    /// Whether the last axis, and no other, holds the features, all of them.
    var isPlain: Bool {
        axes.last == [.features] && axes.dropLast().allSatisfy { $0.allSatisfy { $0.isOuter } }
    }

    /// Directions side by side in the last axis are features.
    mutating func joinDirections() {
        guard axes.last == [.direction, .features] else { return }
        axes[axes.count - 1] = [.features]
        width = width.map { 2 * $0 }
    }

    /// What can be an axis of that extent: features of one or both directions, the directions, time or batch.
    func factors(ofExtent extent: Int) -> [[Factor]] {
        var candidates: [[Factor]] = outer.filter {
            if case .outer(_, extent) = $0 { true } else { false }
        }.map { [$0] }
        if width == extent { candidates.append([.features]) }
        if let width, 2 * width == extent { candidates.append([.direction, .features]) }
        if extent == 2 { candidates.append([.direction]) }
        return candidates
    }

    /// The factors of time and batch.
    var outer: [Factor] { axes.flatMap { $0 }.filter(\.isOuter) }
}

extension ONNXSequence.Factor {
    var isOuter: Bool { if case .outer = self { true } else { false } }
}

extension [ONNXSequence.Step] {
    /// How deep residual layers are nested.
    var depth: Int {
        reduce(0) { depth, step in
            if case .residual(let inner) = step { Swift.max(depth, 1 + inner.depth) } else { depth }
        }
    }

    /// The layers and tensors; each module gets a name of its own, and the layers of a stack that are nodes of their
    /// own (`gru_l0`, `gru_l1`) become one.
    func network(tensors: inout Tensors) -> ModelFile.Network {
        var names: Set<String> = []
        return stacked.described(names: &names, tensors: &tensors)
    }

    private func described(names: inout Set<String>, tensors: inout Tensors) -> ModelFile.Network {
        map { step in
            switch step {
            case .activation(let activation): return .activation(activation)
            case .residual(let inner): return .residual(inner.described(names: &names, tensors: &tensors))
            case .module(var module):
                let wanted = ONNXLabel(module.name).stem
                let others = (2...).lazy.map { "\(wanted)_\($0)" }
                module.name = names.contains(wanted) ? others.first { !names.contains($0) }! : wanted
                names.insert(module.name)
                for tensor in module.tensors { tensors.insert(tensor, as: "\(module.name).\(tensor.name)") }
                return module.layer
            }
        }
    }

    private var stacked: [ONNXSequence.Step] {
        var result: [ONNXSequence.Step] = []
        for step in self {
            if case .module(let upper) = step, case .module(let lower)? = result.last, let both = lower.stacked(upper) {
                result[result.count - 1] = .module(both)
            } else if case .residual(let inner) = step {
                result.append(.residual(inner.stacked))
            } else {
                result.append(step)
            }
        }
        return result
    }
}

/// A node's name taken apart: "encoder_l2" is layer 2 of the stack "encoder".
struct ONNXLabel {
    var stem: String
    var layer: Int?

    init(_ label: String) {
        if let match = label.wholeMatch(of: #/(.+)_l(\d{1,3})/#) {
            stem = String(match.1)
            layer = Int(match.2)
        } else {
            stem = label
        }
    }
}

extension ForeignModule {
    /// This stack with `upper` as its next layer, when the two are of one kind and their names say so.
    fileprivate func stacked(_ upper: ForeignModule) -> ForeignModule? {
        guard case .recurrent(var stack) = layer, case .recurrent(let next) = upper.layer else { return nil }
        let (own, other) = (ONNXLabel(stack.name), ONNXLabel(next.name))
        var alike = next
        (alike.name, alike.inputs, alike.layers) = (stack.name, stack.inputs, stack.layers)
        guard own.stem == other.stem, own.layer == 0, other.layer == stack.layers, next.inputs == stack.outputs,
            alike == stack
        else { return nil }
        let index = stack.layers
        stack.layers += 1
        var result = self
        result.layer = .recurrent(stack)
        for tensor in upper.tensors {
            if ["h0", "c0"].contains(tensor.name) {
                guard let row = result.tensors.firstIndex(where: { $0.name == tensor.name }) else { return nil }
                result.tensors[row] = Tensor(
                    name: tensor.name, shape: [result.tensors[row].shape[0] + tensor.shape[0], tensor.shape[1]],
                    values: result.tensors[row].values + tensor.values)
            } else {
                result.tensors.append(tensor.named(tensor.name.replacing("_l0", with: "_l\(index)")))
            }
        }
        return result
    }
}

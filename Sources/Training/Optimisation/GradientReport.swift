// How gradients fade or grow: the norm of each tensor's gradient, and for each recurrent layer the norm of the state's
// gradient by time step. Along a sequence the latter shows vanishing gradients (Hochreiter 1991; Bengio, Simard,
// Frasconi 1994) at a glance: a layer whose early steps get nothing learns nothing from them.

import Recurrent

/// Norms of one batch's gradients.
package final class GradientReport {
    /// One direction of a recurrent layer.
    package struct States: Sendable {
        package let gradient: StateGradient
        /// Root mean square over sequences and units of ∂loss/∂h by time step.
        package let norms: [Double]
    }

    /// Norms by tensor, in the order of the network.
    package private(set) var tensors: [(name: String, norm: Double)] = []
    /// By recurrent layer and direction, in the order of the network.
    package private(set) var states: [States] = []
    private let table: ParameterTable
    private let layout: PackedBatch

    init(_ table: ParameterTable, layout: PackedBatch) {
        self.table = table
        self.layout = layout
    }

    /// `dh` [rows, size] as ``TrainingPass/report`` gives it.
    func observe(_ gradient: StateGradient, _ dh: UnsafePointer<Float>, _ size: Int) {
        let norms = (0..<layout.steps).map { step in
            let count = layout.active(step) * size
            return (Float.squares(dh + layout.offsets[step] * size, count: count) / Double(count)).squareRoot()
        }
        // The walk back meets the last layer first, and of a layer the forward direction.
        states.insert(States(gradient: gradient, norms: norms), at: gradient.direction)
    }

    func finish(gradient: UnsafePointer<Float>) {
        tensors = table.entries.map { entry in
            (entry.name, Float.squares(gradient + entry.offset, count: entry.count).squareRoot())
        }
    }
}

// A recording begins in the middle of things: its first word may stand in its first frame. A network whose states are
// zero has never heard that at all, for in training some quiet goes ahead of each clip. So a finished model can begin
// in the states that quiet has left, as if it had been listening before.

import Features
import Pipeline
import Recurrent

extension ModelFile {
    /// Sets a network's states before the first step to those after `seconds` of faint noise, as `NAME.h0` and
    /// `NAME.c0`.
    mutating func settle(_ part: Part, seconds: Double) throws {
        let model = try Model(self, path: "the model")
        guard let network = model[part] else { return }
        // The self-test's noise, which is the same everywhere, about 75 dB below full scale.
        let noise = SelfTest.signal(samples: Int(seconds * Double(model.sampleRate))).map { $0 * 1e-3 }
        let (steps, count) = model.features.steps(of: noise)
        guard count > 0 else { return }
        let state = NetworkState(network)
        _ = network.read(steps, steps: count, state: state)
        var (h, c) = state.values
        let prefix = "\(part.rawValue)."
        func take(_ name: String, _ rows: Int, _ width: Int, from values: inout [Float]) {
            let tensor = Tensor(name: prefix + name, shape: [rows, width], values: Array(values.prefix(rows * width)))
            tensors.insert(tensor)
            values.removeFirst(rows * width)
        }
        func settled(_ layers: Network) -> Network {
            layers.map { layer in
                switch layer {
                case .recurrent(var stack):
                    let rows = stack.layers * stack.directions
                    take("\(stack.name).h0", rows, stack.hiddenSize, from: &h)
                    if case .lstm = stack.cell { take("\(stack.name).c0", rows, stack.units, from: &c) }
                    stack.learnsInitialState = true
                    return .recurrent(stack)
                case .residual(let inner): return .residual(settled(inner))
                default: return layer
                }
            }
        }
        self[part] = self[part].map(settled)
    }
}

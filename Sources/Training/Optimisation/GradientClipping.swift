// Gradient clipping (Pascanu, Mikolov, Bengio 2013): a recurrent network's gradient can be huge at a cliff of the loss,
// and one step along it would throw the parameters far away. As torch.nn.utils.clip_grad_norm_ and clip_grad_value_.

import Recurrent
import Schema

/// Bounds of a gradient. The norm is over all parameters together.
package struct GradientClipping: Equatable {
    /// `norm` (none): a gradient whose Euclidean norm is greater is scaled down to it.
    package var norm: Double?
    /// `value` (none): each element is brought into ± this, before the norm is taken into account.
    package var value: Double?

    /// None.
    package init() {}

    package init(norm: Double? = nil, value: Double? = nil) {
        self.norm = norm
        self.value = value
    }

    /// Clips `gradient` [count] in place; its Euclidean norm before that. A gradient whose norm is not finite is left
    /// alone.
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    package func callAsFunction<Real: TrainingScalar>(_ gradient: UnsafeMutablePointer<Real>, count: Int) -> Double {
        let before = Real.squares(gradient, count: count).squareRoot()
        guard before.isFinite else { return before }
        var remaining = before
        if let value {
            let bound = Real(value)
            for index in 0..<count { gradient[index] = min(max(gradient[index], -bound), bound) }
            remaining = Real.squares(gradient, count: count).squareRoot()
        }
        // PyTorch's 1e-6: a norm that is just the bound is scaled too, so that it never ends above.
        guard let norm, norm / (remaining + 1e-6) < 1 else { return before }
        let factor = Real(norm / (remaining + 1e-6))
        for index in 0..<count { gradient[index] *= factor }
        return before
    }
}

extension GradientClipping: Options {
    package static let subject = "gradient clipping"
    package static let rows: [OptionRow<Self>] = [
        .init("norm", \.norm, "a number above 0") { $0 > 0 },
        .init("value", \.value, "a number above 0") { $0 > 0 },
    ]
}

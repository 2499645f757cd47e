// A feed-forward layer: y = W x + b. W [outputs, inputs] and b [outputs] as in torch.nn.Linear.

import CKernels

/// The weights of y = W x + b.
package struct Linear: Sendable {
    package let inputs: Int
    package let outputs: Int
    let weight: AlignedFloats
    let bias: AlignedFloats?

    /// - Throws: ``ModelError`` when `weight` is not [outputs, inputs] or `bias` is not [outputs].
    package init(inputs: Int, outputs: Int, weight: Tensor, bias: Tensor?) throws(ModelError) {
        self.inputs = inputs
        self.outputs = outputs
        self.weight = AlignedFloats(try weight.values(shaped: [outputs, inputs]))
        self.bias = if let bias { AlignedFloats(try bias.values(shaped: [outputs])) } else { nil }
    }

    /// `x` [inputs] to `y` [outputs]; the two do not overlap.
    func apply(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        heard_gemv(y, weight.pointer, bias?.pointer, x, outputs, inputs)
    }
}

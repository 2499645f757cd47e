// A feed-forward layer: y = W x + b. W [outputs, inputs] and b [outputs] as in torch.nn.Linear.

import CKernels

/// The weights of y = W x + b.
package final class Linear: Sendable {
    package let inputs: Int
    package let outputs: Int
    private let weight: PackedMatrix
    private let bias: AlignedFloats

    /// - Throws: ``ModelError`` when `weight` is not [outputs, inputs] or `bias` is not [outputs].
    package init(inputs: Int, outputs: Int, weight: Tensor, bias: Tensor?) throws(ModelError) {
        self.inputs = inputs
        self.outputs = outputs
        self.weight = PackedMatrix(try weight.shaped([outputs, inputs]), gates: [0], units: outputs)
        self.bias = PackedMatrix.pack(try bias?.values(shaped: [outputs]), gates: [0], units: outputs)
    }

    /// `count` rows of `x` [inputs] to rows of `y` [outputs, padded]; the two do not overlap.
    func apply(
        _ kernels: Kernels, _ x: UnsafePointer<UnsafePointer<Float>?>,
        to y: UnsafePointer<UnsafeMutablePointer<Float>?>,
        count: Int, scratch: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: weight.matrix) {
            kernels.table.pointee.product($0, bias.pointer, x, y, count, scratch)
        }
    }
}

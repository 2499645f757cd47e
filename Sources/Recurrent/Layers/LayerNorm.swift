// Layer normalisation (Ba, Kiros, Hinton 2016, arXiv:1607.06450): over the values of one step,
// y = (x - mean) / √(variance + ε) * g + b, the variance with divisor n, as in torch.nn.LayerNorm.

import CKernels

/// Gain and shift of a layer normalisation.
package final class LayerNorm: Sendable {
    package let features: Int
    private let epsilon: Float
    private let gain: AlignedFloats
    private let shift: AlignedFloats

    /// - Throws: ``ModelError`` when `gain` or `shift` is not [features], or epsilon is negative.
    package init(_ description: LayerNormDescription, gain: Tensor, shift: Tensor) throws(ModelError) {
        features = description.features
        epsilon = description.epsilon ?? 1e-5
        guard epsilon >= 0, epsilon.isFinite else {
            throw .absurdNetwork(name: description.name, reason: "epsilon \(epsilon)")
        }
        self.gain = AlignedFloats(try gain.values(shaped: [features]))
        self.shift = AlignedFloats(try shift.values(shaped: [features]))
    }

    /// In place on one step [features].
    func apply(_ kernels: Kernels, _ y: UnsafeMutablePointer<Float>) {
        kernels.table.pointee.layer_norm(y, gain.pointer, shift.pointer, epsilon, features)
    }
}

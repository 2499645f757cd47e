// What gradients are computed in, and the loops that training spends its time in. Float goes through the kernels of the
// machine where there are some; everything else, and Double, through the plain loops of this protocol's extensions,
// which are the kernels' twins and precise enough for finite differences. The loops are requirements and not generic
// functions, so that each type has its own, compiled for it.

import Glibc

/// How the products of training multiply. Sums, gates, parameters and moments are floats either way.
package enum Arithmetic: String, Codable, Sendable, CaseIterable {
    case fp32
    /// Both factors rounded to bfloat16, where the machine multiplies such (AVX512-BF16); the same as fp32 elsewhere.
    case bf16
}

/// A number that networks are trained in.
package protocol TrainingScalar: BinaryFloatingPoint, Sendable {
    static func exp(_ x: Self) -> Self
    static func log(_ x: Self) -> Self
    static func tanh(_ x: Self) -> Self

    // Products of matrices: TrainingProduct.swift.

    /// Floats that ``pack(_:into:arithmetic:)`` writes for a matrix [depth, columns].
    static func packedCount(depth: Int, columns: Int) -> Int
    /// Lays a matrix out as the right factor of ``multiply(_:by:columns:into:stride:start:arithmetic:)``.
    static func pack(_ b: Matrix<Self>, into packed: UnsafeMutablePointer<Self>, arithmetic: Arithmetic)
    /// C = start + A B: `a` [rows, depth], `b` as packed [depth, columns], `c` [rows, columns] with `stride` from row
    /// to row.
    static func multiply(
        _ a: Matrix<Self>, by b: UnsafePointer<Self>, columns: Int, into c: UnsafeMutablePointer<Self>, stride: Int,
        start: ProductStart<Self>, arithmetic: Arithmetic)
    /// C += Aᵀ B, `a` [depth, rows], `b` [depth, columns], `c` [rows, columns] after each other: a gradient of
    /// weights.
    static func addProduct(
        _ a: Matrix<Self>, _ b: Matrix<Self>, to c: UnsafeMutablePointer<Self>, arithmetic: Arithmetic)
    /// y += the sums of the columns of `a` [rows, columns], rows after each other.
    static func addColumnSums(
        _ a: UnsafePointer<Self>, rows: Int, columns: Int, to y: UnsafeMutablePointer<Self>)

    // By element: Activation+Backward.swift.

    /// y += x.
    static func add(_ x: UnsafePointer<Self>, to y: UnsafeMutablePointer<Self>, count: Int)
    static func apply(_ activation: Activation, _ y: UnsafeMutablePointer<Self>, count: Int)
    /// From the gradient of an activation's outputs `y` to that of its inputs, in place.
    static func backward(
        _ activation: Activation, y: UnsafePointer<Self>, gradient: UnsafeMutablePointer<Self>, count: Int)
    /// y *= the factors.
    static func multiply(_ factors: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, count: Int)
    /// A dropout's factors: 0 with the probability, else 1 / (1 - it).
    static func fillDropout(_ mask: UnsafeMutablePointer<Self>, count: Int, probability: Float, seed: UInt64)
    /// Sum of squares, in 64 bits.
    static func squares(_ x: UnsafePointer<Self>, count: Int) -> Double

    // Over the values of a step: LayerNorm+Backward.swift.
    static func layerNormForward(_ norm: LayerNormRows<Self>)
    static func layerNormBackward(_ norm: LayerNormRows<Self>, gradient: LayerNormGradient<Self>)

    // Feature by feature: Lookahead+Backward.swift.

    /// y += x * factors in each row: `x` and `y` [rows, columns], `factors` [columns].
    static func addScaled(
        _ x: UnsafePointer<Self>, by factors: UnsafePointer<Self>, to y: UnsafeMutablePointer<Self>, rows: Int,
        columns: Int)
    /// sums += the sums over the rows of a * b: `a` and `b` [rows, columns], `sums` [columns].
    static func addColumnProducts(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, rows: Int, columns: Int,
        to sums: UnsafeMutablePointer<Self>)

    // Gates: the files of the cells.
    static func rnnForward(_ rows: CellRows<Self>, _ nonlinearity: Nonlinearity)
    static func rnnBackward(_ rows: CellRows<Self>, _ nonlinearity: Nonlinearity)
    static func simpleGRUForward(_ rows: CellRows<Self>)
    static func simpleGRUBackward(_ rows: CellRows<Self>)
    static func gruForward(_ rows: CellRows<Self>)
    static func gruBackward(_ rows: CellRows<Self>)
    static func gruResetForward(_ rows: CellRows<Self>)
    static func gruCandidateForward(_ rows: CellRows<Self>)
    static func gruCandidateBackward(_ rows: CellRows<Self>)
    static func gruResetBackward(_ rows: CellRows<Self>)
    static func lstmForward(_ rows: CellRows<Self>, peephole: UnsafePointer<Self>?)
    static func lstmBackward(
        _ rows: CellRows<Self>, peephole: UnsafePointer<Self>?, peepholeGradient: UnsafeMutablePointer<Self>?)
}

extension TrainingScalar {
    /// 1 / (1 + e^-x).
    static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }
}

extension Double: TrainingScalar {
    package static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    package static func log(_ x: Double) -> Double { Glibc.log(x) }
    package static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
}

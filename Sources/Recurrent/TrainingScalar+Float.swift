// Training in 32-bit floats: the plain loops' kernels.

import CKernels
import Glibc

extension Float: TrainingScalar {
    private static var kernels: heard_kernels { Kernels.current.table.pointee }

    package static func exp(_ x: Float) -> Float { Glibc.expf(x) }
    package static func log(_ x: Float) -> Float { Glibc.logf(x) }
    package static func tanh(_ x: Float) -> Float { Glibc.tanhf(x) }

    package static func packedCount(depth: Int, columns: Int) -> Int { heard_packed_floats(depth, columns) }

    package static func pack(_ b: Matrix<Float>, into packed: UnsafeMutablePointer<Float>) {
        kernels.pack(b.rows, b.columns, b.base, b.rowStride, b.columnStride, packed)
    }

    package static func multiply(
        _ a: Matrix<Float>, by b: UnsafePointer<Float>, columns: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        start: ProductStart<Float>
    ) {
        var product = heard_gemm()
        product.rows = a.rows
        product.columns = columns
        product.depth = a.columns
        product.a = a.base
        product.a_row = a.rowStride
        product.a_column = a.columnStride
        product.packed = UnsafeRawPointer(b)
        product.c = c
        product.c_row = stride
        switch start {
        case .zero: break
        case .bias(let bias): product.bias = bias
        case .sum: product.accumulate = 1
        }
        kernels.gemm(&product)
    }

    package static func addProduct(_ a: Matrix<Float>, _ b: Matrix<Float>, to c: UnsafeMutablePointer<Float>) {
        var product = heard_gemm()
        product.rows = a.columns
        product.columns = b.columns
        product.depth = a.rows
        product.a = a.base
        product.a_row = a.columnStride
        product.a_column = a.rowStride
        product.b = b.base
        product.b_row = b.rowStride
        product.b_column = b.columnStride
        product.accumulate = 1
        product.c = c
        product.c_row = b.columns
        kernels.gemm(&product)
    }

    package static func addColumnSums(
        _ a: UnsafePointer<Float>, rows: Int, columns: Int, to y: UnsafeMutablePointer<Float>
    ) {
        kernels.sums(rows, columns, a, columns, y, 1)
    }

    package static func apply(_ activation: Activation, _ y: UnsafeMutablePointer<Float>, count: Int) {
        Kernels.current.apply(activation, y, count: count)
    }

    package static func gruForward(_ rows: CellRows<Float>) {
        kernels.gru_forward(rows.count, rows.units, rows.gates, rows.state, rows.kept, rows.previous, rows.next)
    }

    package static func gruBackward(_ rows: CellRows<Float>) {
        kernels.gru_backward(
            rows.count, rows.units, rows.gates, rows.kept, rows.previous, rows.next, rows.state, rows.previousGradient)
    }

    package static func lstmForward(_ rows: CellRows<Float>, peephole: UnsafePointer<Float>?) {
        add(rows.state, to: rows.gates, count: rows.count * 4 * rows.units)
        kernels.lstm_forward(
            rows.count, rows.units, rows.gates, peephole, rows.previousMemory, rows.memory, rows.next)
    }

    package static func lstmBackward(
        _ rows: CellRows<Float>, peephole: UnsafePointer<Float>?, peepholeGradient: UnsafeMutablePointer<Float>?
    ) {
        kernels.lstm_backward(
            rows.count, rows.units, rows.gates, peephole, rows.previousMemory, rows.memory, rows.next,
            rows.memoryGradient, peepholeGradient)
    }
}

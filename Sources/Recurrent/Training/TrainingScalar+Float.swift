// Training in 32-bit floats: the plain loops' kernels.

import CKernels
import Glibc

extension Float: TrainingScalar {
    private static var kernels: heard_kernels { Kernels.current.table.pointee }

    package static func exp(_ x: Float) -> Float { Glibc.expf(x) }
    package static func log(_ x: Float) -> Float { Glibc.logf(x) }
    package static func tanh(_ x: Float) -> Float { Glibc.tanhf(x) }

    package static func packedCount(depth: Int, columns: Int) -> Int { heard_packed_floats(depth, columns) }

    /// Whether products are done in bfloat16: if they are wanted so, and the machine has them.
    private static func isNarrow(_ arithmetic: Arithmetic) -> Bool {
        arithmetic == .bf16 && kernels.gemm_bf16 != nil
    }

    package static func pack(_ b: Matrix<Float>, into packed: UnsafeMutablePointer<Float>, arithmetic: Arithmetic) {
        if isNarrow(arithmetic) {
            let narrow = UnsafeMutableRawPointer(packed).assumingMemoryBound(to: UInt16.self)
            kernels.pack_bf16(b.rows, b.columns, b.base, b.rowStride, b.columnStride, narrow)
        } else {
            kernels.pack(b.rows, b.columns, b.base, b.rowStride, b.columnStride, packed)
        }
    }

    package static func multiply(
        _ a: Matrix<Float>, by b: UnsafePointer<Float>, columns: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        start: ProductStart<Float>, arithmetic: Arithmetic
    ) {
        var product = heard_gemm(a, columns: columns, into: c, stride: stride)
        product.packed = UnsafeRawPointer(b)
        switch start {
        case .zero: break
        case .bias(let bias): product.bias = bias
        case .sum: product.accumulate = 1
        }
        run(&product, arithmetic)
    }

    package static func addProduct(
        _ a: Matrix<Float>, _ b: Matrix<Float>, to c: UnsafeMutablePointer<Float>, arithmetic: Arithmetic
    ) {
        var product = heard_gemm(a.transposed, columns: b.columns, into: c, stride: b.columns)
        product.b = b.base
        product.b_row = b.rowStride
        product.b_column = b.columnStride
        product.accumulate = 1
        run(&product, arithmetic)
    }

    private static func run(_ product: inout heard_gemm, _ arithmetic: Arithmetic) {
        if isNarrow(arithmetic) { kernels.gemm_bf16(&product) } else { kernels.gemm(&product) }
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

extension heard_gemm {
    /// C [a.rows, columns] from A, with B and the start still to be said.
    fileprivate init(_ a: Matrix<Float>, columns: Int, into c: UnsafeMutablePointer<Float>, stride: Int) {
        self.init()
        rows = a.rows
        self.columns = columns
        depth = a.columns
        self.a = a.base
        a_row = a.rowStride
        a_column = a.columnStride
        self.c = c
        c_row = stride
    }
}

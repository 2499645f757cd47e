// Products of matrices for training: C = start + A B. The right factor is packed before, the left one has any strides,
// so each of the three products of a layer reads what is there:
//
//     forward              Y  = X Wᵀ        B = Wᵀ, packed once for all steps of a batch
//     backward, inputs     dX = dY W        B = W, likewise
//     backward, weights    dW = dYᵀ X       A = dYᵀ by its strides, B = X packed on the way

import CKernels

/// A view of a matrix in memory by its strides; it owns nothing.
package struct Matrix<Real> {
    package var base: UnsafePointer<Real>
    package var rows: Int
    package var columns: Int
    /// Elements from one row to the next, and from one column to the next.
    package var rowStride: Int
    package var columnStride: Int

    /// `rows` × `columns` at `base`, rows `stride` apart (after each other when nil).
    package init(_ base: UnsafePointer<Real>, rows: Int, columns: Int, stride: Int? = nil) {
        self.base = base
        self.rows = rows
        self.columns = columns
        rowStride = stride ?? columns
        columnStride = 1
    }

    package init(_ base: UnsafeMutablePointer<Real>, rows: Int, columns: Int, stride: Int? = nil) {
        self.init(UnsafePointer(base), rows: rows, columns: columns, stride: stride)
    }

    package var transposed: Matrix {
        var view = self
        (view.rows, view.columns) = (columns, rows)
        (view.rowStride, view.columnStride) = (columnStride, rowStride)
        return view
    }
}

/// What the sums of a product begin with.
package enum ProductStart<Real> {
    case zero
    /// One value a column.
    case bias(UnsafePointer<Real>)
    /// What C holds.
    case sum
}

/// A right factor, packed; memory of its own.
final class PackedFactor<Real: TrainingScalar>: @unchecked Sendable {
    // Sendable: written by `pack`, between two passes, then read alone.
    let depth: Int
    let columns: Int
    let arithmetic: Arithmetic
    private let memory: UnsafeMutableRawPointer
    private let packed: UnsafeMutablePointer<Real>

    init(depth: Int, columns: Int, _ arithmetic: Arithmetic) {
        self.depth = depth
        self.columns = columns
        self.arithmetic = arithmetic
        let count = Real.packedCount(depth: depth, columns: columns)
        memory = .allocate(byteCount: max(count, 1) * MemoryLayout<Real>.stride, alignment: 64)
        packed = memory.bindMemory(to: Real.self, capacity: max(count, 1))
    }

    deinit { memory.deallocate() }

    func pack(_ matrix: Matrix<Real>) {
        precondition(matrix.rows == depth && matrix.columns == columns, "a factor keeps its shape")
        Real.pack(matrix, into: packed, arithmetic: arithmetic)
    }

    /// C = start + A B for rows of any strides.
    func multiply(
        _ a: Matrix<Real>, into c: UnsafeMutablePointer<Real>, stride: Int? = nil, start: ProductStart<Real> = .zero
    ) {
        Real.multiply(
            a, by: packed, columns: columns, into: c, stride: stride ?? columns, start: start, arithmetic: arithmetic)
    }

    /// C = start + A B for `rows` rows of `a` [rows, depth], after each other.
    func multiply(
        _ a: UnsafePointer<Real>, rows: Int, into c: UnsafeMutablePointer<Real>, stride: Int? = nil,
        start: ProductStart<Real> = .zero
    ) {
        multiply(Matrix(a, rows: rows, columns: depth), into: c, stride: stride, start: start)
    }
}

extension TrainingScalar {
    package static func packedCount(depth: Int, columns: Int) -> Int { depth * columns }

    package static func pack(_ b: Matrix<Self>, into packed: UnsafeMutablePointer<Self>, arithmetic: Arithmetic) {
        for k in 0..<b.rows {
            for n in 0..<b.columns { packed[k * b.columns + n] = b.base[k * b.rowStride + n * b.columnStride] }
        }
    }

    package static func multiply(
        _ a: Matrix<Self>, by b: UnsafePointer<Self>, columns: Int, into c: UnsafeMutablePointer<Self>, stride: Int,
        start: ProductStart<Self>, arithmetic: Arithmetic
    ) {
        for m in 0..<a.rows {
            let row = c + m * stride
            switch start {
            case .zero: row.update(repeating: 0, count: columns)
            case .bias(let bias): row.update(from: bias, count: columns)
            case .sum: break
            }
            for k in 0..<a.columns {
                let value = a.base[m * a.rowStride + k * a.columnStride], line = b + k * columns
                for n in 0..<columns { row[n] += value * line[n] }
            }
        }
    }

    package static func addProduct(
        _ a: Matrix<Self>, _ b: Matrix<Self>, to c: UnsafeMutablePointer<Self>, arithmetic: Arithmetic
    ) {
        for k in 0..<a.rows {
            for m in 0..<a.columns {
                let value = a.base[k * a.rowStride + m], row = c + m * b.columns
                for n in 0..<b.columns { row[n] += value * b.base[k * b.rowStride + n] }
            }
        }
    }

    package static func addColumnSums(
        _ a: UnsafePointer<Self>, rows: Int, columns: Int, to y: UnsafeMutablePointer<Self>
    ) {
        for row in 0..<rows { add(a + row * columns, to: y, count: columns) }
    }
}

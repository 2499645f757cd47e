// The oracle of products of matrices: three loops, in the order that CKernels.h promises, and memory in which a stray
// write shows.

import CKernels
import TestSupport
import Testing

/// How the sums of a product start.
enum PlainStart: CaseIterable { case zero, bias, accumulated }

/// C = start + A B with everything that a product may be asked for.
struct PlainProduct {
    let rows: Int, columns: Int, depth: Int
    /// A [rows, depth] and B [depth, columns], row by row.
    let a: [Float], b: [Float]
    let start: PlainStart
    /// [columns], and what stands in C [rows, columns].
    let bias: [Float], before: [Float]

    init(rows: Int, columns: Int, depth: Int, start: PlainStart = .zero, _ random: inout Random) {
        (self.rows, self.columns, self.depth, self.start) = (rows, columns, depth, start)
        a = random.floats(rows * depth, within: 1)
        b = random.floats(depth * columns, within: 1)
        bias = random.floats(columns, within: 1)
        before = random.floats(rows * columns, within: 1)
    }

    /// Given matrices, from 0.
    init(rows: Int, columns: Int, depth: Int, a: [Float], b: [Float]) {
        (self.rows, self.columns, self.depth, start) = (rows, columns, depth, .zero)
        (self.a, self.b) = (a, b)
        bias = [Float](repeating: 0, count: columns)
        before = [Float](repeating: 0, count: rows * columns)
    }

    func start(_ m: Int, _ n: Int) -> Float {
        switch start {
        case .zero: 0
        case .bias: bias[n]
        case .accumulated: before[m * columns + n]
        }
    }

    /// start + a[0] b[0] + a[1] b[1] + …, from left to right, [rows, columns].
    func result(isFused: Bool) -> [Float] {
        var c = (0..<(rows * columns)).map { start($0 / max(columns, 1), $0 % max(columns, 1)) }
        for m in 0..<rows {
            for k in 0..<depth {
                let value = a[m * depth + k]
                for n in 0..<columns {
                    let at = m * columns + n, weight = b[k * columns + n]
                    c[at] = isFused ? c[at].addingProduct(value, weight) : c[at] + value * weight
                }
            }
        }
        return c
    }

    /// The same of bfloat16 in Double, [rows, columns], and how far 32-bit sums in any order may be from it.
    func resultOfBFloat16() -> (sums: [Double], tolerances: [Double]) {
        let x = a.map { Double(nearestBFloat16($0)) }, y = b.map { Double(nearestBFloat16($0)) }
        var sums: [Double] = [], tolerances: [Double] = []
        for m in 0..<rows {
            for n in 0..<columns {
                var sum = Double(start(m, n)), size = abs(sum)
                for k in 0..<depth {
                    sum += x[m * depth + k] * y[k * columns + n]
                    size += abs(x[m * depth + k] * y[k * columns + n])
                }
                sums.append(sum)
                tolerances.append(size * Double(depth + 2) * 0x1p-23)
            }
        }
        return (sums, tolerances)
    }
}

/// The upper half of a float, rounded to nearest, ties to even.
func nearestBFloat16(_ x: Float) -> Float {
    Float(bitPattern: (x.bitPattern &+ 0x7fff &+ (x.bitPattern >> 16 & 1)) & 0xffff_0000)
}

/// Where the matrices of a product lie.
struct ProductLayout: Sendable, CustomTestStringConvertible {
    /// A column by column, B as the transpose of what is stored, B packed by the product itself.
    var isATransposed = false, isBTransposed = false, isBPlain = false
    var isBFloat16 = false

    var testDescription: String {
        [
            isATransposed ? "Aᵀ" : "A", isBTransposed ? "Bᵀ" : "B", isBPlain ? "plain" : "packed",
            isBFloat16 ? "bf16" : "f32",
        ]
        .joined(separator: " ")
    }

    static let all: [ProductLayout] = [false, true].flatMap { a in
        [false, true].flatMap { b in
            [false, true].map { ProductLayout(isATransposed: a, isBTransposed: b, isBPlain: $0) }
        }
    }
}

extension PlainProduct {
    /// Floats between the rows of C, which have to stay as they are.
    private static let gap = 3
    private static let fence: Float = 77

    /// C from the kernels, [rows, columns], of some of the rows.
    func run(_ set: InstructionSet, _ layout: ProductLayout = ProductLayout(), rows chosen: Range<Int>? = nil)
        -> [Float]
    {
        let chosen = chosen ?? 0..<rows, width = columns + Self.gap
        let a = layout.isATransposed ? transposed(self.a, columns: depth) : self.a
        let b = layout.isBTransposed ? transposed(self.b, columns: columns) : self.b
        var product = heard_gemm()
        (product.rows, product.columns, product.depth) = (chosen.count, columns, depth)
        (product.a_row, product.a_column) = layout.isATransposed ? (1, rows) : (depth, 1)
        (product.b_row, product.b_column) = layout.isBTransposed ? (1, depth) : (columns, 1)
        let packed = packed(b, product, set, layout)
        if !layout.isBPlain { product.packed = UnsafeRawPointer(packed.base) }
        product.accumulate = start == .accumulated ? 1 : 0
        product.c_row = width
        var c = [Float](repeating: Self.fence, count: chosen.count * width)
        for (row, m) in chosen.enumerated() {
            c.replaceSubrange(row * width..<row * width + columns, with: before[m * columns..<(m + 1) * columns])
        }
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                bias.withUnsafeBufferPointer { bias in
                    c.withUnsafeMutableBufferPointer { c in
                        product.a = a.baseAddress.map { $0 + chosen.lowerBound * product.a_row }
                        if layout.isBPlain { product.b = b.baseAddress }
                        if start == .bias { product.bias = bias.baseAddress }
                        product.c = c.baseAddress
                        (layout.isBFloat16 ? set.table.pointee.gemm_bf16 : set.table.pointee.gemm)(&product)
                    }
                }
            }
        }
        let rows = (0..<chosen.count).map { c[($0 * width)..<(($0 + 1) * width)] }
        precondition(rows.allSatisfy { $0.suffix(Self.gap).allSatisfy { $0 == Self.fence } }, "wrote between the rows")
        return rows.flatMap { $0.dropLast(Self.gap) }
    }

    /// B as the kernels pack it; not a number where they write nothing, so that who reads more is found.
    private func packed(_ b: [Float], _ product: heard_gemm, _ set: InstructionSet, _ layout: ProductLayout)
        -> AlignedBytes
    {
        let count = heard_packed_floats(depth, columns)
        let packed = AlignedBytes(count: 4 * count)
        for i in 0..<count { packed.floats[i] = .nan }
        if layout.isBFloat16 {
            let narrow = packed.base.assumingMemoryBound(to: UInt16.self)
            set.table.pointee.pack_bf16(depth, columns, b, product.b_row, product.b_column, narrow)
        } else {
            set.table.pointee.pack(depth, columns, b, product.b_row, product.b_column, packed.floats)
        }
        return packed
    }
}

/// The columns of a matrix as rows.
func transposed(_ matrix: [Float], columns: Int) -> [Float] {
    let rows = columns == 0 ? 0 : matrix.count / columns
    return (0..<columns).flatMap { column in (0..<rows).map { matrix[$0 * columns + column] } }
}

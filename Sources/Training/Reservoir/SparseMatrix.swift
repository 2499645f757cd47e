// A square matrix with few numbers in a row, and its spectral radius.

import Decoding
import Glibc

/// Numbers of a square matrix, row by row, without the zeros.
package struct SparseMatrix: Sendable, Equatable {
    package let size: Int
    /// Column and number, by row.
    package var rows: [[(column: Int, value: Double)]]

    package init(size: Int, rows: [[(column: Int, value: Double)]]) {
        precondition(rows.count == size, "a square matrix has as many rows as columns")
        self.size = size
        self.rows = rows
    }

    package static func == (a: SparseMatrix, b: SparseMatrix) -> Bool { a.dense == b.dense }

    /// `connections` numbers in each row, uniform in -1 … 1, at columns that are drawn.
    package static func random(size: Int, connections: Int, using random: inout RandomSource) -> SparseMatrix {
        var columns = Array(0..<size)
        return SparseMatrix(
            size: size,
            rows: (0..<size).map { _ in
                random.shuffle(&columns)
                return columns.prefix(connections).sorted().map { ($0, random.uniform(in: -1...1)) }
            })
    }

    /// All numbers, [size, size].
    package var dense: [Double] {
        var dense = [Double](repeating: 0, count: size * size)
        for (row, numbers) in rows.enumerated() {
            for (column, value) in numbers { dense[row * size + column] += value }
        }
        return dense
    }

    /// The same with all numbers multiplied.
    package func scaled(by factor: Double) -> SparseMatrix {
        SparseMatrix(size: size, rows: rows.map { $0.map { ($0.column, $0.value * factor) } })
    }

    /// The greatest absolute value of an eigenvalue, by power iteration: how much faster a vector becomes longer in the
    /// second half of `iterations` products than in the first, on average (Gelfand: |Aᵏ v|^(1/k)). A vector turns under
    /// a pair of complex eigenvalues, as a random matrix mostly has them, so the growth of one product would say
    /// little; over the default number the error is about 0.1 %. 0 for a matrix that takes every vector to zero.
    package func spectralRadius(iterations: Int = 4000) -> Double {
        var random = RandomSource(seed: 1, stream: "power iteration"), growth = 0.0
        var v = (0..<size).map { _ in random.normal() }
        for iteration in 0..<iterations {
            let next = rows.map { $0.reduce(0) { $0 + $1.value * v[$1.column] } }
            let norm = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0 else { return 0 }
            // v has the length 1 from the first iteration on.
            if iteration >= iterations / 2 { growth += log(norm) }
            v = next.map { $0 / norm }
        }
        return exp(growth / Double(iterations - iterations / 2))
    }
}

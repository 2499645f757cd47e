import CKernels
import Foundation
import Testing

import Recurrent

/// Every kernel against its plain twin in Double, at all sizes 1…67 that a vector's width could trip over.
@Suite struct KernelTests {
    private func row(_ count: Int, seed: Int) -> [Float] {
        (0..<count).map { Float(sin(Double($0 * 7 + seed * 13 + 1)) * 1.5) }
    }

    @Test func gemv() {
        for columns in 1...67 {
            let rows = 68 - columns
            let weight = row(rows * columns, seed: 1), x = row(columns, seed: 2), bias = row(rows, seed: 3)
            var y = [Float](repeating: .nan, count: rows)
            var unbiased = y
            heard_gemv(&y, weight, bias, x, rows, columns)
            heard_gemv(&unbiased, weight, nil, x, rows, columns)
            for r in 0..<rows {
                let plain = (0..<columns).reduce(0.0) { $0 + Double(weight[r * columns + $1]) * Double(x[$1]) }
                #expect(abs(Double(y[r]) - plain - Double(bias[r])) < 2e-5)
                #expect(abs(Double(unbiased[r]) - plain) < 2e-5)
            }
        }
    }

    @Test func elementwise() {
        for count in 1...67 {
            let x = row(count, seed: 4), z = row(count, seed: 5).map { abs($0) / 2 }, n = row(count, seed: 6)
            var y = x
            heard_relu(&y, count)
            #expect(y == x.map { max($0, 0) })
            y = x
            heard_sigmoid(&y, count)
            #expect(zip(y, x).allSatisfy { abs(Double($0) - 1 / (1 + exp(-Double($1)))) < 1e-6 })
            y = x
            heard_tanh(&y, count)
            #expect(zip(y, x).allSatisfy { abs(Double($0) - tanh(Double($1))) < 1e-6 })
            y = x
            heard_add(&y, n, count)
            #expect(y == zip(x, n).map { $0 + $1 })
            y = x
            heard_multiply(&y, n, count)
            #expect(y == zip(x, n).map { $0 * $1 })
            y = x
            heard_interpolate(&y, z, n, count)
            #expect((0..<count).allSatisfy { abs(y[$0] - ((1 - z[$0]) * n[$0] + z[$0] * x[$0])) < 1e-6 })
        }
    }

    @Test func logSoftmax() {
        for count in 1...67 {
            let x = row(count, seed: 8).map { $0 * 40 }
            var y = x
            heard_log_softmax(&y, count)
            let greatest = Double(x.max()!)
            let sum = x.reduce(0.0) { $0 + exp(Double($1) - greatest) }
            #expect(zip(y, x).allSatisfy { abs(Double($0) - (Double($1) - greatest - log(sum))) < 2e-5 })
        }
    }

    @Test func extremesStayFinite() {
        var y: [Float] = [-1e30, -100, 0, 100, 1e30]
        heard_sigmoid(&y, 5)
        #expect(y == [0, 0, 0.5, 1, 1] || (y[0] == 0 && y[1] < 1e-30 && y[2] == 0.5 && y[3] == 1 && y[4] == 1))
        y = [-1e30, 1e30, 0]
        heard_log_softmax(&y, 3)
        #expect(y[1] == 0 && y.allSatisfy { !$0.isNaN })
    }
}

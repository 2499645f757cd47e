import CKernels
import Glibc
import TestSupport
import Testing

/// The functions by element and over a row, of every instruction set, against their plain twins in Double.
@Suite struct FunctionTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kernel: @Sendable (heard_kernels, UnsafeMutablePointer<Float>, Int) -> Void
        let plain: @Sendable ([Double]) -> [Double]
        /// Greatest absolute difference for inputs within ±20.
        let tolerance: Float

        init(
            _ name: String, tolerance: Float, plain: @escaping @Sendable ([Double]) -> [Double],
            kernel: @escaping @Sendable (heard_kernels, UnsafeMutablePointer<Float>, Int) -> Void
        ) {
            (testDescription, self.tolerance, self.plain, self.kernel) = (name, tolerance, plain, kernel)
        }

        /// Of all of `x`; nothing is written after it.
        func callAsFunction(_ set: InstructionSet, _ x: [Float]) -> [Float] {
            var y = x + [.nan]
            y.withUnsafeMutableBufferPointer { kernel(set.table.pointee, $0.baseAddress!, x.count) }
            #expect(y.removeLast().isNaN, "\(testDescription) on \(set) wrote behind its row")
            return y
        }
    }

    static let relu = Function("relu", tolerance: 0, plain: { $0.map { max(0, $0) } }, kernel: { $0.relu($1, $2) })
    static let sigmoid = Function(
        "sigmoid", tolerance: 1.5e-7, plain: { $0.map(logistic) }, kernel: { $0.sigmoid($1, $2) })
    static let tanh = Function(
        "tanh", tolerance: 2.5e-7, plain: { $0.map { Glibc.tanh($0) } }, kernel: { $0.tanh($1, $2) })
    static let softmax = Function("softmax", tolerance: 5e-7, plain: plainSoftmax, kernel: { $0.softmax($1, $2) })
    static let logSoftmax = Function(
        "log_softmax", tolerance: 4e-6, plain: { plainSoftmax($0).map { log($0) } }, kernel: { $0.log_softmax($1, $2) })
    static let layerNorm = Function(
        "layer_norm", tolerance: 2e-5,
        plain: { y in
            let mean = y.reduce(0, +) / Double(y.count)
            let variance = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(y.count)
            return y.indices.map {
                (y[$0] - mean) / (variance + 1e-3).squareRoot() * Double(gain[$0]) + Double(shift[$0])
            }
        }, kernel: { $0.layer_norm($1, gain, shift, 1e-3, $2) })
    static let all = [relu, sigmoid, tanh, softmax, logSoftmax, layerNorm]

    private static let gain = row(67, seed: 100, within: 2)
    private static let shift = row(67, seed: 101, within: 2)

    private static func row(_ count: Int, seed: Int, within range: Float) -> [Float] {
        var random = Random(seed: seed)
        return random.floats(count, within: range)
    }

    @Sendable private static func plainSoftmax(_ y: [Double]) -> [Double] {
        let greatest = y.max()!, all = y.map { exp($0 - greatest) }, sum = all.reduce(0, +)
        return all.map { $0 / sum }
    }

    @Test(arguments: all)
    func isRightAndTheSameBitsEverywhere(function: Function) {
        for count in 1...67 {
            let x = Self.row(count, seed: count, within: 20)
            let expected = function.plain(x.map(Double.init)).map(Float.init)
            let first = function(InstructionSet.all[0], x)
            #expect(greatestDifference(first, expected) <= function.tolerance, "\(count) values")
            for set in InstructionSet.all { #expect(function(set, x).bits == first.bits, "\(count) values on \(set)") }
        }
    }

    /// Where a value stands in a row does not matter to what becomes of it.
    @Test(arguments: [relu, sigmoid, tanh])
    func doesNotDependOnNeighbours(function: Function) {
        let x = Self.row(67, seed: 7, within: 5)
        for set in InstructionSet.all {
            #expect(function(set, x).bits == x.flatMap { function(set, [$0]) }.bits)
        }
    }

    @Test(arguments: InstructionSet.all)
    func extremesAreSane(set: InstructionSet) {
        let extremes: [Float] = [-.infinity, -1e30, -100, 100, 1e30, .infinity]
        #expect(Self.relu(set, extremes) == [0, 0, 0, 100, 1e30, .infinity])
        #expect(Self.tanh(set, extremes) == [-1, -1, -1, 1, 1, 1])
        #expect(greatestDifference(Self.sigmoid(set, extremes), [0, 0, 0, 1, 1, 1]) < 1e-30)
        #expect(Self.sigmoid(set, [0, -0.0]) == [0.5, 0.5] && Self.tanh(set, [0, -0.0]) == [0, 0])
        #expect(greatestDifference(Self.softmax(set, [-1e30, 1e30, 0, -.infinity]), [0, 1, 0, 0]) < 1e-30)
        #expect(Self.logSoftmax(set, [-1e30, 1e30, 0]) == [-2e30, 0, -1e30])
        #expect(Self.logSoftmax(set, [-.infinity, 3]) == [-.infinity, 0])
        #expect(
            greatestDifference(Self.softmax(set, [Float](repeating: -1e30, count: 5)), Array(repeating: 0.2, count: 5))
                < 1e-7)
        // A row without variance: only the shift is left.
        #expect(Self.layerNorm(set, [Float](repeating: 1e6, count: 67)) == Self.shift)
    }

    @Test(arguments: InstructionSet.all)
    func notANumberStaysSo(set: InstructionSet) {
        for nan in [Float.nan, -.nan, Float(nan: 0x155, signaling: false)] {
            for place in [0, 3, 15, 16, 20] {
                var x = Self.row(21, seed: place, within: 2)
                x[place] = nan
                for function in [Self.relu, Self.sigmoid, Self.tanh] {
                    let y = function(set, x)
                    #expect(y.indices.filter { y[$0].isNaN } == [place], "\(function.testDescription)")
                }
                for function in [Self.softmax, Self.logSoftmax, Self.layerNorm] {
                    #expect(function(set, x).allSatisfy { $0.isNaN }, "\(function.testDescription)")
                }
            }
        }
    }

    /// The errors that CKernels.h and vector.h state, over a dense sweep: 2 million points in all.
    @Test func errorsAreWithinWhatIsStated() {
        func sweep(_ function: Function, from low: Double, to high: Double, relative: Bool = false) -> Double {
            let points = 400_000
            let x = (0...points).map { Float(low + (high - low) * Double($0) / Double(points)) }
            let y = function(InstructionSet.all[0], x), exact = function.plain(x.map(Double.init))
            return x.indices.reduce(0) { max($0, abs(Double(y[$1]) - exact[$1]) / (relative ? exact[$1] : 1)) }
        }
        #expect(sweep(Self.sigmoid, from: -90, to: 90) < 1.1e-7)
        #expect(sweep(Self.sigmoid, from: -10, to: 10) < 1.1e-7)
        #expect(sweep(Self.tanh, from: -90, to: 90) < 2.2e-7)
        #expect(sweep(Self.tanh, from: -5, to: 5) < 2.2e-7)
        // σ(x) is e^x but for rounding where x is far below zero: the relative error of the exponential there.
        #expect(sweep(Self.sigmoid, from: -86, to: -17, relative: true) < 4.2e-6)
    }
}

// Ridge regression against elimination on the whole system, and readouts whose weights are known.

import Decoding
import TestSupport
import Testing
import Training

@Suite struct RidgeRegressionTests {
    /// Weights and bias [outputs][features + 1] from the normal equations with the bias as a feature of its own without
    /// a penalty, by Gauss and Jordan with pivots.
    private func bruteForce(_ x: [[Float]], _ y: [[Float]], penalty: Double) -> [[Double]] {
        let features = x[0].count, outputs = y[0].count, size = features + 1, n = Double(x.count)
        var system = [[Double]](repeating: [Double](repeating: 0, count: size + outputs), count: size)
        for (row, target) in zip(x, y) {
            let full = row.map(Double.init) + [1]
            for i in 0..<size {
                for j in 0..<size { system[i][j] += full[i] * full[j] }
                for k in 0..<outputs { system[i][size + k] += full[i] * Double(target[k]) }
            }
        }
        for i in 0..<features { system[i][i] += penalty * n }
        for column in 0..<size {
            let pivot = (column..<size).max { abs(system[$0][column]) < abs(system[$1][column]) }!
            system.swapAt(column, pivot)
            let factor = system[column][column]
            system[column] = system[column].map { $0 / factor }
            for row in 0..<size where row != column {
                let factor = system[row][column]
                for index in system[row].indices { system[row][index] -= factor * system[column][index] }
            }
        }
        return (0..<outputs).map { k in system.map { $0[size + k] } }
    }

    private func rows(_ count: Int, features: Int, outputs: Int, seed: UInt64) -> (x: [[Float]], y: [[Float]]) {
        var random = RandomSource(seed: seed)
        return (0..<count).reduce(into: ([], [])) { rows, _ in
            let x: [Float] = random.normals(features)
            rows.0.append(x.map { $0 + 3 })
            rows.1.append((0..<outputs).map { x[$0 % features] * Float($0 + 1) - 2 + Float(random.normal()) })
        }
    }

    @Test(arguments: [(1, 1), (3, 2), (17, 3)], [1e-8, 0.1, 10])
    func isWhatEliminationGives(sizes: (Int, Int), penalty: Double) throws {
        let (x, y) = rows(60, features: sizes.0, outputs: sizes.1, seed: 1)
        var sums = RidgeRegression(features: sizes.0, outputs: sizes.1)
        for (x, y) in zip(x, y) { sums.add(x, y) }
        let readout = try #require(sums.solve(penalty: penalty)), expected = bruteForce(x, y, penalty: penalty)
        for k in 0..<sizes.1 {
            let found = readout.weight[(k * sizes.0)..<((k + 1) * sizes.0)] + [readout.bias[k]]
            #expect(greatestDifference(Array(found), expected[k]) < 1e-9)
        }
    }

    @Test func thePenaltyTakesWeightsToTheMean() throws {
        let (x, y) = rows(50, features: 4, outputs: 1, seed: 2)
        var sums = RidgeRegression(features: 4, outputs: 1)
        #expect(sums.solve(penalty: 1) == nil)
        for (x, y) in zip(x, y) { sums.add(x, y) }
        let readout = try #require(sums.solve(penalty: 1e12)), mean = y.reduce(0) { $0 + Double($1[0]) } / 50
        #expect(abs(readout(x[0])[0] - mean) < 1e-9)
    }

    @Test func anotherFeatureTwiceNeedsAPenalty() throws {
        var sums = RidgeRegression(features: 2, outputs: 1)
        for value in [Float](arrayLiteral: 0, 1, 2, 5) { sums.add([value, value], [3 * value + 1]) }
        #expect(sums.solve(penalty: 0) == nil)
        let readout = try #require(sums.solve(penalty: 1e-9))
        #expect(abs(readout.weight[0] - 1.5) < 1e-6 && abs(readout.weight[1] - 1.5) < 1e-6)
        #expect(abs(readout([4, 4])[0] - 13) < 1e-6)
    }

    /// Without noise the smallest penalty is best; where all is noise a great one.
    @Test func validationChoosesThePenalty() throws {
        var random = RandomSource(seed: 3)
        let x: [[Float]] = (0..<60).map { _ in random.normals(30) }
        let exact = try #require(FittedReadout(x, x.map { [2 * $0[3] + 1] }))
        #expect(exact.penalty <= 1e-8 && exact.error < 1e-8)
        let noise = try #require(FittedReadout(x, x.map { _ in random.normals(1) }))
        #expect(noise.penalty >= 0.1)
        #expect(FittedReadout([[1]], [[1]]) == nil && FittedReadout([], []) == nil)
    }
}

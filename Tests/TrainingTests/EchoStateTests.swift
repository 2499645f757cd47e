// Echo state networks: their matrix, that they forget how they began, that a readout learns, and that the engine runs
// them.

import Decoding
import Foundation
import Recurrent
import TestSupport
import Testing
import Training

@Suite struct EchoStateTests {
    private func block(_ numbers: [[Double]]) -> SparseMatrix {
        SparseMatrix(
            size: numbers.count, rows: numbers.map { $0.enumerated().filter { $1 != 0 }.map { ($0, $1) } })
    }

    @Test func spectralRadiusOfKnownMatrices() {
        // A real eigenvalue, a negative one, a pair of complex ones: 0.7 ± 0.6i; and one that is far from normal.
        #expect(abs(block([[0.5, 0], [0, 2]]).spectralRadius() - 2) < 1e-6)
        #expect(abs(block([[0.5, 3], [0, -1.25]]).spectralRadius() - 1.25) < 2e-3)
        #expect(abs(block([[0.7, 0.6, 0], [-0.6, 0.7, 0], [0, 0, 0.8]]).spectralRadius() - sqrt(0.85)) < 1e-3)
        #expect(abs(block([[0.9, 100], [0, 0.3]]).spectralRadius() - 0.9) < 1e-3)
        #expect(block([[0, 1], [0, 0]]).spectralRadius() == 0)
        // The companion matrix of (x - 3)(x - 2)(x + 1) = x³ - 4x² + x + 6.
        #expect(abs(block([[4, -1, -6], [1, 0, 0], [0, 1, 0]]).spectralRadius() - 3) < 1e-6)
    }

    /// Trace of the powers: Σ λᵏ is at most n ρᵏ, and for a radius that is set the powers neither grow nor die.
    @Test func aReservoirHasTheRadiusThatWasAskedFor() throws {
        for (units, radius) in [(50, 0.9), (200, 1.2)] {
            var options = EchoStateOptions(inputs: 1, units: units)
            options.spectralRadius = radius
            let values = try EchoState(options).tensors.require("reservoir.weight_hh_l0").values
            #expect(values.count { $0 != 0 } == units * 10)
            var v = (0..<units).map { sin(Double($0) + 1) }, growth = 0.0
            for power in 0..<3000 {
                v = (0..<units).map { row in
                    v.indices.reduce(0) { $0 + Double(values[row * units + $1]) * v[$1] }
                }
                let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
                v = v.map { $0 / norm }
                if power >= 1000 { growth += log(norm) }
            }
            #expect(abs(exp(growth / 2000) - radius) < 0.005 * radius)
        }
    }

    private func inputs(_ steps: Int, seed: UInt64, to highest: Double = 1) -> [Float] {
        var random = RandomSource(seed: seed)
        return (0..<steps).map { _ in Float(random.uniform(in: 0...highest)) }
    }

    /// The echo state property: two states come together under the same inputs, and do not where the radius is far
    /// above 1 and the inputs are nothing.
    @Test(arguments: [1.0, 0.3])
    func whatItBeganWithIsForgotten(leak: Double) throws {
        func distance(radius: Double, inputScale: Double) throws -> Double {
            var options = EchoStateOptions(inputs: 1, units: 60)
            (options.spectralRadius, options.inputScale, options.leak) = (radius, inputScale, leak)
            let echo = try EchoState(options), x = inputs(400, seed: 1), layout = PackedBatch(lengths: [400])
            let ends = try [0.5, -0.5].map { start -> [Float] in
                let states = echo.states(x, layout, from: Array(repeating: Float(start), count: 60))
                try #require(states.count == 400 * 60)
                return Array(states.suffix(60))
            }
            return greatestDifference(ends[0], ends[1])
        }
        #expect(try distance(radius: 0.9, inputScale: 1) < 1e-5)
        #expect(try distance(radius: 3, inputScale: 0) > 0.1)
    }

    /// A leak is a gate that is always the same: h = (1 - a) h + a tanh(…), computed here by hand.
    @Test func aLeakIsAConstantGate() throws {
        var options = EchoStateOptions(inputs: 2, units: 12)
        (options.leak, options.biasScale) = (0.3, 0.5)
        let echo = try EchoState(options), x = inputs(20, seed: 2)
        func half(_ name: String) throws -> [Double] {
            let values = try echo.tensors.require("reservoir.\(name)_l0").values
            return values.suffix(values.count / 2).map(Double.init)
        }
        let (v, w, b) = (try half("weight_ih"), try half("weight_hh"), try half("bias_ih"))
        var h = [Double](repeating: 0, count: 12), expected: [Double] = []
        for step in 0..<10 {
            h = (0..<12).map { unit in
                var sum = b[unit]
                for input in 0..<2 { sum += v[unit * 2 + input] * Double(x[step * 2 + input]) }
                for other in 0..<12 { sum += w[unit * 12 + other] * h[other] }
                return 0.7 * h[unit] + 0.3 * tanh(sum)
            }
            expected += h
        }
        let states = echo.states(x, PackedBatch(lengths: [10]))
        #expect(greatestDifference(states.map(Double.init), expected) < 1e-5)
    }

    /// Fits a readout on 3,000 steps and gives the errors of 1,000 later ones, as parts of the targets' variance; and
    /// holds the ordinary network against states and readout.
    private func fit(_ options: EchoStateOptions, _ x: [Float], _ y: [Float]) throws -> Double {
        let echo = try EchoState(options), layout = PackedBatch(lengths: [x.count]), warmUp = 200,
            first = x.count - 1000
        let states = echo.states(x, layout)
        let rows = (0..<x.count).map { Array(states[($0 * options.units)..<(($0 + 1) * options.units)]) }
        let targets = y.map { [$0] }
        let fit = try #require(FittedReadout(Array(rows[warmUp..<first]), Array(targets[warmUp..<first])))
        let error = fit.readout.error(Array(rows[first...]), Array(targets[first...]))
        let late = y[first...].map(Double.init), mean = late.reduce(0, +) / 1000
        let variance = late.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1000

        let (description, tensors) = echo.network(fit.readout)
        let network = try RecurrentNetwork(description, tensors: tensors)
        let state = NetworkState(network), scratch = NetworkScratch(network, rows: 64, streams: 1)
        var outputs = [Float](repeating: 0, count: x.count)
        network.advance(x, steps: x.count, state: state, scratch: scratch, output: &outputs)
        let expected = rows.map { Float(fit.readout($0)[0]) }
        #expect(greatestDifference(outputs, expected) < 1e-3)
        return error / variance
    }

    @Test func learnsASumOfThePast() throws {
        var options = EchoStateOptions(inputs: 1, units: 100)
        options.inputScale = 0.1
        let x = inputs(4000, seed: 3)
        let y = x.indices.map { $0 < 10 ? 0 : x[$0 - 3] + x[$0 - 10] }
        #expect(try fit(options, x, y) < 0.02)
    }

    /// NARMA-10 (Atiya and Parlos 2000): y' = 0.3 y + 0.05 y Σ₁₀ y + 1.5 x₋₉ x + 0.1. A readout of the mean has an
    /// error of 1; linear regression on the last inputs alone reaches about 0.4.
    @Test(arguments: [1.0, 0.6])
    func learnsNARMA(leak: Double) throws {
        var options = EchoStateOptions(inputs: 1, units: 200)
        (options.inputScale, options.biasScale, options.spectralRadius) = (0.5, 0.5, 0.95)
        options.leak = leak
        let x = inputs(4000, seed: 4, to: 0.5)
        var y = [Double](repeating: 0, count: x.count)
        for t in 9..<(x.count - 1) {
            y[t + 1] =
                0.3 * y[t] + 0.05 * y[t] * y[(t - 9)...t].reduce(0, +) + 1.5 * Double(x[t - 9]) * Double(x[t]) + 0.1
        }
        // At step t the next value is asked for: all that it needs has been seen.
        #expect(try fit(options, x, (y[1...] + [0]).map(Float.init)) < 0.3)
    }
}

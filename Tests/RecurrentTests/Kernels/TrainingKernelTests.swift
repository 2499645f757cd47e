import CKernels
import Glibc
import TestSupport
import Testing

/// What training needs besides products, on every instruction set against plain loops in Double.
@Suite struct TrainingKernelTests {
    #if DEBUG
        static let units = [1, 15, 16, 17, 67]
    #else
        static let units = Array(1...67)
    #endif
    /// Of gates and gradients of magnitude 1: some roundings of 32 bits, and σ and tanh to 2e-7.
    static let tolerance: Float = 3e-6

    // MARK: the plain twins themselves

    /// Central differences of `function` at `x`, coordinate by coordinate.
    static func differences(_ x: [Double], _ function: ([Double]) -> Double) -> [Double] {
        x.indices.map { index in
            var above = x, below = x
            above[index] += 1e-5
            below[index] -= 1e-5
            return (function(above) - function(below)) / 2e-5
        }
    }

    @Test func plainGRUGradientsAreDifferences() {
        var random = Random(seed: 1)
        for _ in 0..<50 {
            let x = random.floats(7, within: 2).map(Double.init)
            let gradients = PlainGRU(input: Array(x[0..<3]), state: Array(x[3..<6]), h: x[6]).gradients(1)
            let exact = gradients.input + gradients.state + [gradients.h]
            let found = Self.differences(x) {
                PlainGRU(input: Array($0[0..<3]), state: Array($0[3..<6]), h: $0[6]).gates.next
            }
            #expect(zip(exact, found).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }

    @Test func plainLSTMGradientsAreDifferences() {
        var random = Random(seed: 2)
        for _ in 0..<50 {
            let x = random.floats(8, within: 2).map(Double.init), d = 0.7, memory = -0.4
            func cell(_ x: [Double]) -> PlainLSTM {
                PlainLSTM(input: Array(x[0..<4]), peephole: Array(x[4..<7]), c: x[7])
            }
            let gradients = cell(x).gradients(d, memory: memory)
            let exact = gradients.input + gradients.peephole + [gradients.c]
            let found = Self.differences(x) { d * cell($0).gates.next + memory * cell($0).gates.c }
            #expect(zip(exact, found).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }

    // MARK: gates

    @Test func gruFollowsTheEquations() {
        var random = Random(seed: 3)
        for units in Self.units {
            let rows = units % 5 + 1, count = rows * units
            let input = random.floats(3 * count, within: 3), state = random.floats(3 * count, within: 3)
            let h = random.floats(count, within: 1), d = random.floats(count, within: 1)
            var gates = [Float](repeating: 0, count: 3 * count), next = [Float](repeating: 0, count: count)
            var dInput = gates, dState = gates, dH = next
            Self.each(rows, units) { row, unit, at in
                let places = (0..<3).map { (row * 3 + $0) * units + unit }
                let plain = PlainGRU(
                    input: places.map { Double(input[$0]) }, state: places.map { Double(state[$0]) }, h: Double(h[at]))
                let found = plain.gates, back = plain.gradients(Double(d[at]))
                for (place, value) in zip(places, [found.r, found.z, found.n]) { gates[place] = Float(value) }
                for (gate, place) in places.enumerated() {
                    dInput[place] = Float(back.input[gate])
                    dState[place] = Float(back.state[gate])
                }
                (next[at], dH[at]) = (Float(found.next), Float(back.h))
            }
            for set in InstructionSet.all {
                let kernels = set.table.pointee
                var x = input
                let y = FencedFloats(count), candidate = FencedFloats(count)
                kernels.gru_forward(rows, units, &x, state, candidate.base, h, y.base)
                #expect(greatestDifference(x, gates) < Self.tolerance, "\(set.testDescription): \(units) units")
                #expect(greatestDifference(y.values, next) < Self.tolerance)
                #expect(
                    candidate.values.bits
                        == (0..<rows).flatMap { state[(($0 * 3 + 2) * units)..<(($0 * 3 + 3) * units)] }.bits)
                let slope = FencedFloats(3 * count), back = FencedFloats(count)
                kernels.gru_backward(rows, units, &x, candidate.values, h, d, slope.base, back.base)
                #expect(greatestDifference(x, dInput) < Self.tolerance)
                #expect(greatestDifference(slope.values, dState) < Self.tolerance)
                #expect(greatestDifference(back.values, dH) < Self.tolerance)
            }
        }
    }

    @Test(arguments: [false, true]) func lstmFollowsTheEquations(hasPeepholes: Bool) {
        var random = Random(seed: 4)
        for units in Self.units {
            let rows = units % 5 + 1, count = rows * units
            let input = random.floats(4 * count, within: 3)
            let peephole = hasPeepholes ? random.floats(3 * units, within: 1) : [Float](repeating: 0, count: 3 * units)
            let c = random.floats(count, within: 2), d = random.floats(count, within: 1)
            let dMemory = random.floats(count, within: 1), before = random.floats(3 * units, within: 1)
            var gates = [Float](repeating: 0, count: 4 * count), next = [Float](repeating: 0, count: count)
            var dInput = gates, memory = next, dC = next, dPeephole = before.map(Double.init)
            Self.each(rows, units) { row, unit, at in
                let places = (0..<4).map { (row * 4 + $0) * units + unit }
                let plain = PlainLSTM(
                    input: places.map { Double(input[$0]) },
                    peephole: (0..<3).map { Double(peephole[$0 * units + unit]) }, c: Double(c[at]))
                let found = plain.gates, back = plain.gradients(Double(d[at]), memory: Double(dMemory[at]))
                for (place, value) in zip(places, [found.i, found.f, found.g, found.o]) { gates[place] = Float(value) }
                for (gate, place) in places.enumerated() { dInput[place] = Float(back.input[gate]) }
                for gate in 0..<3 { dPeephole[gate * units + unit] += back.peephole[gate] }
                (memory[at], next[at], dC[at]) = (Float(found.c), Float(found.next), Float(back.c))
            }
            for set in InstructionSet.all {
                let kernels = set.table.pointee
                var x = input
                let new = FencedFloats(count), y = FencedFloats(count)
                kernels.lstm_forward(rows, units, &x, hasPeepholes ? peephole : nil, c, new.base, y.base)
                #expect(greatestDifference(x, gates) < Self.tolerance, "\(set.testDescription): \(units) units")
                #expect(greatestDifference(new.values, memory) < Self.tolerance)
                #expect(greatestDifference(y.values, next) < Self.tolerance)
                let slope = FencedFloats(count, dMemory), slopes = FencedFloats(3 * units, before)
                kernels.lstm_backward(
                    rows, units, &x, hasPeepholes ? peephole : nil, c, new.values, d, slope.base,
                    hasPeepholes ? slopes.base : nil)
                #expect(greatestDifference(x, dInput) < Self.tolerance)
                #expect(greatestDifference(slope.values, dC) < Self.tolerance)
                let expected = hasPeepholes ? dPeephole.map { Float($0) } : before
                #expect(greatestDifference(slopes.values, expected) < 4 * Self.tolerance)
            }
        }
    }

    private static func each(_ rows: Int, _ units: Int, _ body: (_ row: Int, _ unit: Int, _ at: Int) -> Void) {
        for row in 0..<rows { for unit in 0..<units { body(row, unit, row * units + unit) } }
    }

    // MARK: sums and Adam

    /// To the bit: row after row.
    @Test(arguments: [false, true]) func sumsAreTakenRowAfterRow(accumulates: Bool) {
        var random = Random(seed: 5)
        for columns in Self.units + [64, 128, 131, 200] {
            let rows = columns % 7, gap = columns % 3
            let a = random.floats(max(rows * (columns + gap), 1), within: 1), before = random.floats(columns, within: 1)
            let expected = (0..<columns).map { n in
                (0..<rows).reduce(accumulates ? before[n] : 0) { $0 + a[$1 * (columns + gap) + n] }
            }
            for set in InstructionSet.all {
                let y = FencedFloats(columns, before)
                set.table.pointee.sums(rows, columns, a, columns + gap, y.base, accumulates ? 1 : 0)
                #expect(y.values.bits == expected.bits, "\(set.testDescription): \(columns) columns")
            }
        }
    }
}

/// Floats with some after them that have to stay as they are.
final class FencedFloats {
    let base: UnsafeMutablePointer<Float>
    private let count: Int
    private static let fence = 20

    /// `values`, or zeros.
    init(_ count: Int, _ values: [Float]? = nil) {
        self.count = count
        base = .allocate(capacity: count + Self.fence)
        base.initialize(repeating: 0, count: count)
        (base + count).initialize(repeating: 77, count: Self.fence)
        for (index, value) in (values ?? []).enumerated() { base[index] = value }
    }

    deinit { base.deallocate() }

    var values: [Float] {
        precondition((0..<Self.fence).allSatisfy { base[count + $0] == 77 }, "a kernel wrote behind its rows")
        return Array(UnsafeBufferPointer(start: base, count: count))
    }
}

import CKernels
import TestSupport
import Testing

/// Products and steps of inputs that no sound has: huge ones saturate the gates, what is not a number stays visible.
@Suite struct ExtremeTests {
    private static let columns = 37, units = 21, streams = 5

    /// A cell of each kind and precision, and one step for each stream.
    private static func cells() -> [(name: String, cell: PlainCell, steps: [PlainStep])] {
        var random = Random(seed: 11)
        return KernelTests.kinds.flatMap { kind, gates, name in
            KernelTests.precisions.map { precision in
                let cell = PlainCell(
                    kind: kind, input: PlainMatrix(precision, gates: gates, units: units, columns: columns, &random),
                    state: PlainMatrix(precision, gates: gates, units: units, columns: units, &random),
                    bias: random.floats(gates * units, within: 1), stateBias: random.floats(units, within: 1),
                    peephole: name.hasSuffix("peepholes") ? random.floats(3 * units, within: 1) : nil)
                return (name, cell, (0..<streams).map { _ in PlainStep(cell, &random) })
            }
        }
    }

    @Test(arguments: InstructionSet.all)
    func hugeInputsSaturate(set: InstructionSet) {
        for (name, cell, steps) in Self.cells() {
            var huge = steps
            for n in huge.indices { huge[n].x = huge[n].x.map { $0 * 1e30 } }
            let (next, memory) = KernelCell(cell).run(set, huge)
            let expected = huge.map { cell.step(x: $0.x, h: $0.h, old: $0.old, memory: $0.memory) }
            for n in huge.indices {
                let h = expected[n].next.map(Float.init), c = expected[n].memory.map(Float.init)
                // The rectifier alone has no bound.
                let scale = max(1, h.map { abs($0) }.max()!)
                #expect(greatestDifference(next[n], h) < 1e-5 * scale, "\(name) on \(set)")
                #expect(greatestDifference(memory[n], c) < 1e-5, "\(name) on \(set)")
            }
        }
    }

    /// In any place of one stream: all its sums are lost, and those of no other stream.
    @Test(arguments: InstructionSet.all)
    func notANumberIsNotHeardAsANumber(set: InstructionSet) {
        var random = Random(seed: 12)
        for precision in KernelTests.precisions {
            let plain = PlainMatrix(precision, gates: 1, units: Self.units, columns: Self.columns, &random)
            let product = KernelProduct(plain, bias: random.floats(Self.units, within: 1))
            let x = (0..<Self.streams).map { _ in random.floats(Self.columns, within: 1) }
            let expected = product.run(set, x)
            for place in 0..<Self.columns {
                for value in [Float.nan, -.nan, .infinity, -.infinity] {
                    var broken = x
                    broken[2][place] = value
                    let y = product.run(set, broken)
                    #expect(y[2].allSatisfy { !$0.isFinite }, "\(value) in column \(place), \(precision) on \(set)")
                    #expect([0, 1, 3, 4].allSatisfy { y[$0].bits == expected[$0].bits })
                }
            }
        }
    }
}

import Recurrent
import TestSupport
import Testing

/// What weights in fewer bits promise: 8-bit results are the same bits on every instruction set, and bf16 is fp32 on
/// weights that bf16 can hold.
@Suite struct PrecisionTests {
    private static func input(steps: Int) -> [(x: AlignedFloats, steps: Int)] {
        var random = Random(seed: 5)
        return (1...20).map { n in
            let steps = (steps + n) % 40 + 1
            return (AlignedFloats(random.floats(steps * 9, within: 3)), steps)
        }
    }

    @Test(arguments: EveryCell.all)
    func int8IsTheSameBitsOnEveryInstructionSet(cell: EveryCell) throws {
        for description in [cell.network, cell.bidirectional] {
            let tensors = Weights(precisions: [.int8]).tensors(for: description)
            let outputs = try InstructionSet.all.map { set in
                try RecurrentNetwork(description, tensors: tensors, kernels: set.kernels).read(Self.input(steps: 30))
                    .map(\.values.bits)
            }
            for (set, output) in zip(InstructionSet.all, outputs) { #expect(output == outputs[0], "\(set)") }
        }
    }

    @Test(arguments: InstructionSet.all, EveryCell.all)
    func bf16IsFP32OnRoundedWeights(set: InstructionSet, cell: EveryCell) throws {
        for description in [cell.network, cell.bidirectional] {
            let narrow = Weights(precisions: [.bf16]).tensors(for: description)
            var wide = narrow
            for name in wide.tensors.keys { wide.tensors[name]?.precision = .fp32 }
            let outputs = try [narrow, wide].map { tensors in
                try RecurrentNetwork(description, tensors: tensors, kernels: set.kernels).read(Self.input(steps: 12))
                    .map(\.values.bits)
            }
            #expect(outputs[0] == outputs[1])
        }
    }

    /// Not a promise to the bit, but fewer bits are no other network: log-probabilities stay near those of fp32.
    @Test(arguments: EveryCell.all)
    func fewerBitsStayNear(cell: EveryCell) throws {
        let full = Weights(precisions: [.fp32]).tensors(for: cell.network)
        func read(_ tensors: Tensors) throws -> [Float] {
            try RecurrentNetwork(cell.network, tensors: tensors).read(Self.input(steps: 12)).flatMap(\.values)
        }
        let expected = try read(full)
        for (precision, tolerance) in [(Precision.bf16, Float(0.05)), (.int8, 0.25)] {
            let found = try read(Weights(precisions: [precision]).tensors(for: cell.network))
            #expect(greatestDifference(found, expected) < tolerance, "\(precision)")
            #expect(found != expected)
        }
    }

    @Test func roundsToNearestWithTiesToEven() {
        let values: [Float] = [1, 1.00390625, 1.01171875, -3.1415927, 0, 1e-20, 3.4e38, .infinity]
        let bf16 = Tensor(name: "w", shape: [1, 8], values: values).rounded(to: .bf16)
        #expect(bf16.values == [1, 1, 1.015625, -3.140625, 0, 0x1.7ap-67, .infinity, .infinity])
        #expect(bf16.precision == .bf16 && bf16.scales == nil)
        let int8 = Tensor(name: "w", shape: [2, 3], values: [127, -2.5, 3.5, 0, 0, 0]).rounded(to: .int8)
        #expect(int8.values == [127, -2, 4, 0, 0, 0] && int8.scales == [1, 0] && int8.precision == .int8)
        // Rounding what is rounded changes nothing.
        for precision in Precision.allCases {
            var random = Random(seed: 6)
            let once = Tensor(name: "w", shape: [7, 67], values: random.floats(469, within: 2)).rounded(to: precision)
            #expect(once.rounded(to: precision).values == once.values, "\(precision)")
        }
    }
}

import CKernels
import TestSupport
import Testing

/// Products and steps of every instruction set against plain loops, at all sizes 1…67 that a vector's width could trip
/// over.
@Suite struct KernelTests {
    /// Columns, units and streams: each from 1 to 67, and enough units for passes over many blocks at once.
    static let sizes: [(columns: Int, units: Int, streams: Int)] = {
        let all =
            (1...67).map { ($0, 68 - $0, $0 * 7 % 19 + 1) } + (1...67).map { ($0 * 5 % 23 + 1, $0 * 11 % 37 + 1, $0) }
            + [(70, 147, 1), (130, 131, 5), (5, 147, 37)]
        #if DEBUG
            // Plain loops take minutes unoptimised, and a sanitizer finds the same in some of the sizes.
            return stride(from: 0, to: all.count, by: 9).map { all[$0] }
        #else
            return all
        #endif
    }()

    static let precisions = [heard_f32, heard_bf16, heard_i8]

    /// Not within a tolerance but to the bit: the order of summation is a promise of CKernels.h.
    @Test(arguments: 1...4, precisions.indices)
    func productsAreSummedFromLeftToRight(gates: Int, precision: Int) {
        var random = Random(seed: gates)
        for (columns, units, streams) in Self.sizes {
            let plain = PlainMatrix(
                Self.precisions[precision], gates: gates, units: units, columns: columns, &random)
            let bias = random.floats(gates * units, within: 1)
            let x = (0..<streams).map { _ in random.floats(columns, within: 1) }
            let expected = [true, false].map { isFused in
                x.map { plain.times($0, plus: bias, isFused: isFused) }
            }
            for set in InstructionSet.all {
                let product = KernelProduct(plain, bias: bias)
                let y = product.run(set, x)
                let wanted = expected[set.isFused ? 0 : 1]
                #expect(
                    (0..<streams).allSatisfy { y[$0].bits == wanted[$0].bits },
                    "\(set): \(columns) columns, \(units) units, \(streams) streams")
            }
        }
    }

    /// The plain sums themselves against Double.
    @Test func sumsAreRight() {
        var random = Random(seed: 1)
        for columns in 1...67 {
            let plain = PlainMatrix(heard_f32, gates: 1, units: 5, columns: columns, &random)
            let bias = random.floats(5, within: 1), x = random.floats(columns, within: 1)
            let exact = zip(plain.times(x), bias).map { Float($0 + Double($1)) }
            for isFused in [true, false] {
                #expect(greatestDifference(plain.times(x, plus: bias, isFused: isFused), exact) < 5e-6)
            }
        }
    }

    static let kinds: [(kind: heard_gates, gates: Int, name: String)] = [
        (heard_rnn_tanh, 1, "rnn tanh"), (heard_rnn_relu, 1, "rnn relu"), (heard_simple_gru, 2, "simple GRU"),
        (heard_gru, 3, "GRU"), (heard_gru_reset, 2, "GRU reset"), (heard_gru_candidate, 1, "GRU candidate"),
        (heard_lstm, 4, "LSTM"), (heard_lstm, 4, "LSTM with peepholes"),
    ]

    /// Of input and state: the same, and some that differ.
    static let pairs = [
        (heard_f32, heard_f32), (heard_bf16, heard_bf16), (heard_i8, heard_i8), (heard_i8, heard_f32),
        (heard_bf16, heard_i8),
    ]

    @Test(arguments: kinds.indices, pairs.indices)
    func stepsFollowTheEquations(kind index: Int, precisions pair: Int) {
        let (kind, gates, name) = Self.kinds[index], (input, state) = Self.pairs[pair]
        var random = Random(seed: index)
        for (columns, units, streams) in Self.sizes {
            let cell = PlainCell(
                kind: kind, input: PlainMatrix(input, gates: gates, units: units, columns: columns, &random),
                state: PlainMatrix(state, gates: gates, units: units, columns: units, &random),
                bias: random.floats(gates * units, within: 1), stateBias: random.floats(units, within: 1),
                peephole: name.hasSuffix("peepholes") ? random.floats(3 * units, within: 1) : nil)
            let rows = (0..<streams).map { _ in PlainStep(cell, &random) }
            let expected = rows.map { cell.step(x: $0.x, h: $0.h, old: $0.old, memory: $0.memory) }
            let packed = KernelCell(cell)
            for set in InstructionSet.all {
                let (next, memory) = packed.run(set, rows)
                let difference = zip(next + memory, expected.map(\.next) + expected.map(\.memory)).map {
                    greatestDifference($0[..<units], $1.map(Float.init))
                }.max()!
                #expect(difference < 1e-5, "\(set), \(name): \(columns) columns, \(units) units, \(streams) streams")
                // The input's half at another time, and each stream alone, are the same bits.
                let later = packed.run(set, rows, isProjected: true)
                #expect(later.next.map(\.bits) == next.map(\.bits) && later.memory.map(\.bits) == memory.map(\.bits))
                let alone = rows.indices.map { packed.run(set, [rows[$0]]) }
                #expect(alone.map { $0.next[0].bits } == next.map(\.bits), "\(set), \(name), alone")
                #expect(alone.map { $0.memory[0].bits } == memory.map(\.bits), "\(set), \(name), alone")
            }
        }
    }
}

/// What one stream brings to a step.
struct PlainStep {
    var x: [Float]
    let h: [Float]
    let old: [Float]
    let memory: [Float]

    init(_ cell: PlainCell, _ random: inout Random) {
        x = random.floats(cell.input.columns, within: 1)
        h = random.floats(cell.state.columns, within: 1)
        old = random.floats(cell.units, within: 1)
        memory = random.floats(cell.units, within: 1)
    }
}

/// A product as the kernels take it.
struct KernelProduct {
    private let weights: PackedWeights
    private let bias: AlignedBytes
    private let outputs: (gates: Int, units: Int)

    init(_ plain: PlainMatrix, bias: [Float]) {
        weights = PackedWeights(plain)
        self.bias = packed(bias, gates: plain.gates)
        outputs = (plain.gates, plain.units)
    }

    /// [streams][gates * units] in the order of the plain product. Nothing is written after a row.
    func run(_ set: InstructionSet, _ x: [[Float]]) -> [[Float]] {
        let lanes = Int(HEARD_LANES), width = roundUp(outputs.units, to: lanes) * outputs.gates
        let inputs = KernelRows(x, width: x[0].count)
        let y = KernelRows(x.map { _ in [] }, width: width + 1)
        let scratch = AlignedBytes(count: heard_scratch_bytes(x[0].count, x.count))
        withUnsafePointer(to: weights.matrix) {
            set.table.pointee.product($0, bias.floats, inputs.readable(), y.writable, x.count, scratch.base)
        }
        return x.indices.map { n in
            let row = y[n]
            #expect(row[width].isNaN, "\(set) wrote behind a row")
            return (0..<(outputs.gates * outputs.units)).map { output in
                let gate = output / outputs.units, unit = output % outputs.units
                return row[(unit / lanes * outputs.gates + gate) * lanes + unit % lanes]
            }
        }
    }
}

/// A cell as the kernels take it.
struct KernelCell {
    private let cell: heard_cell
    private let owners: [AnyObject]
    private let width: Int

    init(_ plain: PlainCell) {
        let input = PackedWeights(plain.input), state = PackedWeights(plain.state)
        let bias = packed(plain.bias, gates: plain.input.gates), stateBias = packed(plain.stateBias, gates: 1)
        let peephole = plain.peephole.map { packed($0, gates: 3) }
        owners = [input, state, bias, stateBias] + (peephole.map { [$0] } ?? [])
        cell = heard_cell(
            kind: plain.kind, input: input.matrix, state: state.matrix, bias: UnsafePointer(bias.floats),
            state_bias: UnsafePointer(stateBias.floats), peephole: peephole.map { UnsafePointer($0.floats) })
        width = roundUp(plain.units, to: Int(HEARD_LANES))
    }

    /// One step of some streams: [streams][units] each, without the padding.
    func run(_ set: InstructionSet, _ rows: [PlainStep], isProjected: Bool = false)
        -> (next: [[Float]], memory: [[Float]])
    {
        let count = rows.count, units = Int(cell.input.units)
        let x = KernelRows(rows.map(\.x), width: Int(cell.input.columns))
        let h = KernelRows(rows.map(\.h), width: Int(cell.state.columns))
        let old = KernelRows(rows.map(\.old), width: width), memory = KernelRows(rows.map(\.memory), width: width + 1)
        let next = KernelRows(rows.map { _ in [] }, width: width + 1)
        let projected = KernelRows(rows.map { _ in [] }, width: width * Int(cell.input.gates))
        let scratch = AlignedBytes(
            count: heard_scratch_bytes(Int(cell.input.columns), count) + heard_scratch_bytes(units, count))
        let table = set.table.pointee
        withUnsafePointer(to: cell) { cell in
            if isProjected {
                withUnsafePointer(to: cell.pointee.input) {
                    table.product($0, cell.pointee.bias, x.readable(), projected.writable, count, scratch.base)
                }
            }
            var step = heard_step(
                count: count, x: isProjected ? nil : x.readable(), projected: isProjected ? projected.readable() : nil,
                h: h.readable(), old: old.readable(), memory: memory.writable, next: next.writable,
                scratch: scratch.base)
            table.step(cell, &step)
        }
        #expect(
            (0..<count).allSatisfy { next[$0][width].isNaN && memory[$0][width].isNaN }, "\(set) wrote behind a row")
        return ((0..<count).map { Array(next[$0][..<units]) }, (0..<count).map { Array(memory[$0][..<units]) })
    }
}

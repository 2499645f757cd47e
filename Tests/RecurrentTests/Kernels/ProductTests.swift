import CKernels
import TestSupport
import Testing

/// Products of matrices on every instruction set, at all sizes 1…67 of rows, columns and depth, and beyond a block.
@Suite struct ProductTests {
    /// Each dimension from 1 to 67 beside others, and sizes of more than one block of rows and of depth.
    static let sizes: [(rows: Int, columns: Int, depth: Int)] = {
        let small = (1...67).flatMap { (i: Int) -> [(Int, Int, Int)] in
            [(i, 68 - i, i * 7 % 67 + 1), (i * 5 % 67 + 1, i, 68 - i), (68 - i, i * 3 % 67 + 1, i)]
        }
        let all =
            small + [(8, 48, 256), (9, 49, 257), (257, 17, 5), (33, 147, 520), (300, 5, 300), (7, 64, 1030)]
        #if DEBUG
            return stride(from: 0, to: all.count, by: 25).map { all[$0] }
        #else
            return all
        #endif
    }()

    static var withBFloat16: [InstructionSet] { InstructionSet.all.filter { $0.table.pointee.gemm_bf16 != nil } }

    /// To the bit, wherever the matrices lie: the order of summation is a promise of CKernels.h.
    @Test(arguments: PlainStart.allCases)
    func productsAreSummedFromLeftToRight(start: PlainStart) {
        var random = Random(seed: 3)
        for (index, size) in Self.sizes.enumerated() {
            let plain = PlainProduct(
                rows: size.rows, columns: size.columns, depth: size.depth, start: start, &random)
            let expected = [plain.result(isFused: false).bits, plain.result(isFused: true).bits]
            let layout = ProductLayout.all[index % ProductLayout.all.count]
            for set in InstructionSet.all {
                #expect(
                    plain.run(set, layout).bits == expected[set.isFused ? 1 : 0],
                    "\(set.testDescription): \(size), \(layout.testDescription)")
            }
        }
    }

    @Test(arguments: ProductLayout.all) func everyLayoutIsTheSameProduct(layout: ProductLayout) {
        var random = Random(seed: 4)
        for (rows, columns, depth) in [(13, 67, 37), (40, 31, 300)] {
            let plain = PlainProduct(rows: rows, columns: columns, depth: depth, start: .bias, &random)
            for set in InstructionSet.all {
                #expect(
                    plain.run(set, layout).bits == plain.result(isFused: set.isFused).bits, "\(set.testDescription)")
            }
        }
    }

    /// What stands beside a row does not change a bit of it.
    @Test(arguments: [false, true]) func rowsDoNotDependOnEachOther(isBFloat16: Bool) {
        var random = Random(seed: 5)
        let plain = PlainProduct(rows: 61, columns: 83, depth: 301, start: .bias, &random)
        for set in isBFloat16 ? Self.withBFloat16 : InstructionSet.all {
            for isATransposed in [false, true] {
                let layout = ProductLayout(isATransposed: isATransposed, isBFloat16: isBFloat16)
                let whole = plain.run(set, layout).bits
                for rows in [0..<1, 1..<3, 5..<12, 17..<29, 20..<53, 60..<61] {
                    let part = plain.run(set, layout, rows: rows).bits
                    #expect(
                        part == Array(whole[(rows.lowerBound * 83)..<(rows.upperBound * 83)]),
                        "\(set.testDescription): \(rows)")
                }
            }
        }
    }

    @Test(arguments: PlainStart.allCases) func noDepthLeavesTheStart(start: PlainStart) {
        var random = Random(seed: 6)
        let plain = PlainProduct(rows: 11, columns: 21, depth: 0, start: start, &random)
        for set in InstructionSet.all { #expect(plain.run(set).bits == plain.result(isFused: true).bits) }
        for set in Self.withBFloat16 {
            #expect(plain.run(set, ProductLayout(isBFloat16: true)).bits == plain.result(isFused: true).bits)
        }
    }

    // MARK: bfloat16

    @Test(arguments: PlainStart.allCases) func bfloat16IsTheProductOfRoundedNumbers(start: PlainStart) {
        var random = Random(seed: 7)
        for (index, size) in Self.sizes.enumerated() {
            let plain = PlainProduct(
                rows: size.rows, columns: size.columns, depth: size.depth, start: start, &random)
            let expected = plain.resultOfBFloat16()
            var layout = ProductLayout.all[index % ProductLayout.all.count]
            layout.isBFloat16 = true
            for set in Self.withBFloat16 {
                let c = plain.run(set, layout)
                #expect(
                    c.indices.allSatisfy { abs(Double(c[$0]) - expected.sums[$0]) <= expected.tolerances[$0] },
                    "\(set.testDescription): \(size), \(layout.testDescription)")
            }
        }
    }

    /// Times 1, a product shows how its numbers were rounded: also between two neighbours, to the even one.
    @Test(arguments: [false, true]) func bfloat16RoundsToNearestEven(isTransposed: Bool) {
        let ties =
            (0..<20).map { Float(bitPattern: 0x3f80_8000 + $0 << 16) }
            + (0..<20).map { Float(bitPattern: 0xbf80_7fff + $0) }
        let plain = PlainProduct(rows: 40, columns: 1, depth: 1, a: ties, b: [1])
        let sideways = PlainProduct(rows: 1, columns: 40, depth: 1, a: [1], b: ties)
        for set in Self.withBFloat16 {
            let layout = ProductLayout(isATransposed: isTransposed, isBTransposed: isTransposed, isBFloat16: true)
            #expect(plain.run(set, layout).bits == ties.map(nearestBFloat16).bits)
            #expect(sideways.run(set, layout).bits == ties.map(nearestBFloat16).bits)
        }
    }

    /// All layouts of one product are the same bits in bfloat16 too, and plain B the same as packed.
    @Test func bfloat16HasOneOrder() {
        var random = Random(seed: 9)
        let plain = PlainProduct(rows: 19, columns: 67, depth: 701, start: .accumulated, &random)
        for set in Self.withBFloat16 {
            let all = ProductLayout.all.map { layout in
                var layout = layout
                layout.isBFloat16 = true
                return plain.run(set, layout).bits
            }
            #expect(all.allSatisfy { $0 == all[0] })
        }
    }
}

import Decoding
import Foundation
import Recurrent
import TestSupport
import Testing
import Training

@Suite struct CTCLossTests {
    private func ctc<Real: LossScalar>(
        _ logits: [Real], outputs: Int, lengths: [Int], targets: [[Int]], blank: Int = 0
    ) -> (value: LossValue, gradient: [Real]) {
        evaluate(logits) {
            CTCLoss(blank: blank)(
                logits: $0, outputs: outputs, batch: PackedBatch(lengths: lengths), targets: targets, gradient: $1)
        }
    }

    private func logSoftmax(_ logits: [Double], outputs: Int) -> [Double] {
        stride(from: 0, to: logits.count, by: outputs).flatMap { start in
            let row = logits[start..<(start + outputs)], top = row.max()!
            let sum = row.reduce(0) { $0 + exp($1 - top) }
            return row.map { $0 - top - log(sum) }
        }
    }

    /// -ln of the sum over every path that collapses to the target.
    private func bruteForce(_ logits: [Double], outputs: Int, target: [Int], blank: Int) -> Double {
        let y = logSoftmax(logits, outputs: outputs), steps = logits.count / outputs
        var probability = 0.0, path = [Int](repeating: 0, count: steps)
        func visit(_ step: Int, _ sum: Double) {
            if step == steps {
                let runs = path.indices.filter { $0 == 0 || path[$0] != path[$0 - 1] }.map { path[$0] }
                if runs.filter({ $0 != blank }) == target { probability += exp(sum) }
                return
            }
            for k in 0..<outputs {
                path[step] = k
                visit(step + 1, sum + y[step * outputs + k])
            }
        }
        visit(0, 0)
        return -log(probability)
    }

    /// The textbook's recursion over 2U + 1 states, with infinities.
    private func textbook(_ logits: [Double], outputs: Int, target: [Int]) -> Double {
        let y = logSoftmax(logits, outputs: outputs)
        let states = [0] + target.flatMap { [$0, 0] }
        func add(_ a: Double, _ b: Double) -> Double {
            let top = max(a, b)
            return top == -.infinity ? top : top + log1p(exp(min(a, b) - top))
        }
        var alpha = [Double](repeating: -.infinity, count: states.count)
        for step in 0..<(logits.count / outputs) {
            let old = alpha
            for s in states.indices {
                var sum = step == 0 ? (s < 2 ? 0 : -.infinity) : old[s]
                if step > 0, s > 0 { sum = add(sum, old[s - 1]) }
                if step > 0, s > 1, states[s] != 0, states[s] != states[s - 2] { sum = add(sum, old[s - 2]) }
                alpha[s] = sum + y[step * outputs + states[s]]
            }
        }
        return -add(alpha[states.count - 1], states.count > 1 ? alpha[states.count - 2] : -.infinity)
    }

    @Test(arguments: [0, 1, 2]) func everyPathOfASmallAlphabet(blank: Int) {
        var random = RandomSource(seed: 1, stream: "ctc", blank)
        let labels = [0, 1, 2].filter { $0 != blank }
        let (a, b) = (labels[0], labels[1])
        for target in [[], [a], [a, a], [a, b], [b, a, b], [a, a, a], [b, b, a], [a, b, b, a]] {
            for steps in 1...6 {
                let logits: [Double] = random.normals(steps * 3)
                let expected = bruteForce(logits, outputs: 3, target: target, blank: blank)
                let (value, gradient) = ctc(logits, outputs: 3, lengths: [steps], targets: [target], blank: blank)
                if expected == .infinity {
                    #expect(value == LossValue(sum: 0, count: 1, skipped: 1))
                    #expect(gradient.allSatisfy { $0 == 0 })
                } else {
                    #expect(abs(value.mean - expected) < 1e-10 && value.skipped == 0, "\(target) in \(steps)")
                    let measured = differences(logits) {
                        ctc($0, outputs: 3, lengths: [steps], targets: [target], blank: blank).value.mean
                    }
                    #expect(greatestDifference(gradient, measured) < 1e-8, "\(target) in \(steps)")
                }
            }
        }
    }

    /// The cases of make_golden.py: logits [12, N, 6] of sequences that need not be sorted there.
    private func golden<Real: LossScalar>(
        _ name: String, _ targets: [[Int]], _ lengths: [Int], within tolerance: Double, _: Real.Type
    ) throws {
        let golden = try LossGolden.tensors(name), outputs = 6
        let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
        let batch = PackedBatch(lengths: order.map { lengths[$0] })
        let logits: [Real] = try golden.numbers("logits"), expected: [Real] = try golden.numbers("d_logits")
        var packed: [Real] = [], packedGradient: [Real] = []
        for step in 0..<batch.steps {
            for n in order[..<batch.active(step)] {
                let start = (step * lengths.count + n) * outputs
                packed += logits[start..<(start + outputs)]
                packedGradient += expected[start..<(start + outputs)]
            }
        }
        let (value, gradient) = ctc(
            packed, outputs: outputs, lengths: batch.lengths, targets: order.map { targets[$0] })
        let losses: [Double] = try golden.numbers("loss"), raw = try golden.require("loss_raw").values
        #expect(abs(value.sum - losses.reduce(0, +)) < tolerance * max(1, value.sum))
        #expect(value.skipped == raw.count { $0 == .infinity })
        #expect(greatestDifference(gradient.map { $0 * Real(lengths.count) }, packedGradient) < tolerance)
    }

    @Test func pyTorchsValuesAndGradients() throws {
        for (name, targets, lengths) in [
            ("ctc_basic", [[1, 2, 3], [2, 2, 1, 5], [4], []], [12, 12, 9, 5]),
            ("ctc_tight", [[1, 1, 2], [3, 3, 3], [1, 2, 3, 4, 5]], [4, 5, 5]),
            ("ctc_infeasible", [[1, 1, 1], [2, 3]], [4, 6]),
        ] {
            try golden(name, targets, lengths, within: 1e-6, Double.self)
            try golden(name, targets, lengths, within: 3e-6, Float.self)
        }
    }

    @Test func floatEqualsDoubleOnLongSequences() {
        var random = RandomSource(seed: 2)
        let lengths = [300, 211, 130, 67, 61], outputs = 40
        let targets = [60, 7, 0, 33, 60].map { count in (0..<count).map { _ in random.uniform(in: 1..<outputs) } }
        let logits: [Float] = random.normals(lengths.reduce(0, +) * outputs, times: 3)
        let (fast, fastGradient) = ctc(logits, outputs: outputs, lengths: lengths, targets: targets)
        let (slow, slowGradient) = ctc(logits.map(Double.init), outputs: outputs, lengths: lengths, targets: targets)
        #expect(fast.skipped == slow.skipped)
        #expect(abs(fast.sum / slow.sum - 1) < 1e-6)
        #expect(greatestDifference(fastGradient.map { Double($0) * 5 }, slowGradient.map { $0 * 5 }) < 1e-5)
    }

    @Test func theTextbooksRecursionGivesTheSame() {
        var random = RandomSource(seed: 3)
        for (steps, count) in [(50, 20), (200, 31), (41, 40), (9, 0)] {
            let target = (0..<count).map { 1 + ($0 * 7 + $0 / 3) % 5 }
            let logits: [Double] = random.normals(steps * 6, times: 2)
            let (value, _) = ctc(logits, outputs: 6, lengths: [steps], targets: [target])
            let expected = textbook(logits, outputs: 6, target: target)
            #expect(value.skipped == 0 ? abs(value.mean - expected) < 1e-9 * expected : expected == .infinity)
        }
    }

    @Test func aTargetThatJustFitsHasOnePath() {
        // Three equal labels need two blanks: five steps allow one path, four none.
        let logits = (0..<15).map { Double($0 % 4) * 0.3 }
        let y = logSoftmax(logits, outputs: 3), path = [2, 0, 2, 0, 2]
        let only = -path.enumerated().map { y[$0.offset * 3 + $0.element] }.reduce(0, +)
        let fits = ctc(logits, outputs: 3, lengths: [5], targets: [[2, 2, 2]])
        #expect(abs(fits.value.mean - only) < 1e-12)
        let misses = ctc(Array(logits[..<12]), outputs: 3, lengths: [4], targets: [[2, 2, 2]])
        #expect(misses.value == LossValue(sum: 0, count: 1, skipped: 1))
        #expect(misses.gradient.allSatisfy { $0 == 0 })
    }

    @Test func aSkippedSequenceTakesNothingFromTheOthers() {
        var random = RandomSource(seed: 4)
        let logits: [Float] = random.normals(7 * 4)
        let both = ctc(logits, outputs: 4, lengths: [4, 3], targets: [[1, 2], [1, 1, 1]])
        // The rows of the first sequence: every second one, and the last.
        let rows = [0, 2, 4, 6]
        let alone = ctc(
            rows.flatMap { logits[($0 * 4)..<($0 * 4 + 4)] }, outputs: 4, lengths: [4], targets: [[1, 2]])
        #expect(both.value == LossValue(sum: alone.value.sum, count: 2, skipped: 1))
        let gradient = rows.flatMap { both.gradient[($0 * 4)..<($0 * 4 + 4)] }
        #expect(greatestDifference(gradient.map { 2 * $0 }, alone.gradient) == 0)
        #expect([1, 3, 5].allSatisfy { row in both.gradient[(row * 4)..<(row * 4 + 4)].allSatisfy { $0 == 0 } })
    }

    @Test func greatLogitsGiveNumbers() {
        var random = RandomSource(seed: 5)
        for scale in [1e2, 1e4] {
            let logits: [Float] = (0..<(40 * 6)).map { _ in Float(random.uniform(in: -scale...scale)) }
            let target = [1, 1, 3, 5, 2, 2, 4]
            let fast = ctc(logits, outputs: 6, lengths: [40], targets: [target])
            let slow = textbook(logits.map(Double.init), outputs: 6, target: target)
            #expect(abs(fast.value.mean / slow - 1) < 1e-6)
            #expect(fast.gradient.allSatisfy { abs($0) <= 1.0001 })
            let precise = ctc(logits.map(Double.init), outputs: 6, lengths: [40], targets: [target])
            #expect(greatestDifference(fast.gradient.map(Double.init), precise.gradient) < 2e-2 * scale / 1e4 + 1e-4)
        }
    }

    @Test func theGradientOfAStepAddsUpToZero() {
        var random = RandomSource(seed: 6)
        let logits: [Float] = random.normals(300 * 40, times: 3)
        let target = (0..<60).map { _ in random.uniform(in: 1..<40) }
        let (_, gradient) = ctc(logits, outputs: 40, lengths: [300], targets: [target])
        for step in 0..<300 { #expect(abs(gradient[(step * 40)..<(step * 40 + 40)].reduce(0, +)) < 2e-6) }
    }

    @Test func whatIsNotANumberIsSeenAndWhatIsRuledOutIsSkipped() {
        var logits = [Float](repeating: 0.5, count: 12)
        logits[4] = .nan
        #expect(ctc(logits, outputs: 3, lengths: [4], targets: [[1]]).value.mean.isNaN)
        logits = [Float](repeating: 0.5, count: 12)
        for step in 0..<4 { logits[step * 3 + 2] = -.infinity }
        let without = ctc(logits, outputs: 3, lengths: [4], targets: [[1]])
        #expect(without.value.mean.isFinite && without.gradient.allSatisfy(\.isFinite))
        let impossible = ctc(logits, outputs: 3, lengths: [4], targets: [[2]])
        #expect(impossible.value.skipped == 1 && impossible.gradient.allSatisfy { $0 == 0 })
    }

    @Test func sequencesOnTheirOwnGiveTheSameBits() {
        var random = RandomSource(seed: 7)
        let batch = PackedBatch(lengths: [31, 20, 20, 5]), outputs = 9
        let targets = [12, 3, 0, 2].map { count in (0..<count).map { _ in random.uniform(in: 1..<outputs) } }
        let logits: [Float] = random.normals(batch.rows * outputs)
        let whole = ctc(logits, outputs: outputs, lengths: batch.lengths, targets: targets)
        let loss = CTCLoss()
        let apart = evaluate(logits) { x, gradient in
            var losses = [Double?](repeating: nil, count: 4)
            for n in [2, 0, 3, 1] {
                losses[n] = loss.sequence(
                    n, logits: x, outputs: outputs, batch: batch, target: targets[n], gradient: gradient, scale: 0.25,
                    workspace: CTCWorkspace())
            }
            return loss.value(of: losses)
        }
        #expect(apart.value == whole.value && apart.gradient == whole.gradient)
    }
}

// The states of one sequence by step, forward and backward. Rows of labels have a cell that is never reached at either
// end, so that no state is a special case; a state that cannot be reached, or from which the end cannot be reached, is
// not computed at all.

import Recurrent

/// The lattice of one sequence with `steps` steps and a target of `labels` labels.
struct CTCLattice<Real: LossScalar> {
    private let rows: CTCRows<Real>
    private let target: [Int]
    private let blank: Int
    private let steps: Int
    private let labels: Int
    /// From row to row of the blanks [labels + 1], and of the labels, [labels + 2] of which the first and the last are
    /// never reached.
    private let width: Int

    /// ln of the probability of each label of the target, [steps, width], and of the blank, [steps].
    private let labelEmissions, blankEmissions: UnsafeMutablePointer<Real>
    /// Forward states, those of the step included, relative to the greatest of the step before; a row before the first
    /// step.
    private let labelForward, blankForward: UnsafeMutablePointer<Real>
    /// 0 where a label may follow its neighbour without a blank, `logZero` where it may not: [labels + 1].
    private let passage: UnsafeMutablePointer<Real>
    /// Two backward rows, of labels and of blanks, and the posteriors of a step.
    private let labelNext, blankNext, labelBack, blankBack, labelShare, blankShare: UnsafeMutablePointer<Real>

    init(rows: CTCRows<Real>, target: [Int], blank: Int, workspace: CTCWorkspace<Real>) {
        self.rows = rows
        self.target = target
        self.blank = blank
        steps = rows.steps
        labels = target.count
        width = (target.count + 2 + 3) / 4 * 4
        var memory = workspace.take((steps * 3 + 2 + 7) * width + steps)
        func take(_ count: Int) -> UnsafeMutablePointer<Real> {
            defer { memory += count }
            return memory
        }
        labelEmissions = take(steps * width)
        labelForward = take((steps + 1) * width)
        blankForward = take((steps + 1) * width)
        passage = take(width)
        (labelNext, blankNext) = (take(width), take(width))
        (labelBack, blankBack) = (take(width), take(width))
        (labelShare, blankShare) = (take(width), take(width))
        blankEmissions = take(steps)
        for u in 0...labels {
            passage[u] = u > 0 && u < labels && target[u] != target[u - 1] ? 0 : Real.logZero
        }
    }

    /// The states at `step` through which a whole path goes: the first steps reach only the first labels, the last ones
    /// only the last.
    @inline(__always) private func window(_ step: Int) -> (blanks: Range<Int>, labels: Range<Int>) {
        let first = labels - (steps - 1 - step)
        return (max(0, first)..<(min(step, labels) + 1), max(0, first - 1)..<min(step + 1, labels))
    }

    /// Logarithms of the softmax, and `scale` times the softmax as the first half of the gradient. False if one is not
    /// a number.
    @inline(__always) func emit(scale: Real) -> Bool {
        var areNumbers = true
        for step in 0..<steps {
            let logits = rows.logits(step), y = labelEmissions + step * width
            let softmax = SoftmaxRow(logits, count: rows.outputs, scaledInto: rows.gradient(step), scale: scale)
            for u in 0..<labels { y[u] = softmax.logarithm(of: logits[target[u]]) }
            blankEmissions[step] = softmax.logarithm(of: logits[blank])
            areNumbers = areNumbers && !softmax.logSum.isNaN
        }
        return areNumbers
    }

    /// The forward states; ln of the probability of the target.
    @inline(__always) func forward() -> Double {
        for row in 0...steps {
            (labelForward + row * width).update(repeating: Real.logZero, count: labels + 2)
            (blankForward + row * width).update(repeating: Real.logZero, count: labels + 1)
        }
        blankForward[0] = 0
        var shift = Real.zero, shifts = 0.0
        for step in 0..<steps {
            let (blanks, labels) = window(step)
            let oldBlank = blankForward + step * width, oldLabel = labelForward + step * width + 1
            // The label before each label or blank: pointers and not u - 1, whose overflow check is no vector loop.
            let before = oldLabel - 1
            let newBlank = oldBlank + width, newLabel = oldLabel + width
            let y = labelEmissions + step * width, yBlank = blankEmissions[step] - shift
            for u in blanks { newBlank[u] = logAdd(oldBlank[u], before[u]) + yBlank }
            for u in labels {
                newLabel[u] = logAdd(oldLabel[u], oldBlank[u], before[u] + passage[u]) + (y[u] - shift)
            }
            shifts += Double(shift)
            shift = greatest(newBlank + blanks.lowerBound, count: blanks.count, start: Real.logZero)
            shift = greatest(newLabel + labels.lowerBound, count: labels.count, start: shift)
        }
        let end = logAdd(blankForward[steps * width + labels], labelForward[steps * width + labels])
        return shifts + Double(end)
    }

    /// The backward states, and the posteriors of the labels taken from the gradient.
    @inline(__always) func backward(scale: Real) {
        for row in [labelNext, labelBack] { row.update(repeating: Real.logZero, count: labels + 2) }
        for row in [blankNext, blankBack] { row.update(repeating: Real.logZero, count: labels + 1) }
        blankNext[labels] = 0
        var shift = Real.zero
        let next = labelNext + 1, back = labelBack + 1
        let after = (label: next + 1, blank: blankNext + 1, passage: passage + 1)
        for step in stride(from: steps - 1, through: 0, by: -1) {
            let (blanks, labels) = window(step)
            for u in blanks { blankBack[u] = logAdd(blankNext[u], next[u]) - shift }
            for u in labels {
                back[u] = logAdd(next[u], after.blank[u], after.label[u] + after.passage[u]) - shift
            }
            takePosteriors(step, blanks: blanks, labels: labels, scale: scale)
            let y = labelEmissions + step * width, yBlank = blankEmissions[step]
            for u in blanks { blankNext[u] = blankBack[u] + yBlank }
            for u in labels { next[u] = back[u] + y[u] }
            shift = greatest(blankNext + blanks.lowerBound, count: blanks.count, start: Real.logZero)
            shift = greatest(next + labels.lowerBound, count: labels.count, start: shift)
        }
    }

    /// Takes the posterior of each output at a step from its gradient. They add up to 1 whatever the states are
    /// relative to.
    @inline(__always)
    private func takePosteriors(_ step: Int, blanks: Range<Int>, labels: Range<Int>, scale: Real) {
        let alphaBlank = blankForward + (step + 1) * width, alpha = labelForward + (step + 1) * width + 1
        let back = labelBack + 1
        for u in blanks { blankShare[u] = alphaBlank[u] + blankBack[u] }
        for u in labels { labelShare[u] = alpha[u] + back[u] }
        var top = greatest(blankShare + blanks.lowerBound, count: blanks.count, start: 2 * Real.logZero)
        top = greatest(labelShare + labels.lowerBound, count: labels.count, start: top)
        for u in blanks { blankShare[u] = Real.exponential(blankShare[u] - top) }
        for u in labels { labelShare[u] = Real.exponential(labelShare[u] - top) }
        let ofBlank = total(blankShare + blanks.lowerBound, count: blanks.count)
        let factor = scale / (ofBlank + total(labelShare + labels.lowerBound, count: labels.count))
        let gradient = rows.gradient(step)
        gradient[blank] -= factor * ofBlank
        for u in labels { gradient[target[u]] -= factor * labelShare[u] }
    }
}

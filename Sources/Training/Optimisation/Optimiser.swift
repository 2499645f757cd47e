// One step of an optimiser over the block of all parameters p with gradient g, as torch.optim does it; λ is the weight
// decay (of matrices alone), r the rate. Ten steps of each equal PyTorch's within 1e-6.
//
//     SGD       g += λ p;  b = momentum b + g;  p -= r b, with Nesterov r (g + momentum b)
//     RMSProp   g += λ p;  v = smoothing v + (1 - smoothing) g²;  b = momentum b + g / (√v + ε);  p -= r b
//     Adam      g += λ p;  m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²
//               p -= r / (1 - β₁ᵗ) m / (√(v / (1 - β₂ᵗ)) + ε)
//     AdamW     p -= r λ p;  then as Adam with λ = 0

import Glibc
import Recurrent

/// An optimiser and what it remembers.
package struct Optimiser<Real: TrainingScalar>: Sendable {
    package let choice: OptimiserChoice
    /// Stretches of the block, one after the other, and whether weight decay applies there.
    private let stretches: [(range: Range<Int>, decays: Bool)]
    /// What goes into a checkpoint; set it to go on from there to the same bits.
    package var state: State

    /// What an optimiser remembers between steps.
    package struct State: Sendable, Equatable {
        /// Steps taken.
        package var step = 0
        /// A block like that of the parameters. SGD and RMSProp: b, Adam: m.
        package var first: [Real]
        /// RMSProp and Adam: v; SGD has none.
        package var second: [Real]

        package init(step: Int = 0, first: [Real], second: [Real]) {
            self.step = step
            self.first = first
            self.second = second
        }
    }

    /// For the block that `table` describes; what stands between its tensors is treated as the tensor before it. There
    /// is no decay in `fixed`.
    package init(_ choice: OptimiserChoice, table: ParameterTable, fixed: [Range<Int>] = []) {
        var decayed: [Range<Int>] = []
        for (index, entry) in table.entries.enumerated() where entry.role.decays && !fixed.contains(entry.range) {
            let end = index + 1 < table.entries.count ? table.entries[index + 1].offset : table.count
            decayed.append(entry.offset..<end)
        }
        self.init(choice, count: table.count, decayed: decayed)
    }

    /// For a block of `count` numbers of which those in `decayed`, ascending, have weight decay.
    package init(_ choice: OptimiserChoice, count: Int, decayed: [Range<Int>]) {
        self.choice = choice
        var stretches: [(range: Range<Int>, decays: Bool)] = []
        func add(_ range: Range<Int>, _ decays: Bool) {
            guard !range.isEmpty else { return }
            if let last = stretches.last, last.decays == decays {
                stretches[stretches.count - 1].range = last.range.lowerBound..<range.upperBound
            } else {
                stretches.append((range, decays))
            }
        }
        var end = 0
        for range in decayed {
            add(end..<range.lowerBound, false)
            add(range, true)
            end = range.upperBound
        }
        add(end..<count, false)
        self.stretches = stretches
        let zeros = [Real](repeating: 0, count: count)
        if case .sgd = choice {
            state = State(first: zeros, second: [])
        } else {
            state = State(first: zeros, second: zeros)
        }
    }

    /// Takes one step.
    /// - Parameters:
    ///   - parameters: the block, changed.
    ///   - gradient: of the same layout, clipped.
    ///   - rate: of this step; the schedule's factor times the choice's rate.
    package mutating func step(
        _ parameters: UnsafeMutablePointer<Real>, gradient: UnsafePointer<Real>, rate: Double
    ) {
        state.step += 1
        let step = state.step, choice = choice, stretches = stretches
        state.first.withUnsafeMutableBufferPointer { first in
            state.second.withUnsafeMutableBufferPointer { second in
                for (range, decays) in stretches {
                    let block = ParameterStretch(
                        count: range.count, p: parameters + range.lowerBound, g: gradient + range.lowerBound,
                        rate: Real(rate), decay: Real(decays ? choice.weightDecay : 0))
                    let a = first.baseAddress! + range.lowerBound, v = second.baseAddress.map { $0 + range.lowerBound }
                    switch choice {
                    case .sgd(let options): block.sgd(options, b: a)
                    case .rmsProp(let options): block.rmsProp(options, v: v!, b: a)
                    case .adam(let options): block.adam(options, decoupled: false, step: step, m: a, v: v!)
                    case .adamW(let options): block.adam(options, decoupled: true, step: step, m: a, v: v!)
                    }
                }
            }
        }
    }
}

extension Optimiser.State: Codable where Real: Codable {}

/// A stretch of the block with one rate and one weight decay: the loops.
private struct ParameterStretch<Real: TrainingScalar> {
    let count: Int
    let p: UnsafeMutablePointer<Real>
    let g: UnsafePointer<Real>
    let rate, decay: Real

    @specialized(where Real == Float)
    @specialized(where Real == Double)
    func sgd(_ options: SGDOptions, b: UnsafeMutablePointer<Real>) {
        let momentum = Real(options.momentum)
        for i in 0..<count {
            let gradient = g[i] + decay * p[i]
            b[i] = momentum * b[i] + gradient
            p[i] -= rate * (options.nesterov ? gradient + momentum * b[i] : b[i])
        }
    }

    @specialized(where Real == Float)
    @specialized(where Real == Double)
    func rmsProp(_ options: RMSPropOptions, v: UnsafeMutablePointer<Real>, b: UnsafeMutablePointer<Real>) {
        let momentum = Real(options.momentum), epsilon = Real(options.epsilon)
        let keep = Real(options.smoothing), take = Real(1 - options.smoothing)
        for i in 0..<count {
            let gradient = g[i] + decay * p[i]
            v[i] = keep * v[i] + take * gradient * gradient
            b[i] = momentum * b[i] + gradient / (v[i].squareRoot() + epsilon)
            p[i] -= rate * b[i]
        }
    }

    @specialized(where Real == Float)
    @specialized(where Real == Double)
    func adam(
        _ options: AdamOptions, decoupled: Bool, step: Int, m: UnsafeMutablePointer<Real>,
        v: UnsafeMutablePointer<Real>
    ) {
        let beta1 = Real(options.beta1), take1 = Real(1 - options.beta1)
        let beta2 = Real(options.beta2), take2 = Real(1 - options.beta2)
        let epsilon = Real(options.epsilon), ownRate = rate / Real(1 - pow(options.beta1, Double(step)))
        let root = Real((1 - pow(options.beta2, Double(step))).squareRoot())
        let added = decoupled ? 0 : decay, kept = decoupled ? 1 - rate * decay : 1
        for i in 0..<count {
            let gradient = g[i] + added * p[i]
            m[i] = beta1 * m[i] + take1 * gradient
            v[i] = beta2 * v[i] + take2 * gradient * gradient
            p[i] = kept * p[i] - ownRate * m[i] / (v[i].squareRoot() / root + epsilon)
        }
    }
}

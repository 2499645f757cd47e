// One to many: what comes next. A language model reads a line's end first, and then each token; before it reads one it
// has said how probable that was. A model of vectors says of each value how probable it is to be 1. The sum of -ln of
// these over a sequence is its score, by the chain rule.

import Decoding
import Events
import Glibc
import Recurrent

/// Says how probable what comes was, and what comes next.
package struct SequencePredictor: Sendable {
    private let model: Model
    /// What comes next: log-posteriors of tokens, or probabilities of a vector's ones; empty before the first vector.
    private(set) var next: [Float] = []
    /// What is made up goes on with the sequence: its end is not known to be one.
    private let goesOn: Bool
    private var steps = 0
    private var surprisal = 0.0

    init(_ model: Model, goesOn: Bool) {
        self.model = model
        self.goesOn = goesOn
    }

    mutating func begin() {
        (steps, surprisal) = (0, 0)
        next.removeAll(keepingCapacity: true)
    }

    /// What the network made of a step that is not scored.
    mutating func take(_ outputs: UnsafeBufferPointer<Float>) {
        next.removeAll(keepingCapacity: true)
        next.append(contentsOf: outputs)
    }

    mutating func read(
        _ step: SequenceStepInput, _ outputs: UnsafeBufferPointer<Float>, into events: inout [SessionEvent]
    ) {
        let surprise = surprisal(of: step)
        if let surprise { add(surprise) }
        take(outputs)
        let said = Step(
            step: step.now, read: step.token?.text, surprisal: surprise?.inFourPlaces, best: best,
            decided: model.time(step.now))
        events.append(.said(.step(said)))
    }

    private mutating func add(_ surprise: Double) {
        steps += 1
        surprisal += surprise
    }

    /// -ln of how probable a step was; nil where nothing was predicted.
    private func surprisal(of step: SequenceStepInput) -> Double? {
        guard !next.isEmpty else { return nil }
        if let token = step.token { return -Double(next[token.index]) }
        return (0..<model.inputs).reduce(0) {
            $0 + Self.surprisal(of: step.values[$1] > 0.5, probability: next[$1])
        }
    }

    /// -ln of how probable a value was that could be 1 with a probability. A sigmoid that has rounded to 0 or 1 is not
    /// sure beyond its last bit.
    package static func surprisal(of isOne: Bool, probability: Float) -> Double {
        -log(max(isOne ? Double(probability) : 1 - Double(probability), 0x1p-24))
    }

    /// The most probable of what comes next.
    private var best: [Step.Choice] {
        next.mostProbable(3).map { index in
            if let encoder = model.encoder {
                return .init(label: encoder.vocabulary.tokens[index], probability: next[index].exponential)
            }
            return .init(label: "\(index + (model.file.vectors?.first ?? 0))", probability: next[index])
        }
    }

    mutating func end(_ sequence: SequenceSpan, into events: inout [SessionEvent]) {
        // The end of a line is predicted, too.
        if let end = model.encoder?.vocabulary.end, !goesOn { add(-Double(next[end])) }
        guard steps > 0 else { return }
        // Of wide vectors it may be more than a number can be.
        let perplexity = min(exp(surprisal / Double(steps)), 1e300)
        let score = Score(
            sequence: sequence.number, start: model.time(sequence.start), end: model.time(sequence.end), steps: steps,
            surprisal: surprisal.inFourPlaces, perplexity: perplexity.inFourPlaces)
        events.append(.said(.score(score)))
    }
}

extension Step.Choice {
    /// A label and how probable it is.
    init(label: String, probability: Float) {
        self.init(label: label, confidence: Double(probability).inFourPlaces)
    }
}

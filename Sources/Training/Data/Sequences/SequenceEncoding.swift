// From sequences as they are written to what a network reads and is to say.

import Decoding
import Features
import Schema

/// The way from examples of a task to rows of numbers.
package struct SequenceEncoding: Sendable {
    package let task: SequenceTask
    /// Names of the outputs; empty where the outputs are a vector's values.
    package let labels: [String]
    /// How tokens are written; nil for vectors.
    package let tokens: TokenEncoder?
    /// Values of a step.
    package let inputs: Int
    private let index: [String: Int]

    package init(task: SequenceTask, labels: [String], tokens: TokenEncoder?, inputs: Int) {
        (self.task, self.labels, self.tokens, self.inputs) = (task, labels, tokens, inputs)
        index = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    }

    /// The names that some examples' labels have: `O` first, the others by their bytes.
    package static func labels(of examples: [SequenceExample]) -> [String] {
        let names = Set(examples.lazy.flatMap(\.labels))
        return names.sorted {
            $0 == outsideTag || $1 != outsideTag && $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    /// One example as the network takes it. nil for one that is too short to learn the next vector from.
    /// - Throws: ``DataError`` for a label that there is not.
    package func encode(_ example: SequenceExample) throws(DataError) -> EncodedSequence? {
        var x = example.vectors
        if let tokens {
            x = [Float](repeating: 0, count: example.steps * inputs)
            x.withUnsafeMutableBufferPointer { x in
                for (step, token) in example.tokens.enumerated() {
                    tokens.write(token, to: x.baseAddress! + step * inputs)
                }
            }
        }
        if task == .nextVector {
            guard example.steps > 1 else { return nil }
            return EncodedSequence(
                x: Array(x.dropLast(inputs)), steps: example.steps - 1, values: Array(x.dropFirst(inputs)),
                name: example.name)
        }
        var targets: [Int] = []
        for label in example.labels {
            guard let target = index[label] else {
                throw .badTarget(
                    clip: example.name,
                    reason: "there is no label \"\(excerpt(label))\"; there are \(excerpt(list: labels, limit: 12))")
            }
            targets.append(target)
        }
        return EncodedSequence(x: x, steps: example.steps, targets: targets, name: example.name)
    }
}

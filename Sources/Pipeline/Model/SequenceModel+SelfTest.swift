// What a model of sequences says of steps that are made up: the mean of each output, kept in its file and compared when
// it is loaded.

import Decoding
import Recurrent

extension SequenceModel {
    /// Steps of the self-test when a model is made.
    package static let selfTestSteps = 256

    /// The means of the answers of both networks to `steps` steps that hop through the vocabulary, or through what
    /// values can be.
    package func answer(steps: Int) -> SelfTest {
        let x = AlignedFloats(count: steps * inputs)
        for step in 0..<steps { write(selfTestStep: step, to: x.pointer + step * inputs) }
        func means(_ network: RecurrentNetwork?) -> [Float]? {
            guard let network else { return nil }
            let y = network.read(x, steps: steps)
            return (0..<outputs).map { output in
                Float((0..<steps).reduce(0.0) { $0 + Double(y.pointer[$1 * outputs + output]) } / Double(steps))
            }
        }
        return SelfTest(samples: steps, online: means(online) ?? [], offline: means(offline))
    }

    private func write(selfTestStep step: Int, to x: UnsafeMutablePointer<Float>) {
        if let encoder {
            let token = Int((UInt64(step) * 7919) % UInt64(encoder.vocabulary.count))
            if encoder.subwords == nil {
                encoder.write(token, to: x)
            } else {
                encoder.write(encoder.vocabulary.tokens[token], to: x)
            }
            return
        }
        for index in 0..<inputs {
            let hop = Float((step * 7919 + index * 104_729) % 1009) / 1008
            x[index] = file.vectors?.encoding == .indices ? (hop > 0.95 ? 1 : 0) : 2 * hop - 1
        }
    }

    /// Compares the networks' answers with those in the file.
    /// - Throws: ``ModelError``.
    package func runSelfTest() throws(ModelError) {
        guard let expected = file.selfTest else { throw .metadata(key: "self_test", reason: "it is not there") }
        let isModest = SelfTest.isModest(steps: expected.samples, [online, offline].compactMap(\.self))
        let found = (1...4096).contains(expected.samples) && isModest ? answer(steps: expected.samples) : nil
        guard let found, expected.online.count == found.online.count, expected.offline?.count == found.offline?.count
        else {
            throw .metadata(key: "self_test", reason: "its size is not that of the model's answers")
        }
        for (reading, expected, found) in [
            ("online", expected.online, found.online), ("offline", expected.offline ?? [], found.offline ?? []),
        ] {
            try SelfTest.compare(expected, found, reading: reading)
        }
    }
}

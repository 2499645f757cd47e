// A model of sequences that is ready to run. Immutable and shared by all streams; what one stream owns is a TokenStream.

import Decoding
import Recurrent

/// What streams of tokens need.
package final class SequenceModel: Sendable {
    package let path: String
    package let file: SequenceModelFile
    package let network: RecurrentNetwork
    package var vocabulary: TokenVocabulary { file.tokens }

    /// Loads a file and passes its self-test; `path` is kept for messages.
    /// - Throws: ``ModelError``.
    package convenience init(path: String) throws(ModelError) {
        try self.init(try SequenceModelFile(path: path), path: path)
        try runSelfTest()
    }

    /// - Throws: ``ModelError`` when network and tokens do not fit together.
    package init(_ file: SequenceModelFile, path: String) throws(ModelError) {
        (self.path, self.file) = (path, file)
        network = try RecurrentNetwork(file.online, tensors: file.tensors, prefix: "online.")
        func refuse(_ reason: String) -> ModelError { .metadata(key: "online", reason: reason) }
        let count = file.tokens.count
        guard network.isStreaming, network.delaySteps == 0 else {
            throw refuse("a network that predicts reads in one direction and looks at nothing ahead")
        }
        guard network.inputs == 1 || network.inputs == count else {
            throw refuse(
                "the network takes \(network.inputs) values a step; 1 or \(count) are needed for \(count) tokens")
        }
        if case .embedding(let d)? = file.online.first, d.tokens != count {
            throw refuse("its embedding has \(d.tokens) tokens, and the model has \(count)")
        }
        guard network.outputs == count else {
            throw refuse("the network has \(network.outputs) outputs, and the model has \(count) tokens")
        }
        guard case .activation(.logSoftmax)? = file.online.last else {
            throw refuse("its last layer is not log_softmax, and tokens are predicted by their log-posteriors")
        }
    }

    /// Writes what the network reads for a token, `x` [inputs].
    func write(_ token: Int, to x: UnsafeMutablePointer<Float>) {
        precondition(vocabulary.tokens.indices.contains(token), "a token is one of the vocabulary's")
        guard network.inputs > 1 else {
            x[0] = Float(token)
            return
        }
        x.update(repeating: 0, count: network.inputs)
        x[token] = 1
    }

    // MARK: self-test

    /// Steps of the self-test when a model is made.
    package static let selfTestSteps = 256

    /// The means of the answers to `steps` tokens that hop through the vocabulary.
    package func answer(steps: Int) -> SelfTest {
        let stream = TokenStream(self)
        var means = [Double](repeating: 0, count: vocabulary.count)
        for step in 0..<steps {
            let next = stream.read(Int((UInt64(step) * 7919) % UInt64(vocabulary.count)))
            for index in means.indices { means[index] += Double(next[index]) / Double(steps) }
        }
        return SelfTest(samples: steps, online: means.map(Float.init))
    }

    /// Compares the network's answer with that in the file.
    /// - Throws: ``ModelError``.
    package func runSelfTest() throws(ModelError) {
        guard let expected = file.selfTest else { throw .metadata(key: "self_test", reason: "it is not there") }
        guard (1...1_000_000).contains(expected.samples), expected.online.count == vocabulary.count else {
            throw .metadata(key: "self_test", reason: "its size is not that of the model's answers")
        }
        let found = answer(steps: expected.samples).online
        let difference = zip(expected.online, found).reduce(Float(0)) {
            let difference = abs($1.0 - $1.1)
            return difference.isNaN ? .infinity : max($0, difference)
        }
        guard difference <= SelfTest.tolerance else {
            throw .selfTest(reading: "online", difference: difference, tolerance: SelfTest.tolerance)
        }
    }
}

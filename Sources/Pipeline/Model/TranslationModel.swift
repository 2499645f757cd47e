// A model of pairs that is ready to run. Immutable and shared; what one stream of lines owns is a Translator.

import Decoding
import Recurrent

/// What translators need.
package final class TranslationModel: Sendable {
    package let path: String
    package let file: TranslationFile
    package let network: EncoderDecoder
    package var source: TokenVocabulary { file.source }
    package var target: TokenVocabulary { file.target }

    /// Loads a file and passes its self-test; `path` is kept for messages.
    /// - Throws: ``ModelError``.
    package convenience init(path: String) throws(ModelError) {
        try self.init(try TranslationFile(path: path), path: path)
        try runSelfTest()
    }

    /// - Throws: ``ModelError`` when network and tokens do not fit together.
    package init(_ file: TranslationFile, path: String) throws(ModelError) {
        (self.path, self.file) = (path, file)
        network = try EncoderDecoder(file.layers, tensors: file.tensors, prefix: TranslationFile.prefix)
        func refuse(_ reason: String) -> ModelError { .metadata(key: "transducer", reason: reason) }
        let readers = [
            ("the encoder", network.sourceInputs, file.source.count, file.layers.attention?.encoder.first),
            ("the decoder", network.inputs, file.target.count, file.layers.first),
        ]
        for (name, inputs, tokens, first) in readers {
            guard inputs == 1 || inputs == tokens else {
                throw refuse("\(name) takes \(inputs) values a step; 1 or \(tokens) are needed for \(tokens) tokens")
            }
            if case .embedding(let d)? = first, d.tokens != tokens {
                throw refuse("\(name)'s embedding has \(d.tokens) tokens, and the model has \(tokens)")
            }
        }
        guard network.outputs == file.target.count else {
            throw refuse("the network has \(network.outputs) outputs, and the target has \(file.target.count) tokens")
        }
        guard case .activation(.logSoftmax)? = file.layers.last else {
            throw refuse("its last layer is not log_softmax, and tokens are predicted by their log-posteriors")
        }
    }

    /// What the encoder says of some tokens of the source, at least one.
    package func encode(_ tokens: [Int]) -> EncodedSource {
        let inputs = network.sourceInputs, x = AlignedFloats(count: tokens.count * inputs)
        for (step, token) in tokens.enumerated() {
            Self.write(token, of: source, inputs: inputs, to: x.pointer + step * inputs)
        }
        return network.encode(x, steps: tokens.count)
    }

    /// Writes what a network reads for a token, `x` [inputs], zeros: its index, or it one-hot.
    static func write(_ token: Int, of vocabulary: TokenVocabulary, inputs: Int, to x: UnsafeMutablePointer<Float>) {
        precondition(vocabulary.tokens.indices.contains(token), "a token is one of the vocabulary's")
        if inputs == 1 { x[0] = Float(token) } else { x[token] = 1 }
    }

    // MARK: self-test

    /// Target tokens of the self-test when a model is made; it reads half as many of the source.
    package static let selfTestSteps = 64

    /// The means of the answers when `steps` target tokens that hop through the vocabulary stand against half as many
    /// of the source.
    package func answer(steps: Int) -> SelfTest {
        func hop(_ count: Int, of vocabulary: TokenVocabulary) -> [Int] {
            (0..<count).map { Int((UInt64($0) * 7919) % UInt64(vocabulary.count)) }
        }
        let stream = TargetStream(self)
        stream.begin(hop(max(1, steps / 2), of: source))
        var means = [Double](repeating: 0, count: target.count)
        for token in hop(steps, of: target) {
            let next = stream.read(token)
            for index in means.indices { means[index] += Double(next[index]) / Double(steps) }
        }
        return SelfTest(samples: steps, online: means.map(Float.init))
    }

    /// Compares the network's answer with that in the file.
    /// - Throws: ``ModelError``.
    package func runSelfTest() throws(ModelError) {
        guard let expected = file.selfTest else { throw .metadata(key: "self_test", reason: "it is not there") }
        let parts = [network.encoder, network.lower, network.upper]
        guard (1...4096).contains(expected.samples), SelfTest.isModest(steps: expected.samples, parts),
            expected.online.count == target.count
        else {
            throw .metadata(key: "self_test", reason: "its size is not that of the model's answers")
        }
        let found = answer(steps: expected.samples).online
        try SelfTest.compare(expected.online, found, reading: "transducer")
    }
}

/// One decoder in tokens: a source, then token by token what comes next. One thread uses it at a time.
package final class TargetStream {
    package let model: TranslationModel
    private let decoder: SourceDecoder
    private let x, y: AlignedFloats

    package init(_ model: TranslationModel) {
        self.model = model
        decoder = SourceDecoder(model.network)
        x = AlignedFloats(count: model.network.inputs)
        y = AlignedFloats(count: model.network.outputs)
    }

    /// Before the first token of the target of some source tokens, at least one.
    package func begin(_ source: [Int]) { decoder.begin(model.encode(source)) }

    /// Log-posteriors of what comes behind `token`, [target tokens]; before the first stands the target's line end.
    package func read(_ token: Int) -> [Float] {
        x.clear()
        TranslationModel.write(token, of: model.target, inputs: model.network.inputs, to: x.pointer)
        decoder.step(x.pointer, output: y.pointer)
        return y.values
    }

    /// How much each source token counted for what ``read(_:)`` said last, 1 in all.
    package var attention: [Float] { decoder.weights }

    /// Where the stream is in its target, to come back to.
    package var position: SourceDecoder.Position {
        get { decoder.position }
        set { decoder.position = newValue }
    }
}

// What a model of pairs has: a network that reads one text as a whole and writes another, and the tokens of both.

import Decoding
import Recurrent

extension ModelFile {
    /// Its network.
    /// - Throws: ``ModelError`` when network and tokens do not fit together.
    func encoderDecoder() throws(ModelError) -> EncoderDecoder {
        func refuse(_ reason: String) -> ModelError { .metadata(key: "transducer", reason: reason) }
        guard let tokens, let target, let transducer else { throw refuse("it is not there") }
        let network = try EncoderDecoder(transducer, tensors: tensors, prefix: Self.transducerPrefix)
        let readers = [
            ("the encoder", network.sourceInputs, tokens.count, transducer.attention?.encoder.first),
            ("the decoder", network.inputs, target.count, transducer.first),
        ]
        for (name, inputs, tokens, first) in readers {
            guard inputs == 1 || inputs == tokens else {
                throw refuse("\(name) takes \(inputs) values a step; 1 or \(tokens) are needed for \(tokens) tokens")
            }
            if case .embedding(let d)? = first, d.tokens != tokens {
                throw refuse("\(name)'s embedding has \(d.tokens) tokens, and the model has \(tokens)")
            }
        }
        guard network.outputs == target.count else {
            throw refuse("the network has \(network.outputs) outputs, and the target has \(target.count) tokens")
        }
        guard case .activation(.logSoftmax)? = transducer.last else {
            throw refuse("its last layer is not log_softmax, and tokens are predicted by their log-posteriors")
        }
        return network
    }
}

extension Model {
    /// The tokens that a model of pairs writes.
    package var target: TokenVocabulary {
        guard let target = file.target else { preconditionFailure("only a model of pairs has a target") }
        return target
    }

    /// What the encoder makes of some tokens of the source, at least one.
    package func encode(_ tokens: [Int]) -> EncodedSource {
        let inputs = transducer.sourceInputs, x = AlignedFloats(count: tokens.count * inputs)
        for (step, token) in tokens.enumerated() {
            Self.write(token, of: self.tokens, inputs: inputs, to: x.pointer + step * inputs)
        }
        return transducer.encode(x, steps: tokens.count)
    }

    /// Writes what a network reads for a token, `x` [inputs], zeros: its index, or it one-hot.
    static func write(_ token: Int, of vocabulary: TokenVocabulary, inputs: Int, to x: UnsafeMutablePointer<Float>) {
        precondition(vocabulary.tokens.indices.contains(token), "a token is one of the vocabulary's")
        if inputs == 1 { x[0] = Float(token) } else { x[token] = 1 }
    }
}

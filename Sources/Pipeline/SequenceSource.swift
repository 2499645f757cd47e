// The steps of a stream that is not sound, from its bytes: text to tokens, numbers to vectors.

import Decoding
import Features

/// Reads the steps of one stream of a model of sequences.
struct SequenceSource {
    /// What comes next.
    enum Item {
        /// A step was written: of text, the token as it stood there.
        case step(String?)
        /// A line of text is over, or a sequence of vectors.
        case end
        case needsBytes
        case finished
        /// Nothing follows.
        case failure(code: String, text: String)
    }

    private enum Reader {
        case text(TextReader)
        case vectors(VectorReader)
    }

    private var reader: Reader
    private let encoder: TokenEncoder?

    init(_ model: SequenceModel) {
        encoder = model.encoder
        reader =
            if let encoder { .text(TextReader(encoder.vocabulary.units)) } else {
                .vectors(VectorReader(model.file.vectors ?? VectorOptions(width: model.inputs)))
            }
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        switch reader {
        case .text(var text):
            text.append(bytes)
            reader = .text(text)
        case .vectors(var vectors):
            vectors.append(bytes)
            reader = .vectors(vectors)
        }
    }

    mutating func finish() {
        switch reader {
        case .text(var text):
            text.finish()
            reader = .text(text)
        case .vectors(var vectors):
            vectors.finish()
            reader = .vectors(vectors)
        }
    }

    /// The next thing that the bytes hold. A step is written to `row` [inputs].
    mutating func next(into row: UnsafeMutableBufferPointer<Float>) -> Item {
        switch reader {
        case .text(var text):
            defer { reader = .text(text) }
            do {
                switch try text.next() {
                case .token(let token):
                    encoder?.write(token, to: row.baseAddress!)
                    return .step(token)
                case .lineEnd: return .end
                case .needsBytes: return .needsBytes
                case .finished: return .finished
                }
            } catch {
                return .failure(code: error.code, text: "\(error)")
            }
        case .vectors(var vectors):
            defer { reader = .vectors(vectors) }
            do {
                switch try vectors.next(into: row) {
                case .step: return .step(nil)
                case .endOfSequence: return .end
                case .needsBytes: return .needsBytes
                case .finished: return .finished
                }
            } catch {
                return .failure(code: error.code, text: "\(error)")
            }
        }
    }
}

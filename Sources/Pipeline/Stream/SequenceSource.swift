// The steps of a stream that is not sound, from its bytes: text to tokens, numbers to vectors.

import Decoding
import Features
import Recurrent

/// Reads the steps of one stream of a model of sequences.
struct SequenceSource {
    /// What comes next.
    enum Item {
        /// A step was written: of text, the token as it stood there.
        case step(SequenceToken?)
        /// A line of text is over, or a sequence of vectors.
        case end
        case needsBytes
        case finished
        /// Nothing follows.
        case failure(code: String, text: String)
    }

    /// One of the two.
    private var text: TextReader?
    private var vectors: VectorReader?
    private let encoder: TokenEncoder?

    init(_ model: Model) {
        encoder = model.encoder
        text = encoder.map { TextReader($0.vocabulary.units) }
        vectors = model.file.vectors.map { VectorReader($0) }
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        text?.append(bytes)
        vectors?.append(bytes)
    }

    mutating func finish() {
        text?.finish()
        vectors?.finish()
    }

    /// The next thing that the bytes hold. A step is written to `row` [inputs].
    mutating func next(into row: UnsafeMutableBufferPointer<Float>) -> Item {
        do throws(TextReader.Failure) {
            switch try text?.next() {
            case .token(let token)?:
                guard let encoder else { preconditionFailure("what reads text has tokens") }
                return .step(SequenceToken(index: encoder.write(token, to: row.baseAddress!), text: token))
            case .lineEnd?: return .end
            case .needsBytes?: return .needsBytes
            case .finished?: return .finished
            case nil: break
            }
        } catch {
            return .failure(code: error.code, text: "\(error)")
        }
        do throws(VectorError) {
            switch try vectors?.next(into: row) {
            case .step?: return .step(nil)
            case .endOfSequence?: return .end
            case .needsBytes?: return .needsBytes
            case .finished?, nil: return .finished
            }
        } catch {
            return .failure(code: error.code, text: "\(error)")
        }
    }
}

extension Model {
    /// The steps of the first sequence that some bytes hold, [count, inputs], and what was read at each, nil of
    /// vectors.
    /// - Throws: ``ModelError/metadata(key:reason:)`` with the reader's reason when they are no text or vectors.
    package func firstSequence(of bytes: some Sequence<UInt8>) throws(ModelError) -> (
        steps: AlignedFloats, read: [String?]
    ) {
        var source = SequenceSource(self), steps: [Float] = [], read: [String?] = []
        let row = AlignedFloats(count: inputs)
        source.append(bytes)
        source.finish()
        while true {
            switch source.next(into: UnsafeMutableBufferPointer(start: row.pointer, count: inputs)) {
            case .step(let token):
                steps += row.values
                read.append(token?.text)
            case .failure(_, let text): throw .metadata(key: "tokens", reason: text)
            case .end, .needsBytes, .finished: return (AlignedFloats(steps), read)
            }
        }
    }
}

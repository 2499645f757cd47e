// A recurrent language model beside a speech decoder: how ShallowFusion.swift asks a Model. Words are labels to
// the letter (in lower case if the model has that); a label that the model does not know is read and scored as its
// <unk>. An utterance begins after a line's end and ends with one, as the lines that `heard lm score` scores.
//
// The network reads a word once for each new history that lives on in the beam, not once a frame. That call goes
// through an existential; scores are read from what it left behind (Decoding/KeptStates.swift).

import Decoding
import Recurrent

/// A language model of words for a decoder of speech. Immutable and shared by all streams.
package struct AttachedLanguageModel: RecurrentLanguageModel {
    package let model: Model

    /// Loads a file and passes its self-test.
    /// - Throws: ``ModelError``, also when it is a model of characters or none of text.
    package init(path: String) throws(ModelError) { try self.init(try Model(path: path, as: .sequences)) }

    /// - Throws: ``ModelError/languageModel(path:reason:)`` when it does not predict words.
    package init(_ model: Model) throws(ModelError) {
        guard model.task == .languageModel else {
            throw .languageModel(
                path: model.path,
                reason: "it is no language model (\(model.task.name)); train one with heard lm train"
            )
        }
        guard model.tokens.units == .words else {
            throw .languageModel(
                path: model.path,
                reason: "its tokens are \(model.tokens.units.rawValue), and labels are words; "
                    + "train one with tokens: {units: words}, as samples/recipes/words.yaml")
        }
        self.model = model
    }

    /// - Throws: ``ModelError/languageModel(path:reason:)`` when a decoder of these options asks no language model.
    func check(_ options: DecoderOptions) throws(ModelError) {
        func refuse(_ reason: String) -> ModelError { .languageModel(path: model.path, reason: reason) }
        guard options.kind == .ctc else {
            throw refuse("the model decodes frame by frame, which knows no sentences; leave the language model out")
        }
        guard options.beamWidth > 0 else {
            throw refuse(
                "it has no say on the best path alone; follow several hypotheses too: --beam-width 24, or "
                    + "--decoder beam_width=24 of heard evaluate")
        }
    }

    package var words: [String] {
        let vocabulary = model.tokens
        return vocabulary.tokens.indices.filter { !TokenVocabulary.unspoken.contains($0) && $0 != vocabulary.lineEnd }
            .map { vocabulary.tokens[$0] }
    }
    package var unknown: Int { TokenVocabulary.unknown }
    package var end: Int { model.tokens.lineEnd }

    package func token(of word: String) -> Int {
        let tokens = model.tokens.encode(piece: word)
        return tokens.count == 1 ? tokens[0] : unknown
    }

    package func makeStates(_ count: Int) -> any LanguageModelStates { RecurrentStates(model, count: count) }
}

/// The network's states after the hypotheses of one search.
private final class RecurrentStates: LanguageModelStates, @unchecked Sendable {
    // Sendable: it belongs to one search, which one thread uses at a time.

    /// A state in a list: arrays hold no types that cannot be copied.
    private final class Place {
        let state: NetworkState
        init(_ network: RecurrentNetwork) { state = NetworkState(network) }
    }

    private let model: Model
    private let places: [Place]
    private let scratch: NetworkScratch
    private let x, y: AlignedFloats

    init(_ model: Model, count: Int) {
        self.model = model
        places = (0..<count).map { _ in Place(model.network) }
        scratch = NetworkScratch(model.network)
        x = AlignedFloats(count: model.network.inputs)
        y = AlignedFloats(count: model.network.outputs)
    }

    func begin(_ place: Int) -> UnsafePointer<Float> {
        places[place].state.reset()
        return read(model.tokens.lineEnd, at: place)
    }

    func advance(_ place: Int, by token: Int, to other: Int) -> UnsafePointer<Float> {
        places[other].state.copy(from: places[place].state)
        return read(token, at: other)
    }

    private func read(_ token: Int, at place: Int) -> UnsafePointer<Float> {
        model.write(token, to: x.pointer)
        model.network.step(x.pointer, state: places[place].state, scratch: scratch, output: y.pointer)
        return UnsafePointer(y.pointer)
    }
}

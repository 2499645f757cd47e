// What kinds of models there are: DESIGN.md's table of inputs, heads and what comes at the end.

import Decoding
import Recurrent

/// What a model reads, and what it makes of that.
package enum ModelKind: Sendable, Equatable {
    /// Sound, and labels of it.
    case sound
    /// Tokens or vectors, and what the task says.
    case sequence(SequenceTask)
    /// One text, and another.
    case pairs

    /// The entry `task` of a file; nil of a model of sound.
    package var task: String? {
        switch self {
        case .sound: nil
        case .sequence(let task): task.rawValue
        case .pairs: Self.pairsTask
        }
    }

    static let pairsTask = "transduce"

    /// In words.
    package var name: String {
        switch self {
        case .sound: "model of sound"
        case .sequence(let task): task.name
        case .pairs: "encoder-decoder"
        }
    }

    /// What something takes of these.
    package enum Need: Sendable {
        case sound, sequences, languageModel, pairs
    }

    /// - Throws: ``ModelError/kind(path:reason:)`` when this is not what is needed.
    package func check(_ need: Need, path: String) throws(ModelError) {
        let reason: String
        switch (need, self) {
        case (.sound, .sound), (.sequences, .sequence), (.languageModel, .sequence(.languageModel)), (.pairs, .pairs):
            return
        case (.pairs, _):
            let reads = self == .sound ? "it is a model of sound" : "it reads one sequence alone"
            reason = "\(reads); this needs a model of pairs, as \"input: pairs\" trains it"
        case (_, .pairs): reason = "it makes one text of another: heard translate, label and serve take it"
        case (.sound, .sequence):
            reason =
                "it reads text or vectors, and this needs a model of sound; heard label, serve and evaluate take it"
        case (.languageModel, .sequence(let task)): reason = "it is a \(task.name), and this needs a language model"
        case (_, .sound):
            reason = "it is a model of sound, which heard label and heard serve take; this needs a model of sequences"
        }
        throw .kind(path: path, reason: reason)
    }
}

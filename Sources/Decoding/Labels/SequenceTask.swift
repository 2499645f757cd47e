// What a network makes of a sequence: the shapes of the course, where one step or many go in, and one or many come out.

/// What a model of sequences does.
package enum SequenceTask: String, Codable, Sendable, CaseIterable {
    /// One to many: the next token from those before it.
    case languageModel = "language_model"
    /// One to many: the next vector from those before it, each of its values yes or no.
    case nextVector = "next_vector"
    /// Many to one: a label for the whole sequence.
    case classify
    /// Many to many, equal lengths: a label for each step. Without recurrent layers it is one to one.
    case tag

    /// What comes next is predicted.
    package var predicts: Bool { self == .languageModel || self == .nextVector }

    /// In words.
    package var name: String {
        switch self {
        case .languageModel: "language model"
        case .nextVector: "model of the next vector"
        case .classify: "classifier of sequences"
        case .tag: "tagger"
        }
    }
}

/// How the outputs of a sequence's steps become one.
package enum SequencePooling: String, Codable, Sendable, CaseIterable {
    /// Those of the last step.
    case last
    /// The mean of the logits over the steps.
    case mean
    /// The greatest logit of each output; its gradient goes to the first step that has it.
    case max
}

/// The label that says of a step that there is nothing to say, as in CoNLL's files.
package let outsideTag = "O"

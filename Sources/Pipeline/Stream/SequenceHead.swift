// What reads the outputs of a stream's steps, by the model's task.

import Decoding
import Recurrent

/// A token as it was read.
struct SequenceToken: Sendable {
    /// Its place in the vocabulary.
    var index: Int
    /// As it stood in the text.
    var text: String
}

/// One step as a head sees it.
struct SequenceStepInput {
    /// Steps of the stream, this one among them.
    var now: Int
    /// nil of vectors.
    var token: SequenceToken?
    /// What the network read, [inputs].
    var values: UnsafePointer<Float>
}

/// The steps of the sequence at hand, for the network that reads it again.
struct KeptSequence: Sendable {
    /// [steps, inputs]
    private(set) var steps: [Float] = []
    /// What was read at each; nil of vectors.
    private(set) var tokens: [String?] = []

    mutating func append(_ step: UnsafePointer<Float>, count: Int, _ token: SequenceToken?) {
        steps.append(contentsOf: UnsafeBufferPointer(start: step, count: count))
        tokens.append(token?.text)
    }

    /// Gives what was kept away.
    mutating func take() -> KeptSequence {
        defer { self = KeptSequence() }
        return self
    }
}

/// What makes events of the outputs of one stream's steps.
enum SequenceHead: Sendable {
    case tagger(SequenceTagger)
    case classifier(SequenceClassifier)
    case predictor(SequencePredictor)

    init(_ model: Model, _ options: SessionOptions) {
        self =
            switch model.task {
            case .tag: .tagger(SequenceTagger(model))
            case .classify: .classifier(SequenceClassifier(model, threshold: options.threshold))
            case .languageModel, .nextVector:
                .predictor(SequencePredictor(model, goesOn: options.generation != nil))
            }
    }

    /// Before the first step of a sequence.
    mutating func begin() {
        switch consume self {
        case .tagger(var head):
            head.begin()
            self = .tagger(head)
        case .classifier(var head):
            head.begin()
            self = .classifier(head)
        case .predictor(var head):
            head.begin()
            self = .predictor(head)
        }
    }

    /// The outputs of the step that was just read.
    mutating func read(
        _ step: SequenceStepInput, _ outputs: UnsafeBufferPointer<Float>, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        switch consume self {
        case .tagger(var head):
            head.read(step, outputs, numbers, into: &events)
            self = .tagger(head)
        case .classifier(var head):
            head.read(step, outputs, numbers, into: &events)
            self = .classifier(head)
        case .predictor(var head):
            head.read(step, outputs, into: &events)
            self = .predictor(head)
        }
    }

    /// The outputs of a row that is no step of the stream.
    mutating func take(_ outputs: UnsafeBufferPointer<Float>) {
        guard case .predictor(var head) = consume self else { preconditionFailure("only what predicts reads ahead") }
        head.take(outputs)
        self = .predictor(head)
    }

    /// What comes next, as a predictor says; empty before it has read anything.
    var next: [Float] { if case .predictor(let head) = self { head.next } else { [] } }

    /// The sequence is over. Returns it with the labels of the first reading, if that was asked for; nil where there is
    /// no more to say of it.
    mutating func end(
        _ sequence: SequenceSpan, isOnline: Bool, _ numbers: LabelNumbers, into events: inout [SessionEvent]
    ) -> Utterance? {
        var utterance = Utterance(
            number: sequence.number, start: sequence.start, end: sequence.end, decided: sequence.end)
        switch consume self {
        case .tagger(let head):
            if isOnline { head.end(&utterance) }
            self = .tagger(head)
        case .classifier(var head):
            if isOnline { head.end(&utterance, numbers, into: &events) }
            self = .classifier(head)
        case .predictor(var head):
            head.end(sequence, into: &events)
            self = .predictor(head)
            return nil
        }
        return utterance
    }

    /// Says what the second reading of a sequence changes, and `final`. `outputs` [steps, outputs] are the offline
    /// network's.
    func reread(
        _ utterance: Utterance, _ kept: KeptSequence, _ outputs: AlignedFloats, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        var utterance = utterance
        switch self {
        case .tagger(let head): head.reread(&utterance, kept, outputs, numbers, into: &events)
        case .classifier(let head): head.reread(&utterance, kept, outputs, numbers, into: &events)
        case .predictor: break
        }
        events.append(.final(utterance))
    }
}

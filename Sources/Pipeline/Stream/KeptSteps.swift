// The steps of the utterance at hand, kept while the labels of the first reading are told, for the network that will
// read them again: features are never computed twice.

import Decoding
import Recurrent

/// The steps of one utterance and the samples that they stand for. Used by one thread at a time: a session fills it,
/// and hands it over with the utterance.
final class KeptSteps: @unchecked Sendable {
    // Sendable: see above.

    /// Silence before speech of which no more than this is kept, in seconds.
    private static let leadInSeconds = 10.0

    private let inputs: Int
    private let leadInSteps: Int
    private let capacity: Int
    /// [count, inputs]
    let steps: AlignedFloats
    private(set) var spans: [StepSpan] = []
    /// Whether the gate was open at each step.
    private(set) var isHeard: [Bool] = []
    var count: Int { spans.count }

    /// Room for an utterance of `seconds`, with the silence before it.
    init(_ model: Model, seconds: Double) {
        let stepSeconds = Double(model.features.stepSamples) / Double(model.sampleRate)
        inputs = model.features.stepFeatures
        leadInSteps = Int(Self.leadInSeconds / stepSeconds) + 1
        capacity = Self.capacity(model, seconds: seconds)
        steps = AlignedFloats(uninitialised: capacity * inputs)
        spans.reserveCapacity(capacity)
        isHeard.reserveCapacity(capacity)
    }

    /// Steps that an utterance of `seconds` may have, with the silence before it.
    private static func capacity(_ model: Model, seconds: Double) -> Int {
        let stepSeconds = Double(model.features.stepSamples) / Double(model.sampleRate)
        // The endpointer cuts an utterance two seconds after its maximum at the latest.
        return Int(leadInSeconds / stepSeconds) + 1 + Int((seconds + 3) / stepSeconds) + 1
    }

    /// Bytes that such an utterance takes.
    static func bytes(_ model: Model, seconds: Double) -> Int {
        capacity(model, seconds: seconds) * model.features.stepFeatures * MemoryLayout<Float>.stride
    }

    /// Keeps one step [inputs], and whether the gate was open. Until speech has begun only the last seconds are kept.
    func keep(_ step: UnsafePointer<Float>, _ span: StepSpan, isSpeech: Bool, isHeard: Bool) {
        if !isSpeech, count >= leadInSteps { forget(first: (leadInSteps + 1) / 2) }
        precondition(count < capacity, "the endpointer lets no utterance grow beyond its maximum")
        (steps.pointer + count * inputs).update(from: step, count: inputs)
        spans.append(span)
        self.isHeard.append(isHeard)
    }

    private func forget(first count: Int) {
        let rest = self.count - count
        steps.pointer.update(from: steps.pointer + count * inputs, count: rest * inputs)
        spans.removeFirst(count)
        isHeard.removeFirst(count)
    }

    func clear() {
        spans.removeAll(keepingCapacity: true)
        isHeard.removeAll(keepingCapacity: true)
    }
}

// The second reading: the steps of an utterance are kept while the online network hears them, and when it has ended the
// bidirectional network reads them from both sides. Features are never computed twice.

import Decoding
import Recurrent

/// Keeps the steps of the utterance at hand and re-reads them.
struct Rereader: ~Copyable {
    /// Silence before speech of which no more than this is kept, in seconds.
    private static let leadInSeconds = 10

    /// The steps of a whole utterance are kept: 20 MB for ten minutes of the AN4 pair's.
    private static let longestUtterance = 600.0

    private let network: RecurrentNetwork
    private let threads: Int
    private var decoder: Decoder
    /// The kept steps, [kept, inputs].
    private let steps: AlignedFloats
    private var spans: [StepSpan] = []
    /// Whether the gate was open at each step.
    private var isHeard: [Bool] = []
    private let leadSteps: Int
    private let leadInSteps: Int
    private let capacity: Int

    /// - Throws: ``ModelError`` when the model has no bidirectional network.
    init(_ model: Model, decoder settings: DecoderOptions, threads: Int) throws(ModelError) {
        guard let network = model.offline else {
            throw .metadata(
                key: "offline", reason: "the model has no bidirectional network; ask for the online reading")
        }
        // An utterance is read as a whole: its end is known.
        var options = settings
        options.partials = false
        options.endpointSilence = 0
        options.maximumUtterance = 86_400
        guard settings.maximumUtterance <= Self.longestUtterance else {
            throw .metadata(
                key: "decoder",
                reason: "maximum_utterance is more than the \(Self.longestUtterance) s that can be re-read")
        }
        let decoder = try model.makeDecoder(options)
        self.network = network
        self.threads = threads
        self.decoder = decoder
        let stepSeconds = Double(model.features.stepSamples) / Double(model.sampleRate)
        leadInSteps = Int(Double(Self.leadInSeconds) / stepSeconds) + 1
        leadSteps = model.gate == nil ? 0 : Int((Gate.leadSeconds / stepSeconds).rounded())
        // The endpointer cuts an utterance two seconds after its maximum at the latest.
        capacity = leadInSteps + Int((settings.maximumUtterance + 3) / stepSeconds) + 1
        steps = AlignedFloats(count: capacity * network.inputs)
        spans.reserveCapacity(capacity)
        isHeard.reserveCapacity(capacity)
    }

    /// Keeps one step [inputs], and whether the gate was open. Until speech has begun only the last seconds are kept.
    mutating func keep(_ step: UnsafePointer<Float>, _ span: StepSpan, isSpeech: Bool, isHeard: Bool) {
        if !isSpeech, spans.count >= leadInSteps { forget(first: leadInSteps / 2) }
        precondition(spans.count < capacity, "the endpointer lets no utterance grow beyond its maximum")
        (steps.pointer + spans.count * network.inputs).update(from: step, count: network.inputs)
        spans.append(span)
        self.isHeard.append(isHeard)
    }

    private mutating func forget(first count: Int) {
        let rest = spans.count - count
        steps.pointer.update(from: steps.pointer + count * network.inputs, count: rest * network.inputs)
        spans.removeFirst(count)
        isHeard.removeFirst(count)
    }

    /// Reads what was kept, tells its labels, and forgets it. `decided` is when the utterance was known to have ended.
    mutating func read(decided: Int) -> [Label] {
        defer { clear() }
        let posteriors = network.read(steps, steps: spans.count, threads: threads)
        decoder.reset()
        var decoded: [Decoded] = []
        // The next step, from t on, at which the gate was open.
        var opening = 0
        for (t, span) in spans.enumerated() {
            opening = max(opening, t)
            while opening < spans.count, !isHeard[opening] { opening += 1 }
            if opening == spans.count || opening - t > leadSteps {
                (posteriors.pointer + t * network.outputs).update(repeating: .nan, count: network.outputs)
            }
            let row = UnsafeBufferPointer(start: posteriors.pointer + t * network.outputs, count: network.outputs)
            decoder.step(row, span, into: &decoded)
        }
        decoder.finish(decided: decided, into: &decoded)
        return decoded.compactMap {
            guard case .label(var label) = $0 else { return nil }
            label.decided = decided
            return label
        }
    }

    mutating func clear() {
        spans.removeAll(keepingCapacity: true)
        isHeard.removeAll(keepingCapacity: true)
    }
}

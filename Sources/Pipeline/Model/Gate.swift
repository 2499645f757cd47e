// A gate in front of a model's decoder: a second, framewise model of speech or none (a voice activity detector) that
// reads the same steps, and while it is shut the decoder hears nothing.
//
//     step of the model [N] ── x · scale + shift ──> step of the gate [N] ── its network, its decoder ──> open or shut
//
// It is open from where the gate's decoder says `speech-start` to where it says that the segment is over. So the gate's
// own settings are the gate's: `on_threshold` and `smoothing` open it, and `endpoint_silence` is how long it stays open
// after the last speech. `heard label --model GATE` shows when that is.
//
// While it is shut the model's decoder is given NaN for its posteriors, which every decoder reads as a step without
// speech: no partial, no label, and the silence that ends an utterance. The network itself goes on reading, so that
// nothing is missing from its state when the gate opens. The second reading knows what came later: it hears
// ``Gate/leadSeconds`` before each opening too, because a gate is sure of speech only when some of it is over. (Labels
// while sound arrives need no lead: a network is later still in being sure of a word.)
//
// Both models must have the same front end. Their normalisations may differ:
//
//     (f - m') / s'  =  x · s / s'  +  (m - m') / s'      for  x = (f - m) / s
//
// The step of the gate is taken in the order of the stream's steps, and depends on them alone: contract 1 of DESIGN.md.

import Decoding
import Features
import Recurrent

/// A framewise model that decides when the decoder of another one hears. Immutable and shared by all streams.
package struct Gate: Sendable {
    package let model: Model
    /// What makes steps of the gated model steps of the gate, [inputs] each.
    private let scale: [Float]
    private let shift: [Float]
    private let options: DecoderOptions

    /// How long before the gate's opening the second reading hears.
    static let leadSeconds = 0.3

    /// - Throws: ``ModelError/gate(path:reason:)`` when `model` cannot be the gate of one that reads steps of
    ///   `features`.
    init(_ model: Model, for features: FeaturePlan) throws(ModelError) {
        func refuse(_ reason: String) -> ModelError { .gate(path: model.path, reason: reason) }
        guard model.decoder.kind == .framewise, model.decoder.pooling == nil, !model.vocabulary.nonSpeech.isEmpty else {
            throw refuse("it is no model that says at every step what it hears, with a non_speech label")
        }
        var frontEnd = model.features.frontEnd
        // How long it is heard out is each model's own.
        frontEnd.trailSamples = features.frontEnd.trailSamples
        guard frontEnd == features.frontEnd else {
            throw refuse("its front end is not the model's; train it with the same front_end")
        }
        guard model.decoder.endpointSilence > 0 else {
            throw refuse("its endpoint_silence is 0, so that it would never shut")
        }
        self.model = model
        options = {
            var options = model.decoder
            options.partials = false
            // Talk may last: nothing but silence shuts the gate.
            options.maximumUtterance = 86_400
            return options
        }()
        let width = features.frontEnd.frameFeatures
        let plain = Normalisation(mean: Array(repeating: 0, count: width), std: Array(repeating: 1, count: width))
        let from = features.normalisation ?? plain, to = model.features.normalisation ?? plain
        scale = (0..<features.stepFeatures).map { from.std[$0 % width] / to.std[$0 % width] }
        shift = (0..<features.stepFeatures).map { (from.mean[$0 % width] - to.mean[$0 % width]) / to.std[$0 % width] }
    }

    func makeDecoder() throws(ModelError) -> Decoder { try model.makeDecoder(options) }

    /// Steps of the gated model as steps of the gate, both [count, inputs].
    func convert(_ steps: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>) {
        let width = scale.count
        scale.withUnsafeBufferPointer { scale in
            shift.withUnsafeBufferPointer { shift in
                for row in stride(from: 0, to: count * width, by: width) {
                    for i in 0..<width { out[row + i] = steps[row + i] * scale[i] + shift[i] }
                }
            }
        }
    }
}

/// The gate of one stream.
struct GateStream: ~Copyable {
    private let state: NetworkState
    private var decoder: Decoder
    private var decoded: [Decoded] = []
    private var isOpen = false

    /// - Throws: ``ModelError`` when the gate's decoder settings make no sense.
    init(_ gate: Gate) throws(ModelError) {
        decoder = try gate.makeDecoder()
        state = NetworkState(gate.model.network)
        decoded.reserveCapacity(8)
    }

    /// Adds steps of the gated model [count, inputs] to the gate's batch, at row `row`.
    func add(_ steps: UnsafePointer<Float>, row: Int, count: Int, to batch: GateBatch) {
        batch.add(steps, row: row, count: count, state)
    }

    /// Takes what the gate's network made of the next step; whether the gate is open then.
    mutating func hear(_ posteriors: UnsafeBufferPointer<Float>, _ span: StepSpan) -> Bool {
        decoder.step(posteriors, span, into: &decoded)
        for event in decoded {
            switch event {
            case .speechStart: isOpen = true
            case .endpoint: isOpen = false
            default: continue
            }
        }
        decoded.removeAll(keepingCapacity: true)
        return isOpen
    }

    /// Another recording begins.
    mutating func reset() {
        state.reset()
        decoder.reset()
        isOpen = false
    }
}

/// The gate's half of a ``StepBatch``. Used by one thread at a time.
final class GateBatch {
    private let gate: Gate
    /// [rows, inputs] and [rows, outputs].
    private let steps: AlignedFloats
    private let posteriors: AlignedFloats
    private let scratch: NetworkScratch

    init(_ gate: Gate, rows: Int, streams: Int) {
        self.gate = gate
        let network = gate.model.network
        steps = AlignedFloats(count: rows * network.inputs)
        posteriors = AlignedFloats(count: rows * network.outputs)
        scratch = NetworkScratch(network, rows: rows, streams: streams)
    }

    func begin() { scratch.begin() }

    func add(_ rows: UnsafePointer<Float>, row: Int, count: Int, _ state: borrowing NetworkState) {
        let network = gate.model.network, input = steps.pointer + row * network.inputs
        gate.convert(rows, count: count, into: input)
        scratch.add(state, steps: count, input: input, output: posteriors.pointer + row * network.outputs)
    }

    func run() { gate.model.network.run(scratch) }

    /// What the network made of row `row`, [outputs].
    func posteriors(_ row: Int) -> UnsafeBufferPointer<Float> {
        let outputs = gate.model.network.outputs
        return UnsafeBufferPointer(start: posteriors.pointer + row * outputs, count: outputs)
    }
}

// The second reading: when an utterance has ended the bidirectional network reads its steps from both sides, and each
// label of the first reading is kept, changed, removed, or joined by another.

import Decoding
import Recurrent

/// Reads the ended utterances of one stream, one after the other. Used by one thread at a time.
package final class Rereader: @unchecked Sendable {
    // Sendable: see above.

    /// The steps of a whole utterance are kept: 20 MB for ten minutes of the AN4 pair's.
    private static let longestUtterance = 600.0
    /// Bytes of an utterance's steps: a front end may have so many that no memory holds them.
    private static let mostBytes = 2 << 30
    /// Utterances of one stream that may wait: one that is read, and one after it.
    static let mostWaiting = 2

    private let model: Model
    private let network: RecurrentNetwork
    private let threads: Int
    private let settings: DecoderOptions
    private var decoder: Decoder
    private let numbers: LabelNumbers
    private let leadSteps: Int

    /// `numbers` are those of the stream's labels, `settings` those of its decoder.
    /// - Throws: ``ModelError`` when the model has no bidirectional network, or utterances may be too long for one.
    init(_ model: Model, decoder settings: DecoderOptions, threads: Int, numbers: LabelNumbers) throws(ModelError) {
        network = try Self.network(of: model, settings)
        // An utterance is read as a whole: its end is known.
        var options = settings
        options.partials = false
        options.endpointSilence = 0
        options.maximumUtterance = 86_400
        decoder = try model.makeDecoder(options)
        self.model = model
        self.settings = settings
        self.threads = threads
        self.numbers = numbers
        let stepSeconds = Double(model.features.stepSamples) / Double(model.sampleRate)
        leadSteps = model.gate == nil ? 0 : Int((Gate.leadSeconds / stepSeconds).rounded())
    }

    /// The network that reads again, if utterances under these settings can be read as a whole.
    /// - Throws: ``ModelError/metadata(key:reason:)``.
    @discardableResult
    package static func network(
        of model: Model, _ settings: DecoderOptions
    ) throws(ModelError) -> RecurrentNetwork {
        guard let network = model.offline else {
            throw .metadata(
                key: "offline",
                reason:
                    "the model has no bidirectional network; ask for the online reading, or give a model that has both")
        }
        guard settings.maximumUtterance <= longestUtterance else {
            throw .metadata(
                key: "decoder",
                reason: "maximum_utterance is more than the \(longestUtterance) s that can be re-read")
        }
        guard KeptSteps.bytes(model, seconds: settings.maximumUtterance) <= mostBytes else {
            throw .metadata(
                key: "decoder",
                reason:
                    "the steps of an utterance of maximum_utterance, \(settings.maximumUtterance) s, take more than 2 GB; lower it"
            )
        }
        return network
    }

    /// Memory for the steps of another utterance.
    func makeSteps() -> KeptSteps { KeptSteps(model, seconds: settings.maximumUtterance) }

    // MARK: reading

    /// Reads an utterance again and appends what that changes, and `final`. It has the labels of the first reading,
    /// when that was asked for.
    func read(_ utterance: Utterance, _ steps: KeptSteps, into events: inout [SessionEvent]) {
        var utterance = utterance
        let labels = read(steps, decided: utterance.decided)
        utterance.offline = labels
        if utterance.online == nil {
            for label in labels { events.append(.label(id: numbers.next(), label)) }
        } else {
            utterance.agreement = Self.revise(utterance, labels, into: &events)
        }
        events.append(.final(utterance))
    }

    /// The labels of what was kept. `decided` is when the utterance was known to have ended.
    private func read(_ kept: KeptSteps, decided: Int) -> [Label] {
        let posteriors = network.read(kept.steps, steps: kept.count, threads: threads)
        decoder.reset()
        var decoded: [Decoded] = []
        // The next step, from t on, at which the gate was open.
        var opening = 0
        for (t, span) in kept.spans.enumerated() {
            opening = max(opening, t)
            while opening < kept.count, !kept.isHeard[opening] { opening += 1 }
            let row = UnsafeMutableBufferPointer(
                start: posteriors.pointer + t * network.outputs, count: network.outputs)
            if opening == kept.count || opening - t > leadSteps { row.update(repeating: .nan) }
            decoder.step(UnsafeBufferPointer(row), span, into: &decoded)
        }
        decoder.finish(decided: decided, into: &decoded)
        return decoded.compactMap {
            guard case .label(var label) = $0 else { return nil }
            label.decided = decided
            return label
        }
    }

    /// One `revision` for each label that the second reading sees otherwise; the share of those that it does not.
    private static func revise(
        _ utterance: Utterance, _ second: [Label], into events: inout [SessionEvent]
    ) -> Double {
        let revisions = align(online: utterance.online ?? [], offline: second)
        var ids = utterance.ids[...]
        var kept = 0
        for revision in revisions {
            var id: Int?
            if case .added = revision {} else { id = ids.removeFirst() }
            if case .kept = revision {
                kept += 1
            } else {
                events.append(.revision(id: id, revision, decided: utterance.decided))
            }
        }
        return revisions.isEmpty ? 1 : Double(kept) / Double(revisions.count)
    }
}

// When the network's state goes back to where it begins, within a recording. (With each recording it does.) A recurrent
// network is trained on recordings of seconds, a stream may last for months: whether what the state has gathered is
// memory or dirt is a question for `heard inspect drift`.

import Decoding
import Recurrent

/// When a stream's state begins anew.
package enum StateReset: Sendable, Equatable {
    /// With a recording alone.
    case never
    /// With every utterance: where the endpoint before it is known.
    case endpoint
    /// After so many seconds without speech, once in each silence. Speech is known by its labels: a word that has
    /// begun, and is not yet told, does not keep the state.
    case silence(seconds: Double)
}

extension SessionOptions {
    /// The policy in force. Where an utterance has one label it is to the network what a clip is in training, and
    /// begins in the first state; but not where lookahead layers read across.
    func reset(_ model: Model, _ decoder: DecoderOptions) -> StateReset {
        let isClip = decoder.pooling != nil && model.network.delaySteps == 0
        return isClip && stateReset == .never ? .endpoint : stateReset
    }

    /// - Throws: ``ModelError/metadata(key:reason:)`` when a state cannot begin anew as it is asked to.
    func checkReset(_ model: Model, _ decoder: DecoderOptions) throws(ModelError) {
        if stateReset != .never, model.network.delaySteps > 0 {
            throw .metadata(
                key: "online",
                reason: "its lookahead layers read across every reset of the state; use state-reset never")
        }
        if case .silence = stateReset, decoder.endpointSilence == 0 {
            throw .metadata(
                key: "decoder",
                reason: "without endpoint-silence no speech ends but with the recording; use state-reset never")
        }
    }
}

/// Counts a stream's silence.
package struct StateResetter: Sendable {
    private let policy: StateReset
    private let sampleRate: Int
    /// Where the speech before this silence ended; nil in speech, and when the state has begun anew since.
    private var silentSince: Int?

    /// A recording begins at sample `start` of a clock of `sampleRate` Hz.
    package init(_ policy: StateReset, sampleRate: Int, start: Int) {
        self.policy = policy
        self.sampleRate = sampleRate
        silentSince = start
    }

    /// Speech ended at sample `sample`, as is known now.
    package mutating func speechEnded(at sample: Int) { silentSince = sample }

    /// Whether the state begins anew after a step that ends at sample `now`. `isEndpoint`: an utterance ended with it.
    package mutating func isDue(at now: Int, isSpeech: Bool, isEndpoint: Bool) -> Bool {
        switch policy {
        case .never: return false
        case .endpoint: return isEndpoint
        case .silence(let seconds):
            guard !isSpeech else {
                silentSince = nil
                return false
            }
            guard let since = silentSince, now - since >= Int(seconds * Double(sampleRate)) else { return false }
            silentSince = nil
            return true
        }
    }
}

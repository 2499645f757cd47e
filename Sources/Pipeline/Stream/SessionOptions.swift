// How a stream is read.

import Audio
import Decoding
import enum Events.Reading

/// How one stream is read, of whatever kind. What a kind does not have is not looked at, or refused by
/// ``Model/check(_:)``.
package struct SessionOptions: Sendable {
    package var reading: Reading
    /// When the state begins anew within a recording or a sequence: with ``StateReset/endpoint`` after each line of a
    /// model whose lines do not end its sequences.
    package var stateReset = StateReset.never
    /// Seconds from one report of the online network's gates to the next; nil for none.
    package var gateReports: Double?
    /// Threads of the second reading: two read in both directions at once. One where other streams wait for the
    /// processors.
    package var rereadingThreads = 1
    /// Whether ended utterances are given out by ``SecondReadings/take()``, to be read again by another thread, instead
    /// of being read again where they end.
    var handsOverUtterances = false

    // MARK: sound

    package var audio: AudioOptions
    /// Decoder settings; those of the model when nil.
    package var decoder: DecoderOptions?
    /// Seconds of future that labels are emitted with, by the bidirectional network; nil: by the online one, with none.
    package var lookahead: Double?

    // MARK: tokens and vectors

    /// A classifier decides before the end when a label is as probable as this, 0 to 1.
    package var threshold: Float = 0.9
    /// Steps of a sequence that is tagged, or read again as a whole, at the most: a longer one is cut there.
    package var longest = 4096
    /// What to generate when the stream has ended; nil: nothing.
    package var generation: Generation?

    // MARK: pairs

    package var translation = TranslationOptions()

    package init(audio: AudioOptions = AudioOptions(), reading: Reading = .online, decoder: DecoderOptions? = nil) {
        self.audio = audio
        self.reading = reading
        self.decoder = decoder
    }

    /// Steps to generate.
    package struct Generation: Sendable, Equatable {
        package var count: Int
        package var sampler = TokenSampler()
        package var seed: UInt64 = 1

        package init(count: Int, sampler: TokenSampler = TokenSampler(), seed: UInt64 = 1) {
            (self.count, self.sampler, self.seed) = (count, sampler, seed)
        }
    }
}

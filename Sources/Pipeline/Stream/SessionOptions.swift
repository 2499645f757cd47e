// What a stream can be told.

import Audio
import Decoding

/// How one stream is read.
package struct SessionOptions: Sendable {
    package var audio: AudioOptions
    package var readings: Readings
    /// Decoder settings; those of the model when nil.
    package var decoder: DecoderOptions?
    /// Seconds of future that labels are told with, by the bidirectional network; nil: by the online one, with none.
    package var lookahead: Double?
    package var stateReset = StateReset.never
    /// Seconds from one report of the online network's gates to the next; nil for none.
    package var gateReports: Double?
    /// Threads of the second reading: two read in both directions at once. One where other streams wait for the
    /// processors.
    package var rereadingThreads = 1
    /// Whether ended utterances are given out by ``SecondReadings/take()``, to be read again by another thread, instead
    /// of being read again where they end.
    var handsOverUtterances = false

    package init(audio: AudioOptions = AudioOptions(), readings: Readings = .online, decoder: DecoderOptions? = nil) {
        self.audio = audio
        self.readings = readings
        self.decoder = decoder
    }
}

// What a session says. What decoders and evaluations reckon with is in samples of the stream's own clock, and becomes
// an event in seconds by Narrator; everything else is an event from where it is made.

import Audio
import Decoding
import Events

/// One thing that happened on a stream.
package enum SessionEvent: Sendable, Equatable {
    /// A recording begins: what its bytes are.
    case begin(AudioFormat)
    /// An event as it is.
    case said(Event.Body)
    case speechStart(at: Int, decided: Int)
    /// The hypothesis so far of the utterance at hand; `stable`, with which it begins, will not change any more.
    case partial(text: String, stable: String, decided: Int)
    /// A label of the reading that was asked for; `id` counts from 1 on each stream.
    case label(id: Int, Label)
    case speechEnd(at: Int, decided: Int)
    /// A label that the bidirectional reading sees otherwise; `id` is the online label's.
    case revision(id: Int?, Decoding.Revision, decided: Int)
    case final(Utterance)
    /// The second reading of this utterance waits for so many others, of this stream or of other ones.
    case deferred(utterance: Int, waiting: Int, decided: Int)
    /// What the gates of the network did in the last while.
    case gates(GateReport)
    /// Something about the bytes was guessed or mended, after `at` samples; they are read all the same.
    case warning(code: String, text: String, at: Int)
    /// Something was wrong with the bytes, after `at` samples.
    case problem(code: String, text: String, at: Int)
    /// Nothing follows; `samples` were read.
    case end(samples: Int)
}

/// An utterance that has ended.
package struct Utterance: Sendable, Equatable {
    /// Counts from 1 on each stream.
    package var number: Int
    /// The samples that it is about.
    package var start: Int
    package var end: Int
    /// The sample count at which it was known to have ended.
    package var decided: Int
    /// The labels of the readings that were asked for.
    package var online: [Label]?
    /// The numbers of the online labels.
    package var ids: [Int] = []
    package var offline: [Label]?
    /// The share of labels in which two readings are alike, 0…1.
    package var agreement: Double?
}

// A stream in a program of one's own: what `heard label` does, by itself.

import Audio
import Decoding
import Pipeline
import Recurrent
import Events

/// How a stream is read. What is nil is the model's own.
public struct StreamOptions: Sendable {
    /// The stream's name in its events.
    public var name = "stream"
    /// `both` has what the online network said read again, and says each difference as a revision.
    public var mode = Reading.online
    /// Labels of less confidence are left out, 0 to 1.
    public var threshold: Double?
    /// Seconds of silence that end an utterance; 0 for never.
    public var endpointSilence: Double?
    /// Seconds of future that labels are made with, by the bidirectional network; nil for none.
    public var lookahead: Double?

    /// The defaults.
    public init() {}

    func session(_ model: Model, _ raw: RawFormat?) -> SessionOptions {
        var session = SessionOptions(reading: mode)
        session.audio.container = raw.map { .raw($0) } ?? .automatic
        session.lookahead = lookahead
        session.rereadingThreads = 2
        var decoder = model.decoder
        if let threshold {
            decoder.threshold = Float(threshold)
            session.threshold = Float(threshold)
        }
        if let endpointSilence { decoder.endpointSilence = endpointSilence }
        session.decoder = decoder
        return session
    }
}

/// One stream, and all that its networks remember of it. It is used by one thread at a time.
///
/// What it says depends on what it is fed alone, and not on how that was cut.
public final class HeardStream {
    private var reader: any StreamReader
    private var narrator: Narrator
    private var said: [SessionEvent] = []
    private var seq: UInt64 = 0
    private let hasSamples: Bool

    /// A stream of bytes: recordings in any container that Heard reads, one after the other; or text, or vectors, for a
    /// model of these.
    /// - Throws: ``HeardError`` when the model cannot read so.
    public convenience init(_ model: HeardModel, _ options: StreamOptions = StreamOptions()) throws(HeardError) {
        try self.init(model, options, raw: nil)
    }

    /// A stream of samples at `rate` Hz, from -1 to 1, those of several channels by turns.
    /// - Throws: ``HeardError`` when the model reads no sound, or cannot read so.
    public convenience init(
        _ model: HeardModel, rate: Int, channels: Int = 1, _ options: StreamOptions = StreamOptions()
    ) throws(HeardError) {
        do {
            guard model.sampleRate != nil else {
                throw ModelError.kind(path: model.model.path, reason: "it reads no sound: open a stream of bytes")
            }
            try self.init(model, options, raw: try RawFormat(parsing: "f32le,\(rate),\(channels)"))
        } catch {
            throw HeardError(error)
        }
    }

    private init(_ model: HeardModel, _ options: StreamOptions, raw: RawFormat?) throws(HeardError) {
        do {
            reader = try model.model.makeReader(options.session(model.model, raw))
        } catch {
            throw HeardError(error)
        }
        narrator = Narrator(stream: options.name, rate: model.model.rate)
        hasSamples = raw != nil
    }

    /// Nothing more will be said, whatever is fed.
    public var isOver: Bool { reader.isOver }

    /// Takes the next bytes, in any cut, and gives what they make the model say.
    public func append(_ bytes: some Sequence<UInt8>) -> [Event] {
        precondition(!hasSamples, "this stream was opened for samples: feed [Float]")
        return tell { reader, said in
            let array = Array(bytes)
            array.withUnsafeBytes { reader.append($0, into: &said) }
        }
    }

    /// Takes the next samples, in any cut, and gives what they make the model say.
    public func append(_ samples: [Float]) -> [Event] {
        precondition(hasSamples, "this stream was opened for bytes: open it with a rate to feed samples")
        return tell { reader, said in samples.withUnsafeBytes { reader.append($0, into: &said) } }
    }

    /// Nothing more comes: gives all that is left to say. The last event is the stream's end.
    public func finish() -> [Event] { tell { reader, said in reader.finish(into: &said) } }

    private func tell(_ work: (any StreamReader, inout [SessionEvent]) -> Void) -> [Event] {
        let began = ContinuousClock.now
        work(reader, &said)
        defer { said.removeAll(keepingCapacity: true) }
        return narrator.tell(said, busy: ContinuousClock.now - began).map {
            var event = $0
            seq += 1
            event.seq = seq
            return event
        }
    }
}

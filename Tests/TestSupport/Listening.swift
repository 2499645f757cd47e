// What a session says of some bytes, in process: the oracle of everything that runs on threads or sockets.

import Audio
import Daemon
import Pipeline
import Wire

/// All that a session says.
package func listen(_ model: Model, _ pieces: [[UInt8]], _ options: SessionOptions = SessionOptions()) throws
    -> [SessionEvent]
{
    let batch = StepBatch(model)
    var session = try Session(model, options)
    var events: [SessionEvent] = []
    for piece in pieces { piece.withUnsafeBytes { session.append($0, with: batch, into: &events) } }
    session.finish(with: batch, into: &events)
    return events
}

/// The lines of the wire for it, as ``comparable(_:)`` leaves them.
package func lines(_ model: Model, _ bytes: [UInt8], _ options: SessionOptions = SessionOptions()) throws -> [String] {
    var narrator = Narrator(stream: "x", rate: model.sampleRate)
    return narrator.tell(try listen(model, [bytes], options), busy: .zero).map(comparable)
}

/// An event's line without what may differ between two runs: number, stream, wall clock.
package func comparable(_ event: Event) -> String {
    var event = event
    event.seq = 0
    event.stream = "x"
    if case .streamEnd(var end) = event.body {
        end.wallRealTimeFactor = 0
        event.body = .streamEnd(end)
    }
    return event.json
}

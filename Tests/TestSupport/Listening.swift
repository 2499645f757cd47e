// What a session says of some bytes, in process: the oracle of everything that runs on threads or sockets.

import Audio
import Daemon
import Events
import Pipeline

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

/// Events as they are in order for each reading by itself: those of the second one come when it is ready. `deferred` is
/// left out: it depends on who else is read.
package func byReading(_ events: [SessionEvent], _ reading: Reading) -> [SessionEvent] {
    func isSecond(_ event: SessionEvent) -> Bool {
        switch event {
        case .revision, .final: true
        case .label: !reading.hasOnline
        default: false
        }
    }
    let told = events.filter { if case .deferred = $0 { false } else { true } }
    return told.filter { !isSecond($0) } + told.filter(isSecond)
}

/// The same for lines of the wire.
package func byReading(_ lines: [String], _ reading: Reading) -> [String] {
    let second = ["revision", "final"] + (reading.hasOnline ? [] : ["label"])
    func isSecond(_ line: String) -> Bool { second.contains { line.contains("\"kind\":\"\($0)\"") } }
    let told = lines.filter { !$0.contains(#""kind":"deferred""#) }
    return told.filter { !isSecond($0) } + told.filter(isSecond)
}

/// The lines of the wire for it, as ``comparable(_:)`` leaves them.
package func lines(_ model: Model, _ bytes: [UInt8], _ options: SessionOptions = SessionOptions()) throws -> [String] {
    var narrator = Narrator(stream: "x", rate: Double(model.sampleRate))
    return narrator.tell(try listen(model, [bytes], options), busy: .zero).map(comparable)
}

/// An event's line without what may differ between two runs: number, stream, wall clock.
package func comparable(_ event: Event) -> String {
    var event = event
    event.seq = 0
    event.stream = "x"
    event.wallWritten = nil
    if case .streamStart(var start) = event.body {
        start.epoch = nil
        event.body = .streamStart(start)
    }
    if case .streamEnd(var end) = event.body {
        end.wallRealTimeFactor = 0
        event.body = .streamEnd(end)
    }
    return event.json
}

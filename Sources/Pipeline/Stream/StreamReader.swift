// A stream that is read where it is fed: files, and programs of one's own. The daemon's are read by the engine.

import Recurrent

/// Reads the bytes of a stream, whatever they are.
package protocol StreamReader: AnyObject {
    /// Nothing more will be said.
    var isOver: Bool { get }
    /// Takes bytes, in any cut, and appends what they make Heard say.
    func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent])
    /// No more bytes will come: says all that is left to say, and `end`.
    func finish(into events: inout [SessionEvent])
}

/// A session by itself.
package final class SessionReader<Session: StreamSession & ~Copyable>: StreamReader {
    private var session: Session
    private let batch: StepBatch?

    /// `model` is that of the online network; nil where there is none.
    package init(_ session: consuming Session, batchedWith model: Model?) {
        self.session = session
        batch = model.map { StepBatch($0) }
    }

    package var isOver: Bool { session.isOver }

    package func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent]) {
        session.append(bytes, with: batch, into: &events)
    }

    package func finish(into events: inout [SessionEvent]) { session.finish(with: batch, into: &events) }
}

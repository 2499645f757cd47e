// Requests on control.sock are answered one after the other, of all connections, and no more than one a millisecond
// once they come faster: however many are asked, sound has the event loop for most of the time.

import NIOCore

/// The requests that wait for their turn. Lives on the daemon's event loop.
final class ControlTurns {
    private static let pause = TimeAmount.milliseconds(1)

    private let loop: any EventLoop
    /// One a connection at the most.
    private var waiting: CircularBuffer<() -> Void> = []
    private var isPausing = false

    init(_ loop: any EventLoop) { self.loop = loop }

    /// Calls `body` when it is its turn.
    func wait(_ body: @escaping () -> Void) {
        waiting.append(body)
        if !isPausing { next() }
    }

    private func next() {
        guard let body = waiting.popFirst() else {
            isPausing = false
            return
        }
        isPausing = true
        body()
        loop.assumeIsolated().scheduleTask(in: Self.pause) { self.next() }
    }
}

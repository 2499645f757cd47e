// How the daemon stops: nobody new is let in; what has arrived is heard; streams end, and are told why where their
// sound is cut; what was said goes out; then everything is closed.

import Events
import NIOCore

extension Server {
    /// The code of the error that ends a stream whose client had more to send.
    package static let stopping = "stopping"
    /// Seconds that readers get for what has been said, when nothing more will be.
    private static let farewell = 1.0

    /// Stops: running streams hear what has arrived and say what they have to say within `stopTimeout`.
    package func stop() async {
        Systemd.notify("STOPPING=1")
        try? await loop.submit { [self] in
            isStopping = true
            // First, while this daemon still answers: one that is started now makes files of its own.
            removeFiles()
            for door in doors { door.close() }
        }.get()
        let deadline = ContinuousClock.now + .seconds(options.stopTimeout)
        await wait(until: deadline) { self.streams.isEmpty }
        await Task.detached { [engine] in engine.stop() }.value
        try? await loop.submit { [self] in
            for stream in streams.values { stream.cut(after: options.stopTimeout) }
            hub.close()
            for (channel, _) in connections.values {
                channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
            }
        }.get()
        await wait(until: .now + .seconds(Self.farewell)) { self.connections.isEmpty && self.hub.isWritten }
        try? await loop.submit { [self] in for (channel, _) in connections.values { channel.close(promise: nil) } }
            .get()
        try? await group.shutdownGracefully()
    }

    /// Removes what the daemon has made in its runtime directory, if it is still its own.
    package func removeFiles() {
        for file in madeFiles { file.remove() }
    }

    private func wait(until deadline: ContinuousClock.Instant, _ isDone: @escaping @Sendable () -> Bool) async {
        while ContinuousClock.now < deadline, (try? await loop.submit(isDone).get()) == false {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

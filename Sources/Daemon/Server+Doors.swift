// The daemon's doors are opened: files that a service manager passed, or that are made here.

import NIOCore

extension Server {
    /// Opens what comes in by: descriptors that were passed to the process, or else files of its own.
    func listen(_ inherited: DoorDescriptors) async throws {
        var descriptors = inherited
        if descriptors.isEmpty {
            (descriptors, madeFiles) = try SocketFiles.make(
                Doors.all.filter { $0.isWanted(by: options) }, in: options.runtimeDirectory, mode: options.socketMode)
        }
        for kind in Doors.all {
            guard let descriptor = descriptors[kind.name] else { continue }
            try await loop.flatSubmit { [self] in
                let door = kind.init(self)
                doors.append(door)
                return door.open(descriptor)
            }.get()
        }
    }

    /// Keeps a connection to close it at the end.
    func remember(_ channel: any Channel, of peer: Peer) {
        let identifier = ObjectIdentifier(channel)
        connections[identifier] = (channel, peer.user)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.connections[identifier] = nil }
    }
}

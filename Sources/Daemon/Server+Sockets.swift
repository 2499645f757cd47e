// The doors of the daemon: three sockets and a FIFO, inherited from a service manager or made here.

import NIOCore
import NIOPosix

extension Server {
    /// Opens what clients connect to: descriptors that were passed to the process, or else files of its own.
    func listen(_ inherited: InheritedSockets) async throws {
        var sockets = inherited
        if sockets.isEmpty {
            (sockets, madeFiles) = try SocketFiles.make(
                in: options.runtimeDirectory, mode: options.socketMode, withFIFO: options.hasFIFO)
        }
        try await open(SocketName.audio, sockets.audio) { [self] in try welcome(audio: $0, of: $1) }
        try await open(SocketName.labels, sockets.labels) { [self] in
            try $0.pipeline.syncOperations.addHandler(LabelsConnection(self, $1))
        }
        try await open(SocketName.control, sockets.control) { [self] in
            try $0.pipeline.syncOperations.addHandler(ControlConnection(self, $1))
        }
        if let descriptor = sockets.fifo { try await read(fifo: descriptor) }
    }

    /// Listens on one socket; `welcome` makes the handler of a new connection.
    private func open(
        _ name: String, _ descriptor: Int32?,
        welcome: @escaping @Sendable (any Channel, Peer) throws -> Void
    ) async throws {
        guard let descriptor else { return }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read a wake-up: what is left wakes again, and a live stream's piece is read in one.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer =
                        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { self.identify($0) }
                        ?? .unknown
                    try self.remember(channel, of: peer)
                    try welcome(channel, peer)
                }
            }
        let listener = try await bootstrap.withBoundSocket(descriptor).get()
        try await loop.submit { self.listeners.append(listener) }.get()
    }

    private func welcome(audio channel: any Channel, of peer: Peer) throws {
        if options.idleTimeout > 0 {
            let limit = TimeAmount.microseconds(Int64(options.idleTimeout * 1e6))
            try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: limit))
        }
        try channel.pipeline.syncOperations.addHandler(AudioConnection(self, peer))
    }

    private func read(fifo descriptor: Int32) async throws {
        let idle = TimeAmount.microseconds(Int64(options.fifoIdle * 1e6))
        _ = try await NIOPipeBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try self.remember(channel, of: .own)
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: idle))
                    try channel.pipeline.syncOperations.addHandler(FIFOReader(self, descriptor))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).get()
    }

    /// Keeps a connection to close it at the end.
    /// - Throws: ``Rejection``, which closes it at once, when there are more than streams, subscribers and a few clients of
    ///   control.sock can need.
    private func remember(_ channel: any Channel, of peer: Peer) throws {
        let limit = 2 * options.maximumStreams + options.maximumSubscribers + 32
        guard connections.count < limit else {
            log.warning("connection refused", metadata: ["connections": "\(connections.count)"])
            throw Rejection(code: "too-many-connections", text: "\(limit) connections are open, which is the limit")
        }
        let taken = connections.values.count { $0.user == peer.user }
        guard !isGreedy(peer, taken: taken, of: limit) else {
            log.warning("connection refused", metadata: ["connections": "\(taken)", "user": "\(peer.user)"])
            throw Rejection(code: "too-many-connections", text: "\(taken) connections of this user are open")
        }
        let identifier = ObjectIdentifier(channel)
        connections[identifier] = (channel, peer.user)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.connections[identifier] = nil }
    }
}

// A way into the daemon. A new one is a file with a type that conforms to `Door` (SocketDoor for one that clients
// connect to), and a line in `Doors.all`. From that list files are made in the runtime directory, inherited descriptors
// are told apart, the memory that it takes is bounded, and it is opened and closed.

import NIOCore

/// What stands in the runtime directory for a door.
enum DoorFile {
    /// A stream socket that listens.
    case socket
    /// A FIFO that is opened for reading and writing, and so has no end of file.
    case fifo
}

/// A file that something comes in by, and what happens to that. Lives on the daemon's event loop.
protocol Door: AnyObject, SendableMetatype {
    /// Its file's name in the runtime directory.
    static var name: String { get }
    static var file: DoorFile { get }
    /// Whether a daemon that inherits no descriptors makes it.
    static func isWanted(by options: DaemonOptions) -> Bool
    /// The most memory that its clients take; nil for next to none.
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part?

    init(_ server: Server)
    /// Takes in what comes by `descriptor`, which is the door's own from now on.
    func open(_ descriptor: Int32) -> EventLoopFuture<Void>
    /// The daemon stops: nobody new is let in, and what has arrived by now is taken in.
    func close()
}

extension Door {
    static func isWanted(by options: DaemonOptions) -> Bool { true }
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part? { nil }
}

/// The daemon's doors.
enum Doors {
    static let all: [any Door.Type] = [
        SocketDoor<AudioConnection>.self,
        SocketDoor<LabelsConnection>.self,
        SocketDoor<ControlConnection>.self,
        FIFODoor.self,
    ]
}

/// File names of the sockets in the runtime directory.
package enum SocketName {
    package static let audio = "audio.sock"
    package static let labels = "labels.sock"
    package static let control = "control.sock"
}

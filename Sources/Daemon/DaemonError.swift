// What keeps a daemon from starting, and what keeps it from taking a stream.

/// Why the daemon cannot serve.
package enum DaemonError: Error, Equatable, CustomStringConvertible {
    case unknownDescriptor(descriptor: Int32)
    case alreadyRunning(path: String)
    case cannotMake(path: String, reason: String)
    case noSound(path: String)
    case noGeneration(path: String)
    case tooMuchMemory(excess: String)

    package var description: String {
        switch self {
        case .unknownDescriptor(let descriptor):
            "descriptor \(descriptor), passed by the service manager, is neither a FIFO nor a socket named "
                + "\(Self.sockets.dropLast().joined(separator: ", ")) or \(Self.sockets.last ?? ""); see heard.socket"
        case .alreadyRunning(let path):
            "another heard answers on \(path); stop it, or choose another --runtime-directory"
        case .cannotMake(let path, let reason):
            "cannot use \(path): \(reason), or choose another --runtime-directory"
        case .tooMuchMemory(let excess): "\(excess), or raise memory-limit"
        case .noGeneration(let path): "\(path) translates lines, and generates nothing after them: leave generate out"
        case .noSound(let path):
            "\(path) is a model of text or vectors; gate, offline-model and language-model are for models of sound: leave them out"
        }
    }
}

extension DaemonError {
    private static var sockets: [String] { Doors.all.filter { $0.file == .socket }.map { $0.name } }
}

/// Why a stream is not taken.
struct Rejection: Error {
    let code: String
    let text: String

    /// The code of what a user has no right to.
    static let notPermitted = "not-permitted"
}

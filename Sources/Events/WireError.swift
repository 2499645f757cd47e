// What can be wrong with the lines that clients and the daemon send each other.

import Schema

/// Why a line was not understood.
package enum WireError: Error, Equatable, CustomStringConvertible {
    case notAnEvent(reason: String)
    case badRequest(reason: String)
    case lineTooLong(limit: Int)
    case noStream(name: String)
    case unfit(reason: String)
    case notPermitted(what: String)

    /// A stable word for programs.
    package var code: String {
        switch self {
        case .notAnEvent: "not-an-event"
        case .badRequest: "bad-request"
        case .lineTooLong: "line-too-long"
        case .noStream: "no-such-stream"
        case .unfit: "unfit-model"
        case .notPermitted: "not-permitted"
        }
    }

    package var description: String {
        switch self {
        case .notAnEvent(let reason): "this line is not an event: \(reason); is it Heard's labels or audio socket?"
        case .badRequest(let reason): "the request was not understood: \(reason)"
        case .lineTooLong(let limit):
            "the line is longer than \(limit) bytes; end it with a line feed or raise line-limit"
        case .unfit(let reason): reason
        case .notPermitted(let what):
            "\(what) is for root, the daemon's user and those of the daemon's access-control"
        case .noStream(let name): "no stream named \"\(excerpt(name))\" is running; heard status --streams lists them"
        }
    }
}

// A fuzz target for everything that clients and daemons send each other in lines. The first byte picks the parser;
// whatever the bytes are, it must take or refuse them without a trap, and what it takes must survive its own printing.

import Events

/// Feeds one input to one of the parsers of `Events`.
func fuzzEvents(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    let line = Array(bytes.dropFirst())
    switch choice % 6 {
    case 0:
        guard let event = try? Event(json: String(decoding: line, as: UTF8.self)) else { return }
        precondition((try? Event(json: event.json)) == event, "an event does not survive")
        precondition(!event.json.utf8.contains { $0 < 0x20 }, "a control character in a line")
    case 1:
        guard let request = try? StreamRequest(line: line) else { return }
        precondition((try? StreamRequest(line: request.line.utf8.dropLast())) == request, "a request does not survive")
    case 2:
        guard let filter = try? EventFilter(line: line) else { return }
        precondition((try? EventFilter(line: filter.line.utf8.dropLast())) == filter, "a filter does not survive")
    case 3: _ = try? ControlRequest(line: line)
    case 4:
        var whole = LineReader(limit: 64), cut = LineReader(limit: 64)
        let expected = try? whole.append(line)
        var lines: [[UInt8]]? = []
        for byte in line { if let more = try? cut.append([byte]) { lines? += more } else { lines = nil } }
        precondition(lines == expected || expected == nil, "lines depend on the cut")
    default:
        var reader = PreambleReader(limit: 64)
        for byte in line {
            guard let outcome = try? reader.append([byte]), outcome == .undecided else { return }
        }
        precondition(reader.finish() == line, "bytes were lost")
    }
}

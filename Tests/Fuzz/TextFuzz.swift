// A fuzz target for text that is piped in. The first byte says whether words or characters are read; whatever the bytes
// are, they are taken or refused without a trap, and the same whether they come at once or one by one.

import Decoding
import Schema

/// Feeds one input to the reader of text, twice.
func fuzzText(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    let units: TokenUnits = choice % 2 == 0 ? .words : .characters
    func items(size: Int) -> ([TextReader.Item], TextReader.Failure?) {
        var reader = TextReader(units), items: [TextReader.Item] = [], rest = Array(bytes.dropFirst())[...]
        do {
            while true {
                switch try reader.next() {
                case .finished: return (items, nil)
                case .needsBytes:
                    if rest.isEmpty { reader.finish() }
                    reader.append(rest.prefix(size))
                    rest = rest.dropFirst(size)
                case let item: items.append(item)
                }
            }
        } catch {
            return (items, error)
        }
    }
    let whole = items(size: .max), cut = items(size: 1)
    precondition(whole.0 == cut.0 && whole.1 == cut.1, "tokens depend on the cut")
    fuzzLines(Array(bytes.dropFirst()))
}

/// The lines of a text, read at once, byte by byte, and as those of a whole.
private func fuzzLines(_ bytes: [UInt8]) {
    func lines(size: Int) -> ([String], TextFault?) {
        var reader = TextLineReader(limit: 100), lines: [String] = [], rest = bytes[...]
        do {
            while true {
                while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
                if rest.isEmpty {
                    reader.finish()
                    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
                    return (lines, nil)
                }
                reader.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
        } catch {
            return (lines, error)
        }
    }
    let whole = lines(size: .max), cut = lines(size: 1)
    precondition(whole.0 == cut.0 && whole.1 == cut.1, "lines depend on the cut")
    if whole.1 == nil, let text = try? String(text: bytes) {
        precondition(NumberedLine.all(of: text).map(\.text) == whole.0, "lines depend on who reads them")
        precondition(excerpt(text).utf8.count <= 8 * longestExcerpt, "an excerpt is no excerpt")
    }
}

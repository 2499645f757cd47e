// A fuzz target for text that is piped in. The first byte says whether words or characters are read; whatever the bytes are, they are taken
// or refused without a trap, and the same whether they come at once or one by one.

import Decoding

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
}

// A fuzz target for vectors that are piped in. The first byte says whether numbers or places of ones are read, and how
// these are called; whatever the bytes are, they are taken or refused without a trap, and the same whether they come at
// once or one by one.

import Features

/// Feeds one input to the reader of vectors, twice.
func fuzzVectors(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    let firsts = [0, 21, -21, 1_000_000]
    let options = VectorOptions(
        width: 3, encoding: choice % 2 == 0 ? .dense : .indices, first: firsts[Int(choice >> 1) & 3])
    func steps(size: Int) -> ([[Float]], VectorError?) {
        var reader = VectorReader(options, lineLimit: 4096), steps: [[Float]] = [], rest = Array(bytes.dropFirst())[...]
        var row = [Float](repeating: 0, count: 3)
        do {
            while true {
                switch try row.withUnsafeMutableBufferPointer({ try reader.next(into: $0) }) {
                case .finished: return (steps, nil)
                case .needsBytes:
                    if rest.isEmpty { reader.finish() }
                    reader.append(rest.prefix(size))
                    rest = rest.dropFirst(size)
                case .step: steps.append(row)
                case .endOfSequence: steps.append([])
                }
            }
        } catch let error as VectorError {
            return (steps, error)
        } catch {
            preconditionFailure("vectors throw no other errors")
        }
    }
    let whole = steps(size: .max), cut = steps(size: 1)
    precondition(whole.0 == cut.0 && whole.1 == cut.1, "vectors depend on the cut")
    if let error = whole.1 { precondition("\(error)".utf8.count < 1000, "an error quotes too much") }
}

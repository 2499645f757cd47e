// What can be wrong with vectors that are piped in.

import Schema

/// Why bytes are no vectors, or none that a model can read.
package enum VectorError: Error, Equatable, CustomStringConvertible {
    /// Neither numbers nor a NumPy file.
    case notVectors(line: Int, found: String)
    case wrongWidth(line: Int, expected: Int, found: Int)
    case notFinite(line: Int, column: Int)
    case badIndex(line: Int, index: Double, first: Int, width: Int)
    /// Lines that cannot be read.
    case badText(TextFault)
    case badArray(reason: String)
    case cutShort(rows: Int, found: Int)
    case nothing

    /// A stable word for programs.
    package var code: String {
        switch self {
        case .notVectors: "not-vectors"
        case .wrongWidth: "wrong-width"
        case .notFinite: "not-finite"
        case .badIndex: "bad-index"
        case .badText(let fault): fault.code
        case .badArray: "bad-array"
        case .cutShort: "data-cut-short"
        case .nothing: "empty-stream"
        }
    }

    package var description: String {
        switch self {
        case .notVectors(let line, let found):
            "line \(line) is no vector: \(found); write a line of numbers, [1, 2.5] or 1,2.5, for each step, and an empty one between sequences"
        case .wrongWidth(let line, let expected, let found):
            "line \(line) has \(found) values, and the model reads \(expected) a step"
        case .notFinite(let line, let column):
            "line \(line): number \(column) is infinite, or none; leave the step out, or put what stood before"
        case .badIndex(let line, let index, let first, let width):
            "line \(line): there is no value \(Int(exactly: index).map(String.init) ?? "\(index)"); they are counted from \(first) to \(first + width - 1)"
        case .badText(.longLine(let line, let limit)):
            "line \(line) is longer than \(limit) bytes; write a line for each step"
        case .badText(let fault): "\(fault)"
        case .badArray(let reason): "the NumPy array cannot be read: \(reason)"
        case .cutShort(let rows, let found):
            "the NumPy array stops after \(found) of \(rows) rows; what came before was used"
        case .nothing: "not one step came"
        }
    }
}

// NumPy's .npy (the format's specification: numpy.lib.format), read as it arrives: numbers of any real type in C order,
// [steps, width] or [sequences, steps, width]; [steps] where the width is 1.

import Schema

/// Reads arrays that stand one after the other.
struct NumPyArray: Sendable {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// The longest header; NumPy's own are below 200 bytes.
    private static let headerLimit = 65_536

    private struct Layout: Sendable {
        var type: NumberType
        /// Rows in all, and of one sequence.
        var rows: Int
        var sequenceRows: Int
    }

    private let options: VectorOptions
    private var layout: Layout?
    /// Rows of the array at hand that have been given out.
    private var done = 0
    /// A sequence has ended with the last row.
    private var isAtEnd = false

    init(_ options: VectorOptions) { self.options = options }

    /// The next row, or end of a sequence, of `bytes` from `taken` on.
    mutating func next(
        _ bytes: [UInt8], _ taken: inout Int, isFinished: Bool, into row: UnsafeMutableBufferPointer<Float>
    ) throws(VectorError) -> VectorReader.Item {
        if isAtEnd {
            isAtEnd = false
            return .endOfSequence
        }
        while layout.map({ done == $0.rows }) ?? true {
            guard let next = try header(bytes, &taken, isFinished: isFinished) else {
                return isFinished ? .finished : .needsBytes
            }
            layout = next
            done = 0
        }
        guard let layout else { preconditionFailure("there is a layout behind a header") }
        let size = layout.type.bytes * options.width
        guard bytes.count - taken >= size else {
            if isFinished { throw .cutShort(rows: layout.rows, found: done) }
            return .needsBytes
        }
        bytes.withUnsafeBytes { bytes in
            for index in 0..<options.width {
                row[index] = layout.type.value(bytes.baseAddress! + taken + index * layout.type.bytes)
            }
        }
        taken += size
        done += 1
        isAtEnd = done % layout.sequenceRows == 0
        if let bad = row.firstIndex(where: { !$0.isFinite }) { throw .notFinite(line: done, column: bad + 1) }
        return .step
    }

    /// Reads the next array's header; nil when it has not come whole, or nothing will.
    /// - Throws: ``VectorError/badArray(reason:)``.
    private func header(_ bytes: [UInt8], _ taken: inout Int, isFinished: Bool) throws(VectorError) -> Layout? {
        let rest = bytes[taken...]
        guard !rest.isEmpty else { return nil }
        let start = Array(rest.prefix(12))
        guard start.starts(with: Self.magic) || Self.magic.starts(with: start) else {
            throw .badArray(reason: "behind an array stands what is none")
        }
        let isLong = start.count > 6 && start[6] >= 2, begin = isLong ? 12 : 10
        var length = 0
        if start.count >= begin {
            for byte in start[8..<begin].reversed() { length = length << 8 | Int(byte) }
            guard length <= Self.headerLimit else {
                throw .badArray(reason: "its header says that it has \(length) bytes")
            }
        }
        guard start.count >= begin, rest.count >= begin + length else {
            if isFinished { throw .badArray(reason: "it ends in its header") }
            return nil
        }
        let text = String(decoding: rest.dropFirst(begin).prefix(length), as: UTF8.self)
        taken += begin + length
        return try layout(text)
    }

    /// What the header, a dictionary as Python writes it, says of the rows.
    private func layout(_ header: String) throws(VectorError) -> Layout {
        func value(_ key: String) -> Substring? {
            header.range(of: "'\(key)':").map { header[$0.upperBound...].drop { $0 == " " } }
        }
        guard let descr = value("descr"), descr.first == "'", let order = value("fortran_order"),
            let shape = value("shape"),
            shape.first == "(", let close = shape.firstIndex(of: ")")
        else { throw .badArray(reason: "its header is none that NumPy writes") }
        let name = descr.dropFirst().prefix { $0 != "'" }
        guard let type = NumberType(name) else {
            throw .badArray(reason: "its numbers are \(excerpt(name)); floats, integers and booleans can be read")
        }
        let sizes = shape[..<close].dropFirst().split(separator: ",").map { $0.filter { $0 != " " } }.filter {
            !$0.isEmpty
        }
        let numbers = sizes.compactMap { Int($0) }
        guard numbers.count == sizes.count, (1...3).contains(numbers.count),
            numbers.allSatisfy({ (0...1 << 40).contains($0) })
        else { throw .badArray(reason: "its shape is \(excerpt(shape[...close])); [steps, width] can be read") }
        guard order.hasPrefix("False") || numbers.count == 1 else {
            throw .badArray(reason: "it is in Fortran's order; save it with numpy.ascontiguousarray")
        }
        let width = numbers.count == 1 ? 1 : numbers[numbers.count - 1]
        guard width == options.width else {
            throw .badArray(reason: "a row has \(width) numbers, and the model reads \(options.width) a step")
        }
        guard options.encoding == .dense else { throw .badArray(reason: "the model reads lists of indices, as JSON") }
        let sequence = numbers.count == 3 ? numbers[1] : numbers[0]
        let (rows, overflow) =
            numbers.count == 3 ? numbers[0].multipliedReportingOverflow(by: sequence) : (sequence, false)
        guard !overflow else { throw .badArray(reason: "its shape is \(excerpt(shape[...close]))") }
        return Layout(type: type, rows: rows, sequenceRows: max(sequence, 1))
    }
}

/// A type of numbers in NumPy's words: `<f4`, `|u1`, `>i2`.
struct NumberType: Sendable {
    private let kind: Character
    private let isBig: Bool
    let bytes: Int

    init?(_ name: some StringProtocol) {
        let characters = Array(name)
        guard characters.count == 3, "<>|=".contains(characters[0]), let size = characters[2].wholeNumberValue,
            ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"].contains("\(characters[1])\(size)")
        else { return nil }
        kind = characters[1]
        isBig = characters[0] == ">"
        bytes = size
    }

    /// The number at an address of any alignment.
    func value(_ pointer: UnsafeRawPointer) -> Float {
        func integer<Number: FixedWidthInteger>(_: Number.Type) -> Number {
            let number = pointer.loadUnaligned(as: Number.self)
            return isBig ? number.byteSwapped : number
        }
        switch (kind, bytes) {
        case ("f", 2): return Self.half(integer(UInt16.self))
        case ("f", 4): return Float(bitPattern: integer(UInt32.self))
        case ("f", 8): return Float(Double(bitPattern: integer(UInt64.self)))
        case ("i", 1): return Float(integer(Int8.self))
        case ("i", 2): return Float(integer(Int16.self))
        case ("i", 4): return Float(integer(Int32.self))
        case ("i", 8): return Float(integer(Int64.self))
        case ("u", 2): return Float(integer(UInt16.self))
        case ("u", 4): return Float(integer(UInt32.self))
        case ("u", 8): return Float(integer(UInt64.self))
        default: return Float(integer(UInt8.self))
        }
    }

    /// IEEE 754's binary16, which Swift has not on every machine.
    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 0 ? 1 : -1, exponent = Int(bits >> 10 & 31), fraction = Float(bits & 1023)
        switch exponent {
        case 0: return sign * fraction / 16_777_216
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}

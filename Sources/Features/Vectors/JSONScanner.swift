// As much of JSON (RFC 8259) as lines of vectors have, read in place: Foundation's parser makes an object of every
// number, a hundred bytes of two. NaN and infinities, which JSON has not and many programs write, are read as the
// numbers that they are, to be named.

import Schema

/// Reads the parts of one line.
struct JSONScanner: Sendable {
    /// Lists and objects inside each other, in what is passed over.
    private static let deepest = 64

    private let bytes: ArraySlice<UInt8>
    private let line: Int
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>, line: Int) {
        (self.bytes, self.line, at) = (bytes, line, bytes.startIndex)
    }

    /// What has not been read.
    var rest: ArraySlice<UInt8> { bytes[at...] }

    /// The next byte that is no white space; nil at the end.
    var peek: UInt8? {
        mutating get {
            while at < bytes.endIndex, Self.isSpace(bytes[at]) { at += 1 }
            return at < bytes.endIndex ? bytes[at] : nil
        }
    }

    var malformed: VectorError {
        let place = at < bytes.endIndex ? "from \"\(excerpt(bytes: rest, limit: 24))\" on" : "for it stops too early"
        return .notVectors(line: line, found: "it is no JSON \(place)")
    }

    /// Whether the next byte is this one; then it is read.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    mutating func require(_ byte: Unicode.Scalar) throws(VectorError) {
        guard take(byte) else { throw malformed }
    }

    /// Number `place`, from 1, of a list.
    mutating func number(_ place: Int) throws(VectorError) -> Double {
        func refuse(_ what: String) -> VectorError { .notVectors(line: line, found: "number \(place) is \(what)") }
        guard let first = peek else { throw malformed }
        switch first {
        case UInt8(ascii: "\""): throw refuse("a text (\(excerpt(bytes: rest, limit: 24)))")
        case UInt8(ascii: "["), UInt8(ascii: "{"): throw refuse("a list or an object")
        default: break
        }
        let token = bytes[at...].prefix { Self.isWord($0) }
        guard !token.isEmpty else { throw malformed }
        let word = String(decoding: token.prefix(400), as: UTF8.self)
        switch word.lowercased() {
        case "null": throw refuse("null")
        case "true", "false":
            at = token.endIndex
            return word.lowercased() == "true" ? 1 : 0
        case "nan", "-nan", "inf", "infinity", "+inf", "+infinity": fallthrough
        case "-inf", "-infinity":
            at = token.endIndex
            return .nan
        default:
            guard token.count <= 400, token.allSatisfy({ Self.isOfNumber($0) }), let number = Double(word) else {
                throw malformed
            }
            at = token.endIndex
            return number
        }
    }

    /// Goes into an object, to the value of a key.
    mutating func enter(_ key: String) throws(VectorError) {
        try require("{")
        guard peek != UInt8(ascii: "}") else { throw missing(key) }
        repeat {
            let name = try string()
            try require(":")
            if name.elementsEqual(key.utf8) { return }
            try skipValue()
        } while take(",")
        try require("}")
        throw missing(key)
    }

    /// Passes over what an object has after the value that was read, and its end.
    mutating func leave() throws(VectorError) {
        while take(",") {
            _ = try string()
            try require(":")
            try skipValue()
        }
        try require("}")
    }

    private func missing(_ key: String) -> VectorError {
        .notVectors(line: line, found: "the object has no \"\(key)\"")
    }

    /// The bytes between quotes.
    private mutating func string() throws(VectorError) -> ArraySlice<UInt8> {
        try require("\"")
        let begin = at
        while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") {
            at = min(at + (bytes[at] == UInt8(ascii: "\\") ? 2 : 1), bytes.endIndex)
        }
        let text = bytes[begin..<at]
        try require("\"")
        return text
    }

    private mutating func skipValue() throws(VectorError) {
        var closers: [UInt8] = []
        repeat {
            guard let byte = peek else { throw malformed }
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard closers.count < Self.deepest else { throw malformed }
                closers.append(byte + 2)
                at += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                guard closers.popLast() == byte else { throw malformed }
                at += 1
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !closers.isEmpty else { throw malformed }
                at += 1
            default:
                guard Self.isWord(byte) else { throw malformed }
                while at < bytes.endIndex, Self.isWord(bytes[at]) { at += 1 }
            }
        } while !closers.isEmpty
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isOfNumber(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
}

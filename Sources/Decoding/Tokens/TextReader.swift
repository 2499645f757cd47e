// Text from bytes, in any cut: its characters or words one by one, and where its lines end (see LineEnds). UTF-8; a
// byte-order mark before it is no part of it.

import Schema

/// Reads the tokens of one stream.
package struct TextReader: Sendable {
    /// What comes next.
    package enum Item: Sendable, Equatable {
        /// A character, or a word.
        case token(String)
        case lineEnd
        /// More bytes must come first.
        case needsBytes
        /// Nothing follows.
        case finished
    }

    /// Why bytes are no text.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case badText(TextFault)
        case longWord(line: Int, limit: Int)

        /// A stable word for programs.
        package var code: String {
            switch self {
            case .badText(let fault): fault.code
            case .longWord: "word-too-long"
            }
        }

        package var description: String {
            switch self {
            case .badText(let fault): "\(fault)"
            case .longWord(let line, let limit):
                "line \(line): a word has more than \(limit) bytes; words are what white space parts"
            }
        }
    }

    /// Bytes of a word, at the most.
    package static let longestWord = 4096

    private let units: TokenUnits
    /// Bytes that have not been read, the beginning of a character at the least; and how many came before them.
    private var bytes: [UInt8] = []
    private var taken = 0, offset = 0
    /// The word at hand.
    private var word: [UInt8] = []
    private var line = 1
    private var ends = LineEnds()
    /// Lines that end after what was just given.
    private var waitingEnds = 0
    private var isFinished = false
    private var hasBegun = false

    package init(_ units: TokenUnits) { self.units = units }

    /// More bytes.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if taken > 0 {
            bytes.removeFirst(taken)
            (offset, taken) = (offset + taken, 0)
        }
        bytes.append(contentsOf: more)
    }

    /// No more bytes will come.
    package mutating func finish() { isFinished = true }

    /// The next thing that the bytes hold. After an error nothing follows.
    package mutating func next() throws(Failure) -> Item {
        do {
            return try read()
        } catch {
            (isFinished, hasBegun, waitingEnds, ends) = (true, true, 0, LineEnds())
            (taken, word) = (bytes.count, [])
            throw error
        }
    }

    private mutating func read() throws(Failure) -> Item {
        if waitingEnds > 0 {
            waitingEnds -= 1
            line += 1
            return .lineEnd
        }
        guard try begin() else { return .needsBytes }
        while taken < bytes.count {
            let (count, isText) = ends.take(bytes[taken])
            if !isText { taken += 1 }
            if count > 0 { return try endLines(count) }
            guard isText else { continue }
            guard let scalar = try nextScalar() else { return .needsBytes }
            if units == .characters { return .token(String(scalar)) }
            if scalar.properties.isWhitespace {
                if let token = takeWord() { return .token(token) }
                continue
            }
            word.append(contentsOf: UTF8.encode(scalar)!)
            guard word.count <= Self.longestWord else { throw .longWord(line: line, limit: Self.longestWord) }
        }
        guard isFinished else { return .needsBytes }
        let count = ends.finish()
        if count > 0 { return try endLines(count) }
        return takeWord().map { .token($0) } ?? .finished
    }

    /// Passes a byte-order mark over; false when it has not come whole.
    private mutating func begin() throws(Failure) -> Bool {
        if hasBegun { return true }
        do throws(TextFault) {
            guard let mark = try ByteOrderMark.count(bytes[taken...], isFinished: isFinished) else { return false }
            taken += mark
            hasBegun = true
            return true
        } catch {
            throw .badText(error)
        }
    }

    private mutating func endLines(_ count: Int) throws(Failure) -> Item {
        waitingEnds = count
        if let token = takeWord() { return .token(token) }
        return try read()
    }

    private mutating func takeWord() -> String? {
        guard !word.isEmpty else { return nil }
        defer { word.removeAll(keepingCapacity: true) }
        return String(decoding: word, as: UTF8.self)
    }

    /// nil when there is none, or its last bytes have not come.
    private mutating func nextScalar() throws(Failure) -> Unicode.Scalar? {
        guard taken < bytes.count else { return nil }
        let first = bytes[taken]
        let length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
        guard bytes.count - taken >= length || isFinished else { return nil }
        let piece = bytes[taken..<min(taken + length, bytes.count)]
        if let nul = piece.firstIndex(of: 0) { throw .badText(.nul(at: offset + nul, line: line)) }
        guard let text = String(validating: piece, as: UTF8.self), let scalar = text.unicodeScalars.first,
            text.unicodeScalars.count == 1
        else { throw .badText(.notUTF8(line: line)) }
        taken += length
        return scalar
    }
}

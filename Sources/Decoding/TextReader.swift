// Text from bytes, in any cut: its characters or words one by one, and where its lines end. UTF-8.

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
        case notUTF8(line: Int)
        case longWord(line: Int, limit: Int)

        /// A stable word for programs.
        package var code: String {
            switch self {
            case .notUTF8: "not-text"
            case .longWord: "word-too-long"
            }
        }

        package var description: String {
            switch self {
            case .notUTF8(let line):
                "line \(line) is not UTF-8; send text, or convert it: iconv -f LATIN1 -t UTF-8"
            case .longWord(let line, let limit):
                "line \(line): a word has more than \(limit) bytes; words are what white space parts"
            }
        }
    }

    /// Bytes of a word, at the most.
    package static let longestWord = 4096

    private let units: TokenUnits
    /// Bytes that have not been read: the beginning of a character or a word.
    private var bytes: [UInt8] = []
    private var taken = 0
    /// Bytes of ``bytes`` that belong to the word at hand.
    private var word: [UInt8] = []
    private var line = 1
    private var isFinished = false
    private var isAtStart = true
    /// What follows the word that was just given.
    private var endsLine = false

    package init(_ units: TokenUnits) { self.units = units }

    /// More bytes.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if taken > 0 {
            bytes.removeFirst(taken)
            taken = 0
        }
        bytes.append(contentsOf: more)
    }

    /// No more bytes will come.
    package mutating func finish() { isFinished = true }

    /// The next thing that the bytes hold. After an error nothing follows. "\r" before "\n" belongs to the line's end.
    package mutating func next() throws(Failure) -> Item {
        if endsLine {
            endsLine = false
            return endLine()
        }
        while let scalar = try nextScalar() {
            // A byte-order mark is no text.
            let isFirst = isAtStart
            isAtStart = false
            if isFirst, scalar == "\u{FEFF}" { continue }
            let isLineEnd = scalar == "\n"
            if units == .characters {
                if scalar == "\r", taken == bytes.count, !isFinished {
                    // Whether a line ends here shows in the next byte.
                    taken -= 1
                    return .needsBytes
                }
                if scalar == "\r", taken < bytes.count, bytes[taken] == UInt8(ascii: "\n") { continue }
                return isLineEnd ? endLine() : .token(String(scalar))
            }
            guard scalar.properties.isWhitespace else {
                word.append(contentsOf: UTF8.encode(scalar)!)
                guard word.count <= Self.longestWord else {
                    isFinished = true
                    (taken, word) = (bytes.count, [])
                    throw .longWord(line: line, limit: Self.longestWord)
                }
                continue
            }
            if let token = takeWord() {
                endsLine = isLineEnd
                return .token(token)
            }
            if isLineEnd { return endLine() }
        }
        guard isFinished else { return .needsBytes }
        return takeWord().map { .token($0) } ?? .finished
    }

    private mutating func endLine() -> Item {
        line += 1
        return .lineEnd
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
        guard let text = String(validating: piece, as: UTF8.self), let scalar = text.unicodeScalars.first,
            text.unicodeScalars.count == 1
        else {
            isFinished = true
            (taken, word) = (bytes.count, [])
            throw .notUTF8(line: line)
        }
        taken += length
        return scalar
    }
}

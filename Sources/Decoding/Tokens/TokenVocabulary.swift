// Text as a row of tokens: the indices that a network of sequences reads and predicts. A token is a character or a
// word.
//
// A character is a Unicode scalar, not a grapheme cluster (Swift's `Character`): where a cluster ends is known only
// when the next scalar has come, and which scalars are one changes with the version of Unicode; a stream and a model
// file can have neither. Words are what white space parts. Nothing is normalised but, if asked for, upper case; words
// that are canonically equivalent are one.
//
// Token 0 is `<unk>`, for what the vocabulary does not have; 1 is `<pad>`, which no text has. Lines end either in
// `<eos>`, token 2: each is a sequence of its own; or in "\n", a token as others are: the text is one long sequence.

import Schema

/// What one token is.
package enum TokenUnits: String, Codable, Sendable, CaseIterable {
    /// A Unicode scalar.
    case characters
    /// What is between white space.
    case words
}

/// How a vocabulary is made.
package struct TokenOptions: Equatable {
    package var units: TokenUnits
    /// Whether upper case becomes lower case.
    package var lowerCase: Bool
    /// Whether lines end in `<eos>`, not in "\n".
    package var endsLines: Bool
    /// A token that the text has fewer times is unknown.
    package var minimumCount: Int
    /// The most tokens, the special ones among them; nil: all.
    package var maximumSize: Int?

    package init(
        units: TokenUnits, lowerCase: Bool = false, endsLines: Bool? = nil, minimumCount: Int = 1,
        maximumSize: Int? = nil
    ) {
        self.units = units
        self.lowerCase = lowerCase
        self.endsLines = endsLines ?? (units == .words)
        self.minimumCount = minimumCount
        self.maximumSize = maximumSize
    }
}

extension TokenOptions: Options {
    package init() { self.init(units: .characters) }

    package static let subject = "tokens"
    /// `units` (characters), `lower_case` (false), `eos` (true for words), `minimum_count` (1), `maximum_size` (all).
    package static let rows: [OptionRow<Self>] = [
        .init("units", \.units),
        .init("lower_case", \.lowerCase),
        .init("eos", \.endsLines),
        .init("minimum_count", \.minimumCount, "1 to 1000000000", (1...1_000_000_000).contains),
        .init("maximum_size", \.maximumSize, "4 to 16777216 tokens", (4...1 << 24).contains),
    ]

    /// The units are read first: what is said of `eos` when nothing is depends on them.
    package init(from decoder: any Swift.Decoder) throws {
        self = try Self(units: Self().overlaid(by: decoder).units).overlaid(by: decoder)
    }
}

/// The tokens of a model, and the way from text to them and back.
package struct TokenVocabulary: Sendable, Equatable {
    package let units: TokenUnits
    package let lowerCase: Bool
    /// Names by index.
    package let tokens: [String]
    /// `<eos>`, after every line; nil when lines end in "\n" as an ordinary token.
    package let end: Int?
    /// What stands after a line, and before the first token of a text: `<eos>` or "\n".
    package let lineEnd: Int
    private let scalars: [Unicode.Scalar: Int]
    private let words: [String: Int]

    /// Their indices and names.
    package static let unknown = 0, padding = 1
    package static let unknownName = "<unk>", paddingName = "<pad>", endName = "<eos>"
    package static let newline = "\n"

    package var count: Int { tokens.count }
    /// What a text that is generated does not have.
    package static let unspoken: Set<Int> = [unknown, padding]

    /// Names in the order of their indices, the special ones first.
    /// - Throws: `DecodingError.badTokens`.
    package init(units: TokenUnits, lowerCase: Bool, tokens: [String]) throws(DecodingError) {
        guard tokens.prefix(2) == [Self.unknownName, Self.paddingName] else {
            throw .badTokens(reason: "the first two are not \(Self.unknownName) and \(Self.paddingName)")
        }
        let end = tokens.count > 2 && tokens[2] == Self.endName ? 2 : nil
        var scalars: [Unicode.Scalar: Int] = [:], words: [String: Int] = [:]
        for (index, token) in tokens.enumerated().dropFirst(end == nil ? 2 : 3) {
            let isNew: Bool
            if units == .characters {
                guard let scalar = token.unicodeScalars.first, token.unicodeScalars.count == 1 else {
                    throw .badTokens(reason: "token \(index), \"\(excerpt(token))\", is not one character")
                }
                isNew = scalars.updateValue(index, forKey: scalar) == nil
            } else {
                guard !token.isEmpty else { throw .badTokens(reason: "token \(index) is empty") }
                isNew = words.updateValue(index, forKey: token) == nil
            }
            guard isNew else { throw .badTokens(reason: "token \(index), \"\(excerpt(token))\", is there twice") }
        }
        guard let lineEnd = end ?? scalars["\n"] ?? words[Self.newline] else {
            throw .badTokens(reason: "there is neither \(Self.endName) nor a new line, so lines have no end")
        }
        (self.units, self.lowerCase, self.tokens) = (units, lowerCase, tokens)
        (self.end, self.lineEnd, self.scalars, self.words) = (end, lineEnd, scalars, words)
    }

    /// What text is made of, the most frequent tokens first; those of one frequency in the order of their bytes.
    /// - Throws: `DecodingError.badTokens` when none is left.
    package init(text: String, _ options: TokenOptions) throws(DecodingError) {
        var counts: [String: Int] = [:]
        if options.units == .characters {
            var scalars: [Unicode.Scalar: Int] = [:]
            for scalar in Self.cased(text, options.lowerCase).unicodeScalars { scalars[scalar, default: 0] += 1 }
            // By scalar, for scalars that are canonically equivalent are one String.
            try self.init(
                units: .characters, lowerCase: options.lowerCase,
                tokens: Self.list(scalars.map { (String($0), $1) }, options))
            return
        }
        for word in Self.cased(text, options.lowerCase).split(whereSeparator: \.isWhitespace) {
            counts[String(word), default: 0] += 1
        }
        for name in [Self.unknownName, Self.paddingName, Self.endName] { counts[name] = nil }
        try self.init(
            units: .words, lowerCase: options.lowerCase, tokens: Self.list(counts.map { ($0, $1) }, options))
    }

    private static func list(_ counted: [(name: String, count: Int)], _ options: TokenOptions) throws(DecodingError)
        -> [String]
    {
        let special = [unknownName, paddingName, options.endsLines ? endName : newline]
        let room = options.maximumSize.map { max(0, $0 - special.count) } ?? .max
        let kept = counted.filter { $0.name != newline && $0.count >= options.minimumCount }.sorted {
            $0.count != $1.count ? $0.count > $1.count : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }.prefix(room)
        guard !kept.isEmpty else {
            throw .badTokens(reason: "no token is frequent enough; lower minimum_count or raise maximum_size")
        }
        return special + kept.map(\.name)
    }

    private static func cased(_ text: String, _ lowerCase: Bool) -> String { lowerCase ? text.lowercased() : text }

    // MARK: there and back

    /// The tokens of a text, line ends among them. In a model with `<eos>` the last line has one too, "\r" before "\n"
    /// belongs to the line's end, and a line without text is `<eos>` alone.
    package func encode(_ text: String) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(units == .characters ? text.utf8.count : text.utf8.count / 4)
        let lines = Self.lines(text)
        for (number, line) in lines.enumerated() {
            append(line, to: &result)
            let isLast = number == lines.count - 1
            // What is after the last "\n" is a line only if something stands there.
            if !isLast || (end != nil && !line.isEmpty) { result.append(lineEnd) }
        }
        return result
    }

    /// The tokens of one line or a piece of it, without its end.
    package func encode(piece: String) -> [Int] {
        var result: [Int] = []
        for (number, line) in Self.lines(piece).enumerated() {
            if number > 0 { result.append(lineEnd) }
            append(line, to: &result)
        }
        return result
    }

    /// The token of one word, or of one character; ``unknown`` for what there is not.
    package func index(of token: String) -> Int {
        let token = lowerCase ? token.lowercased() : token
        switch units {
        case .words: return words[token] ?? Self.unknown
        case .characters: return token.unicodeScalars.first.flatMap { scalars[$0] } ?? Self.unknown
        }
    }

    private func append(_ line: Substring.UnicodeScalarView, to tokens: inout [Int]) {
        var line = line
        if end != nil, line.last == "\r" { line.removeLast() }
        let text = lowerCase ? String(Substring(line)).lowercased() : String(Substring(line))
        switch units {
        case .characters: for scalar in text.unicodeScalars { tokens.append(scalars[scalar] ?? Self.unknown) }
        case .words:
            for word in text.split(whereSeparator: \.isWhitespace) {
                tokens.append(words[String(word)] ?? Self.unknown)
            }
        }
    }

    /// Lines of a text as "\n" parts them: one more than there are "\n".
    private static func lines(_ text: String) -> [Substring.UnicodeScalarView] {
        Substring(text).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The text of some tokens: characters one after the other, an unknown one as U+FFFD; words with a space between;
    /// `<eos>` as a new line. Of words it is the text that was encoded with its white space made plain.
    package func decode(_ indices: some Sequence<Int>) -> String {
        var text = String.UnicodeScalarView(), isFirst = true
        for index in indices where index != Self.padding {
            if index == lineEnd {
                text.append("\n")
                isFirst = true
                continue
            }
            if units == .words {
                if !isFirst { text.append(" ") }
                isFirst = false
                text.append(contentsOf: tokens[index].unicodeScalars)
            } else {
                text.append(contentsOf: (index == Self.unknown ? "\u{FFFD}" : tokens[index]).unicodeScalars)
            }
        }
        return String(text)
    }
}

extension TokenVocabulary {
    /// A token that can be told from the space beside it.
    package static func visible(_ token: String) -> String {
        switch token {
        case " ": "(space)"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: token
        }
    }
}

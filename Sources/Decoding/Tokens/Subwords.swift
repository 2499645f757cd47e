// What a word is made of, for words that no vocabulary has: its shape, its ends, and the runs of letters in it
// (Bojanowski et al. 2017: "Enriching word vectors with subword information"). A network reads a word as the sum of the
// vectors of all of these; each run has the row of a table that its hash names (FNV-1a, 64 bits), so that there is
// nothing to count and nothing to store.
//
//     Teddys      the word's own token, its shape "Xx", the beginnings t te ted tedd, the ends s ys dys ddys, the
//                 threes in between

import Schema

/// How words are taken apart.
package struct SubwordOptions: Equatable {
    /// `buckets` (8192): rows for pieces of words.
    package var buckets = 8192
    /// `longest` (4): letters of a beginning or an end, at the most.
    package var longest = 4
    /// `slots` (20): pieces of a word, its own token among them; what a long word has more is left out.
    package var slots = 20

    package init() {}

    package init(buckets: Int, longest: Int = 4, slots: Int = 20) {
        (self.buckets, self.longest, self.slots) = (buckets, longest, slots)
    }

    /// The rows of a table [vocabulary.count + buckets] that a word is the sum of: its own token first.
    package func rows(of word: String, in vocabulary: TokenVocabulary) -> [Int] {
        var rows = [vocabulary.index(of: word)]
        rows.reserveCapacity(slots)
        func add(_ kind: UInt8, _ piece: ArraySlice<Unicode.Scalar>) {
            guard rows.count < slots else { return }
            rows.append(vocabulary.count + Int(Self.hash(kind, piece) % UInt64(buckets)))
        }
        add(0, Self.shape(of: word)[...])
        let letters = Array(word.lowercased().unicodeScalars)
        for length in 1...longest where length <= letters.count {
            add(1, letters.prefix(length))
            add(2, letters.suffix(length))
        }
        if letters.count > 3 { for first in 0...(letters.count - 3) { add(3, letters[first..<first + 3]) } }
        return rows
    }

    /// Runs of one kind of character as one: X for capitals, x for other letters, 0 for digits, and what is neither as
    /// it is.
    static func shape(of word: String) -> [Unicode.Scalar] {
        var shape: [Unicode.Scalar] = []
        for scalar in word.unicodeScalars {
            let properties = scalar.properties
            let kind: Unicode.Scalar =
                properties.isUppercase
                ? "X" : properties.isAlphabetic ? "x" : properties.numericType != nil ? "0" : scalar
            if shape.last != kind { shape.append(kind) }
        }
        return shape
    }

    private static func hash(_ kind: UInt8, _ piece: ArraySlice<Unicode.Scalar>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        add(kind)
        for scalar in piece { for byte in UTF8.encode(scalar)! { add(byte) } }
        return hash
    }
}

extension SubwordOptions: Options {
    package static let subject = "subwords"
    package static let rows: [OptionRow<Self>] = [
        .init("buckets", \.buckets, "1 to 4194304 rows", (1...1 << 22).contains),
        .init("longest", \.longest, "1 to 16 letters", (1...16).contains),
        .init("slots", \.slots, "2 to 256 pieces", (2...256).contains),
    ]
}

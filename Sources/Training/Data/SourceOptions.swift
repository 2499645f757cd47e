// Where clips come from, which of them, and what becomes of each: the recipe's words. Keys are these names in
// snake_case.

import Schema

/// One source of clips. In a recipe an object, or the path alone.
package struct SourceOptions: Equatable {
    /// The parts of a set that is a folder per label.
    package enum Split: String, Codable, CaseIterable, Sendable { case train, validation, testing }

    /// A manifest (`.jsonl`, `.json`), a plain list of sound files (`.txt`), or a folder per label.
    package var path = ""
    /// The part of a folder per label. Default: all of it.
    package var split: Split?
    /// `none`: the target of every clip is empty, whatever is said in it. Default: what the source says.
    package var text: String?
    /// Whether anybody speaks in it. False: noise; the target is empty, and frames are labelled as without words.
    /// Default true.
    package var speech = true
    /// Words of the target; others are left out of it. Default: all.
    package var keepWords: [String]?
    /// How often each clip comes in an epoch; with 0.5, half of them in turn. Default 1.
    package var repeats = 1.0
    /// Seconds: take a piece of such a length from each longer clip, another one in each epoch. With a text, word times
    /// are needed, and the piece ends between words. Default: whole clips.
    package var crop: ClosedRange<Double>?
    /// Take a run of so many words, another one in each epoch; word times are needed. Default: whole clips.
    package var cutWords: ClosedRange<Int>?
    /// Only these speakers. Default: all.
    package var speakers: [String]?
    /// Not these speakers. Default: none.
    package var withoutSpeakers: [String]?
    /// Only one fold of the speakers, "1/5" to "5/5". Default: all.
    package var fold: SpeakerFold?
    /// All but one fold of the speakers. Default: all.
    package var withoutFold: SpeakerFold?
    /// Only clips at least so long. Default 0.
    package var minimumSeconds = 0.0
    /// Only clips at most so long. Default: any.
    package var maximumSeconds: Double?
    /// Only so many clips, spread evenly over the source. Default: all.
    package var limit: Int?
    /// Only clips whose word times are known. Default false.
    package var withWords = false
    /// A dictionary in CMU's form: the phones of words whose alignment lacks them are spread evenly over each word.
    /// Default: such phones are not known.
    package var lexicon: String?
    /// Whether its clips may be joined with others. Default true.
    package var joins = true
    /// Whether its clips are augmented at all. Default true.
    package var augment = true

    /// All clips of a path.
    package init(path: String) { self.path = path }

    /// Whether clips have an empty target.
    var hasNoText: Bool { text == "none" || !speech }
}

/// One of `count` parts of all speakers, by the hash of their names: the same speaker is in the same part of every set.
package struct SpeakerFold: Codable, Sendable, Equatable {
    /// From 1 to `count`.
    package let number: Int
    package let count: Int

    package init(number: Int, of count: Int) {
        precondition(count > 0 && (1...count).contains(number), "folds count from 1")
        self.number = number
        self.count = count
    }

    package init(from decoder: any Decoder) throws {
        let text = (try? decoder.singleValueContainer().decode(String.self)) ?? "not a text"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 2, (1...count).contains(number)
        else {
            throw DataError.badOption(
                key: decoder.codingPath.map(\.stringValue).joined(separator: "."), found: text,
                wanted: "a fold such as \"1/5\"")
        }
        self.init(number: number, of: count)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("\(number)/\(count)")
    }

    /// Whether a speaker is in this fold.
    func contains(_ speaker: String) -> Bool {
        let hash = SecureHash.sha256(Array(speaker.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(hash % UInt64(count)) == number - 1
    }
}

extension SourceOptions: DataOptions {
    package init() { self.init(path: "") }

    package static let rows: [OptionRow<Self>] = [
        .init("path", \.path, "a path") { !$0.isEmpty }.required,
        .init("split", \.split, "train, validation or testing"),
        .init("text", \.text, "none") { $0 == "none" },
        .init("speech", \.speech),
        .init("keep_words", \.keepWords, "a list of words"),
        .init("repeats", \.repeats, "a number above 0, at most 1000") { $0 > 0 && $0 <= 1000 },
        .init("crop", \.crop, "seconds, 0.1 to 3600", within: 0.1...3600),
        .init("cut_words", \.cutWords, "words, 1 to 1000", within: 1...1000),
        .init("speakers", \.speakers, "a list of speakers"),
        .init("without_speakers", \.withoutSpeakers, "a list of speakers"),
        .init("fold", \.fold),
        .init("without_fold", \.withoutFold),
        .init("minimum_seconds", \.minimumSeconds, "seconds, up to 1000000", (0...1e6).contains),
        .init("maximum_seconds", \.maximumSeconds, "seconds above 0, up to 1000000") { $0 > 0 && $0 <= 1e6 },
        .init("limit", \.limit, "a number of clips, 1 to 1000000000", (1...1_000_000_000).contains),
        .init("with_words", \.withWords),
        .init("lexicon", \.lexicon, "a path"),
        .init("joins", \.joins),
        .init("augment", \.augment),
    ]

    /// Reads the options, or the path alone.
    package init(from decoder: any Decoder) throws {
        if let path = try? decoder.singleValueContainer().decode(String.self) {
            self.init(path: path)
            return
        }
        self = try Self().overlaid(by: decoder)
        if crop != nil, cutWords != nil {
            throw Self.error(decoder, "crop", found: "given together with cut_words", wanted: "one of the two")
        }
    }
}

// What a network's outputs stand for, and what a clip's transcript is in them.

import Decoding
import Schema

/// What one output of a network is a name of.
package enum LabelUnits: String, Codable, Sendable, CaseIterable {
    /// Whole words, for CTC: each label that is decided is one.
    case words
    /// Letters, a space and an apostrophe, for CTC.
    case characters
    /// Phones by the clips' alignments or a lexicon, for CTC.
    case phones
    /// One class a clip.
    case classes
    /// Speech or none, at every step, by the clips' word times.
    case speech
}

/// The outputs of a network by name, and how transcripts become targets.
package struct LabelSet: Sendable, Equatable {
    package let units: LabelUnits
    /// Steps by which the answers of ``LabelUnits/speech`` come late, for the network to have heard what follows.
    package let delay: Int
    /// Names of the outputs, in their order.
    package let names: [String]
    private let index: [String: Int]
    /// The labels by their small letters; those that differ by capitals alone have none of their own.
    private let folded: [String: [Int]]

    /// CTC's blank, the first output of such networks.
    package static let blank = "<blank>"
    /// What parts words in characters.
    package static let separator = " "
    /// What is between phones.
    static let silence = "SIL"
    /// Outputs of ``LabelUnits/speech``.
    static let speechNames = ["silence", "speech"]
    /// What alignments call what is no speech.
    private static let silentPhones: Set<String> = ["SIL", "+SPN+", "+NSN+", "SPN", "NSN", "[NOISE]", "<sil>"]

    /// Speech or none, at once.
    static let speech = LabelSet(.speech, named: speechNames, delay: 0)

    /// - Parameter listed: the words, phones or classes, in the order of the outputs; characters and speech have their
    ///   own.
    /// - Throws: ``TrainingError/recipe(key:reason:)``.
    package init(_ units: LabelUnits, listed: [String], delay: Int = 0) throws(TrainingError) {
        guard delay == 0 || units == .speech else {
            throw .recipe(key: "labels", reason: "only speech has a delay")
        }
        let takesList = units == .words || units == .phones || units == .classes
        guard takesList == !listed.isEmpty else {
            throw .recipe(
                key: "labels", reason: takesList ? "\(units) have to be listed" : "\(units) have a list of their own")
        }
        switch units {
        case .words, .phones: self.init(units, named: [Self.blank] + listed, delay: delay)
        case .characters:
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ'".map(String.init)
            self.init(units, named: [Self.blank, Self.separator] + letters, delay: delay)
        case .classes: self.init(units, named: listed, delay: delay)
        case .speech: self.init(units, named: Self.speechNames, delay: delay)
        }
        guard index.count == names.count else { throw .recipe(key: "labels", reason: "a label is there twice") }
    }

    private init(_ units: LabelUnits, named names: [String], delay: Int) {
        (self.units, self.names, self.delay) = (units, names, delay)
        index = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        folded = Dictionary(grouping: names.indices) { names[$0].lowercased() }
    }

    /// How the finished model's decoder reads them: `options` with what follows from the labels, and from how the loss
    /// pools the steps of a clip.
    /// - Throws: ``TrainingError/recipe(key:reason:)`` when they would be decoded otherwise than they are trained.
    package func decoder(_ options: DecoderOptions, pooling: SequencePooling?) throws(TrainingError) -> DecoderOptions {
        guard options.pooling == nil || options.pooling == pooling else {
            throw .recipe(key: "decoder", reason: "its pooling follows from the loss; leave it out")
        }
        var options = options
        options.pooling = pooling
        switch units {
        case .words, .phones:
            options.blank = Self.blank
            options.joinsCharacters = false
        case .characters:
            options.blank = Self.blank
            options.separator = Self.separator
        case .classes: options.kind = .framewise
        case .speech:
            options.kind = .framewise
            options.nonSpeech = [Self.speechNames[0]]
            options.delay = delay
        }
        return options
    }

    /// What the loader of clips asks.
    package var targets: TargetMaker {
        if units == .speech { return TargetMaker.speech(edge: 0).delayed(by: delay) }
        return .tokens { [self] transcript in try tokens(transcript) }
    }

    /// The label of each step by the times of the phones, `delay` steps late: the first label between them, -1 where
    /// nothing is known of the example.
    package func phonesOfSteps(delay: Int) -> TargetMaker {
        .frames { [self] transcript, centres in
            guard let phones = transcript.phones else { return centres.map { _ in -1 } }
            let silence = index[Self.silence] ?? -1
            let spoken = phones.map {
                (
                    start: $0.start, end: $0.end,
                    label: $0.word == ClipSource.unknownPhone ? -1 : token(of: $0.word) ?? silence
                )
            }
            var next = 0
            let labels = centres.map { time -> Int in
                while next < spoken.count, spoken[next].end <= time { next += 1 }
                return next < spoken.count && spoken[next].start <= time ? spoken[next].label : silence
            }
            return (Array(repeating: silence, count: delay) + labels).prefix(centres.count).map(\.self)
        }
    }

    /// The outputs that a transcript is a row of.
    /// - Throws: ``TrainingError/noTarget(clip:reason:)`` for what is no label.
    package func tokens(_ transcript: Transcript) throws(TrainingError) -> [Int] {
        func look(_ name: String, _ what: String) throws(TrainingError) -> Int {
            guard let token = self.token(of: name) else {
                throw .noTarget(
                    clip: transcript.name,
                    reason: "the \(what) \"\(excerpt(name))\" is none of the recipe's labels\(nearest(to: name)); "
                        + "add it, or let the source keep_words that are")
            }
            return token
        }
        var tokens: [Int] = []
        switch units {
        case .words: for word in transcript.text.split(separator: " ") { tokens.append(try look(String(word), "word")) }
        case .characters:
            for (number, word) in transcript.text.split(separator: " ").enumerated() {
                if number > 0 { tokens.append(try look(Self.separator, "character")) }
                for character in word { tokens.append(try look(String(character), "character")) }
            }
        case .phones:
            guard let phones = transcript.phones else {
                if transcript.text.isEmpty { return [] }
                throw .noTarget(clip: transcript.name, reason: "its phones are not known: there is no alignment of it")
            }
            for phone in phones where !Self.silentPhones.contains(phone.word) {
                tokens.append(try look(phone.word, "phone"))
            }
        case .classes: tokens.append(try look(transcript.text, "class"))
        case .speech: preconditionFailure("speech is a target of every step")
        }
        return tokens
    }
}

// MARK: capitals

extension LabelSet {
    /// The label that a name is: to the letter, or else the only one that it is but for capitals.
    private func token(of name: String) -> Int? {
        if let token = index[name] { return token }
        guard let alike = folded[name.lowercased()], alike.count == 1 else { return nil }
        return alike[0]
    }

    /// A text whose words are written as the labels are, where they are labels but for capitals.
    package func folded(_ text: String) -> String {
        text.split(separator: " ").map { word in token(of: String(word)).map { names[$0] } ?? String(word) }
            .joined(separator: " ")
    }

    /// What is said in some clips in other capitals than the labels have, and the labels that it is taken for.
    package func folds(of clips: [Clip]) -> [String: String] {
        var folds: [String: String] = [:]
        func note(_ name: String) {
            guard index[name] == nil, folds[name] == nil, let token = token(of: name) else { return }
            folds[name] = names[token]
        }
        for clip in clips {
            switch units {
            case .words: for word in clip.text.split(separator: " ") { note(String(word)) }
            case .characters: for character in clip.text { note(String(character)) }
            case .phones: for phone in clip.phones ?? [] { note(phone.word) }
            case .classes: note(clip.text)
            case .speech: break
            }
        }
        return folds
    }

    /// Which label is meant, as far as it can be guessed.
    private func nearest(to name: String) -> String {
        let listed = units == .words || units == .phones ? names.dropFirst() : units == .classes ? names[...] : []
        let alike = (folded[name.lowercased()] ?? []).map { names[$0] }
        if alike.count > 1 { return ", which differ by capitals alone: \(excerpt(list: alike))" }
        func distance(_ label: String) -> Int {
            editDistance(
                reference: Array(label.lowercased().prefix(64)), hypothesis: Array(name.lowercased().prefix(64))
            ).total
        }
        guard let nearest = listed.map({ (distance($0), $0) }).min(by: { $0.0 < $1.0 })?.1 else { return "" }
        return " (the nearest is \(excerpt(nearest)))"
    }
}

// What can be wrong with the decoder settings and the labels of a model file.

import Schema

/// A model file whose labels or decoder settings cannot be used. The message names the key and what to try.
package enum DecodingError: Error, Equatable, CustomStringConvertible {
    /// The option `key` has the value `found`; `expected` says which values are allowed.
    case badOption(key: String, found: String, expected: String)
    /// The decoder settings have a key that no version of Heard reads.
    case unknownOption(key: String)
    /// The option `key` names a label that the vocabulary does not have.
    case unknownLabel(key: String, name: String)
    /// The label at `index` is empty, or the same as an earlier one, or there is no label at all.
    case badVocabulary(index: Int, reason: String)
    /// The network's output layer and the list of labels differ in length.
    case widthMismatch(labels: Int, outputs: Int)
    /// Line `line` of a pronunciation dictionary (or entry, counted from 1) is not one.
    case badLexicon(line: Int, reason: String)
    /// These words are not in the pronunciation dictionary.
    case missingPronunciations(words: [String])
    /// A pronunciation of `word` has a unit that the model's labels do not have.
    case unknownUnit(word: String, unit: String)
    /// Line `line` of a language model is wrong; 0 is the text as a whole.
    case badLanguageModel(line: Int, reason: String)
    /// These words are not in the vocabulary of a language model.
    case wordsOutsideVocabulary(words: [String])
    /// A recurrent language model knows none of the words that the model says, of which `words` are some.
    case strangeLanguageModel(words: [String])
    /// The tokens of a model of sequences cannot be used.
    case badTokens(reason: String)

    /// What was found, where, and what to try.
    package var description: String {
        switch self {
        case .badOption(let key, let found, let expected):
            "decoder option '\(excerpt(key))' is \(excerpt(found)); use \(expected)"
        case .unknownOption(let key):
            "decoder option '\(excerpt(key))' is unknown; check its spelling against: \(DecoderOptions.keys.joined(separator: ", "))"
        case .unknownLabel(let key, let name):
            "decoder option '\(key)' names the label '\(excerpt(name))', which is not among the model's labels; "
                + "name one of them or leave the option out"
        case .badVocabulary(let index, let reason):
            "label \(index) of the model \(reason); every output needs a name of its own"
        case .widthMismatch(let labels, let outputs):
            "the model has \(labels) labels but its network has \(outputs) outputs; "
                + "give one label for each output, the blank included"
        case .badLexicon(let line, let reason):
            "the lexicon's line \(line) is wrong: \(reason); a line is a word and its units, as in 'AND(2)  AH N D'"
        case .missingPronunciations(let words):
            "the lexicon has no pronunciation of \(Self.list(words)); add a line for each"
        case .unknownUnit(let word, let unit):
            "the lexicon's word '\(excerpt(word))' has the unit '\(excerpt(unit))', which is not among the model's labels; "
                + "units are labels, to the letter"
        case .badLanguageModel(let line, let reason):
            "the language model is wrong\(line > 0 ? " in line \(line)" : ""): \(reason); it must be in the ARPA format"
        case .wordsOutsideVocabulary(let words):
            "the language model does not know \(Self.list(words)); add them or <unk> to its vocabulary"
        case .strangeLanguageModel(let words):
            "it knows none of the words that the model says: \(Self.list(words)); "
                + "train it on texts that write them as the model's labels do"
        case .badTokens(let reason): "the tokens cannot be used: \(reason)"
        }
    }

    /// The first ten of `words`, quoted, and how many more there are.
    private static func list(_ words: [String]) -> String {
        let more = words.count > 10 ? " and \(words.count - 10) more" : ""
        return words.prefix(10).map { "'\(excerpt($0))'" }.joined(separator: ", ") + more
    }
}

extension DecodingError {
    /// What is wrong with an option of the decoder.
    init(_ fault: OptionFault) {
        switch fault.problem {
        case .unknown: self = .unknownOption(key: fault.key)
        case .value(let found, _, let wanted): self = .badOption(key: fault.key, found: found, expected: wanted)
        case .missing, .noObject:
            self = .badOption(key: "decoder", found: "not an object", expected: "an object of options")
        }
    }
}

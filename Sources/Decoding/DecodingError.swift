// What can be wrong with the decoder settings and the labels of a model file.

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

    /// What was found, where, and what to try.
    package var description: String {
        switch self {
        case .badOption(let key, let found, let expected):
            "decoder option '\(key)' is \(found); use \(expected)"
        case .unknownOption(let key):
            "decoder option '\(key)' is unknown; check its spelling against: \(DecoderOptions.keys)"
        case .unknownLabel(let key, let name):
            "decoder option '\(key)' names the label '\(name)', which is not among the model's labels; "
                + "name one of them or leave the option out"
        case .badVocabulary(let index, let reason):
            "label \(index) of the model \(reason); every output needs a name of its own"
        case .widthMismatch(let labels, let outputs):
            "the model has \(labels) labels but its network has \(outputs) outputs; "
                + "give one label for each output, the blank included"
        }
    }
}

// How a network reads a token: as the one number of a step for an embedding, one-hot, or as the rows of the pieces that
// it is made of.

/// Writes tokens as the inputs of a step.
package struct TokenEncoder: Sendable, Equatable {
    package let vocabulary: TokenVocabulary
    /// How words are taken apart; nil: they are not.
    package let subwords: SubwordOptions?
    /// Values of a step: 1, as many as there are tokens, or as there are slots for pieces.
    package let inputs: Int

    /// nil when a network that takes `inputs` values cannot read these tokens.
    package init?(_ vocabulary: TokenVocabulary, subwords: SubwordOptions?, inputs: Int) {
        guard subwords.map({ inputs == $0.slots }) ?? (inputs == 1 || inputs == vocabulary.count) else { return nil }
        (self.vocabulary, self.subwords, self.inputs) = (vocabulary, subwords, inputs)
    }

    /// Rows that an embedding of these tokens has.
    package static func rows(_ vocabulary: TokenVocabulary, _ subwords: SubwordOptions?) -> Int {
        vocabulary.count + (subwords?.buckets ?? 0)
    }

    /// Writes a token to `x` [inputs]. With subwords it is its own row alone.
    package func write(_ token: Int, to x: UnsafeMutablePointer<Float>) {
        precondition(vocabulary.tokens.indices.contains(token), "a token is one of the vocabulary's")
        if subwords != nil {
            x.update(repeating: -1, count: inputs)
            x[0] = Float(token)
        } else if inputs == 1 {
            x[0] = Float(token)
        } else {
            x.update(repeating: 0, count: inputs)
            x[token] = 1
        }
    }

    /// The same of a word, or a character, as it stands in a text. Returns its place in the vocabulary.
    @discardableResult
    package func write(_ text: String, to x: UnsafeMutablePointer<Float>) -> Int {
        guard let subwords else {
            let token = vocabulary.index(of: text)
            write(token, to: x)
            return token
        }
        let rows = subwords.rows(of: text, in: vocabulary)
        x.update(repeating: -1, count: inputs)
        for (slot, row) in rows.enumerated() { x[slot] = Float(row) }
        return rows[0]
    }
}

// What a search asks of a language model whose state depends on all words before, such as a recurrent network. Decoding
// knows no networks: the one that there is stands in Pipeline/AttachedLanguageModel.swift.
//
// States are kept in places, 0 ..< count. The search says which place reads a word and where the state after it goes,
// so that the state before it is still there for other words; it gives places back and uses them again.

/// A language model of words with a state. Immutable and shared by all streams.
package protocol RecurrentLanguageModel: Sendable {
    /// The words that it knows, special tokens not among them.
    var words: [String] { get }
    /// The token of a word; ``unknown`` for one that it does not know.
    func token(of word: String) -> Int
    /// The token of all other words.
    var unknown: Int { get }
    /// The token that stands after an utterance.
    var end: Int { get }
    /// Memory for the states of one search, `count` of them.
    func makeStates(_ count: Int) -> any LanguageModelStates
}

/// The states of one search. Used by one thread at a time. Nothing allocates but in the making.
package protocol LanguageModelStates: AnyObject, Sendable {
    /// `place` becomes the state at the begin of an utterance. The log-posteriors of its first word, [tokens], which
    /// are there until the next call.
    func begin(_ place: Int) -> UnsafePointer<Float>
    /// The state at `place` reads `token`; the state after it goes to `other`, and `place` stays as it is. The
    /// log-posteriors of what comes then, as above.
    func advance(_ place: Int, by token: Int, to other: Int) -> UnsafePointer<Float>
}

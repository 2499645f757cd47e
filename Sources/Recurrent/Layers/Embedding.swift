// A table of vectors, one a token (Bengio et al. 2003): y = E[x], x the index of a token, E [tokens, size] as in
// torch.nn.Embedding. The same as a linear layer on a one-hot vector, without the product.
//
// With several slots a step has as many indices, and y is the sum of their vectors in the order of the slots, as in
// torch.nn.EmbeddingBag: a word and the pieces that it is made of (Bojanowski et al. 2017). A slot that is negative
// adds nothing.

/// The vectors of an embedding.
package final class Embedding: Sendable {
    package let size: Int
    /// Indices of a step.
    let slots: Int
    private let tokens: Int
    private let weight: AlignedFloats

    /// - Throws: ``ModelError`` when `weight` is not [tokens, size].
    package init(_ description: EmbeddingDescription, weight: Tensor) throws(ModelError) {
        guard description.tokens > 0, description.inputs > 0 else {
            throw .absurdNetwork(
                name: description.name, reason: "\(description.tokens) tokens in \(description.inputs) slots")
        }
        tokens = description.tokens
        slots = description.inputs
        size = description.size
        self.weight = AlignedFloats(try weight.values(shaped: [tokens, size]))
    }

    /// `x` [slots] to `y` [size].
    func apply(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        guard slots > 1 else {
            return y.update(from: weight.pointer + tokenIndex(x[0], of: tokens) * size, count: size)
        }
        y.update(repeating: 0, count: size)
        for slot in 0..<slots where x[slot] >= 0 {
            let row = weight.pointer + tokenIndex(x[slot], of: tokens) * size
            for i in 0..<size { y[i] += row[i] }
        }
    }
}

/// The token that a number names. What is none, is negative or beyond the table is token 0, which vocabularies keep for
/// the unknown.
func tokenIndex<Real: BinaryFloatingPoint>(_ x: Real, of tokens: Int) -> Int {
    x >= 0 && x < Real(tokens) ? Int(x) : 0
}

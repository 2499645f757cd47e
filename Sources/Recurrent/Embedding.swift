// A table of vectors, one a token (Bengio et al. 2003): y = E[x], x the index of a token, E [tokens, size] as in
// torch.nn.Embedding. The same as a linear layer on a one-hot vector, without the product.

/// The vectors of an embedding.
package final class Embedding: Sendable {
    package let size: Int
    private let tokens: Int
    private let weight: AlignedFloats

    /// - Throws: ``ModelError`` when `weight` is not [tokens, size].
    package init(_ description: EmbeddingDescription, weight: Tensor) throws(ModelError) {
        guard description.tokens > 0 else {
            throw .absurdNetwork(name: description.name, reason: "\(description.tokens) tokens")
        }
        tokens = description.tokens
        size = description.size
        self.weight = AlignedFloats(try weight.values(shaped: [tokens, size]))
    }

    /// `x` [1] to `y` [size].
    func apply(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        y.update(from: weight.pointer + tokenIndex(x[0], of: tokens) * size, count: size)
    }
}

/// The token that a number names. What is none, is negative or beyond the table is token 0, which vocabularies keep for the
/// unknown.
func tokenIndex<Real: BinaryFloatingPoint>(_ x: Real, of tokens: Int) -> Int {
    x >= 0 && x < Real(tokens) ? Int(x) : 0
}

import Decoding
import Foundation
import Testing

@Suite struct TokenSamplerTests {
    private let posteriors = [0.05, 0.4, 0.25, 0.2, 0.1]
    private var logs: [Float] { posteriors.map { Float(log($0)) } }

    private func probabilities(_ sampler: TokenSampler, _ logs: [Float]? = nil) -> [Int: Double] {
        Dictionary(uniqueKeysWithValues: sampler.distribution(logs ?? self.logs).map { ($0.token, $0.probability) })
    }

    private func isClose(_ found: [Int: Double], _ wanted: [Int: Double]) -> Bool {
        found.keys.sorted() == wanted.keys.sorted() && found.allSatisfy { abs($1 - wanted[$0]!) < 1e-6 }
    }

    @Test func plainIsThePosteriors() {
        #expect(isClose(probabilities(TokenSampler()), [0: 0.05, 1: 0.4, 2: 0.25, 3: 0.2, 4: 0.1]))
        #expect(TokenSampler().distribution(logs).map(\.token) == [1, 2, 3, 4, 0])
    }

    /// p^(1/T), made to sum to 1.
    @Test(arguments: [0.25, 0.5, 2.0, 10.0]) func temperature(_ temperature: Double) {
        let powers = posteriors.map { pow($0, 1 / temperature) }, sum = powers.reduce(0, +)
        let wanted = Dictionary(uniqueKeysWithValues: powers.enumerated().map { ($0, $1 / sum) })
        #expect(isClose(probabilities(TokenSampler(temperature: temperature)), wanted))
    }

    @Test func coldIsTheFirstBest() {
        #expect(isClose(probabilities(TokenSampler(temperature: 0)), [1: 1]))
        #expect(isClose(probabilities(TokenSampler(temperature: 0), [-2, -1, -1]), [1: 1]))
    }

    @Test func topK() {
        #expect(isClose(probabilities(TokenSampler(topK: 2)), [1: 0.4 / 0.65, 2: 0.25 / 0.65]))
        #expect(probabilities(TokenSampler(topK: 9)).count == 5)
        // Of equals the first.
        #expect(isClose(probabilities(TokenSampler(topK: 1), [-1, -1, -3]), [0: 1]))
    }

    /// The fewest that have so much: by trying all numbers of tokens.
    @Test func nucleus() {
        let sorted = [(1, 0.4), (2, 0.25), (3, 0.2), (4, 0.1), (0, 0.05)]
        for share in stride(from: 0.03, to: 1, by: 0.04) {
            let count = (1...5).first { count in sorted.prefix(count).reduce(0) { $0 + $1.1 } >= share }!
            let sum = sorted.prefix(count).reduce(0) { $0 + $1.1 }
            let wanted = Dictionary(uniqueKeysWithValues: sorted.prefix(count).map { ($0, $1 / sum) })
            #expect(isClose(probabilities(TokenSampler(topP: share)), wanted), "\(share)")
        }
        #expect(probabilities(TokenSampler(topP: 1)).count == 5)
        // Among those that top-k has left.
        #expect(probabilities(TokenSampler(topK: 2, topP: 0.7)).count == 2)
        #expect(probabilities(TokenSampler(topK: 2, topP: 0.6)).count == 1)
    }

    @Test func excludedAreNeverDrawn() {
        #expect(
            isClose(probabilities(TokenSampler(excluded: [1, 0])), [2: 0.25 / 0.55, 3: 0.2 / 0.55, 4: 0.1 / 0.55]))
        #expect(TokenSampler(excluded: [0, 1]).draw([-1, -2], chance: 0.5) == nil)
        #expect(TokenSampler().draw([-.infinity, 0, -.infinity], chance: 0.99) == 1)
    }

    /// Chances in even steps hit each token as often as its probability says.
    @Test func drawsByProbability() {
        let sampler = TokenSampler(temperature: 0.7), count = 100_000
        var hits = [Int: Int]()
        for step in 0..<count {
            hits[sampler.draw(logs, chance: (Double(step) + 0.5) / Double(count))!, default: 0] += 1
        }
        for (token, probability) in probabilities(sampler) {
            #expect(abs(Double(hits[token] ?? 0) / Double(count) - probability) < 2 / Double(count))
        }
        #expect(sampler.draw(logs, chance: 0) == 1 && sampler.draw(logs, chance: 1 - 0x1p-53) == 0)
    }
}

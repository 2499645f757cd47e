import Decoding
import Foundation
import Testing

/// A made-up model: the posteriors after a history are a function of it.
@Suite struct TokenBeamTests {
    private static func next(_ history: [Int]) -> [Float] {
        var state = UInt64(1469)
        for token in history { state = (state ^ UInt64(token + 1)) &* 0x100_0000_01b3 }
        let values = (0..<4).map { token -> Double in
            var bits = (state &+ UInt64(token)) &* 0x9E37_79B9_7F4A_7C15
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            bits ^= bits >> 31
            return Double(bits >> 40) / Double(1 << 24) * 3
        }
        let sum = values.reduce(0) { $0 + exp($1) }
        return values.map { Float($0 - log(sum)) }
    }

    private struct Outcome: Equatable {
        var tokens: [Int]
        var logProbability: Double
        var isEnded: Bool
    }

    private func search(_ beam: TokenBeam) -> [Outcome] {
        let found = beam.search(from: [Int](), logPosteriors: Self.next([])) { history, token in
            (history + [token], Self.next(history + [token]))
        }
        return found.map { Outcome(tokens: $0.tokens, logProbability: $0.logProbability, isEnded: $0.isEnded) }
    }

    /// All sequences that end by token 3 or at the length.
    private func all(_ length: Int, excluded: Set<Int> = []) -> [Outcome] {
        var done: [Outcome] = []
        func walk(_ history: [Int], _ sum: Double) {
            for token in 0..<4 where !excluded.contains(token) {
                let tokens = history + [token], value = sum + Double(Self.next(history)[token])
                if token == 3 || tokens.count == length {
                    done.append(Outcome(tokens: tokens, logProbability: value, isEnded: token == 3))
                } else {
                    walk(tokens, value)
                }
            }
        }
        walk([], 0)
        return done.sorted { $0.logProbability > $1.logProbability }
    }

    @Test func aWideBeamFindsAll() {
        let found = search(TokenBeam(width: 200, length: 4, end: 3)), wanted = all(4)
        #expect(found == wanted)
        #expect(abs(found.reduce(0) { $0 + exp($1.logProbability) } - 1) < 1e-5)
        #expect(search(TokenBeam(width: 200, length: 3, end: 3, excluded: [1])) == all(3, excluded: [1]))
    }

    /// With a length penalty the order is that of ln P / ((5 + |Y|) / 6)^α; exhaustive search finds it whole.
    @Test(arguments: [0, 0.3, 0.6, 1, 3]) func theLengthCounts(alpha: Double) {
        func score(_ outcome: Outcome) -> Double {
            outcome.logProbability / pow((5 + Double(outcome.tokens.count)) / 6, alpha)
        }
        let beam = TokenBeam(width: 200, length: 4, end: 3, lengthPenalty: alpha)
        let wanted = all(4).sorted { score($0) > score($1) }
        #expect(search(beam) == wanted)
        for outcome in wanted {
            #expect(abs(beam.score(outcome.logProbability, tokens: outcome.tokens.count) - score(outcome)) < 1e-12)
        }
        // A greater α favours the longer.
        let length = wanted.prefix(5).reduce(0) { $0 + $1.tokens.count }
        #expect(length >= all(4).prefix(5).reduce(0) { $0 + $1.tokens.count })
        // A narrow beam finds nothing better than all.
        let narrow = search(TokenBeam(width: 2, length: 4, end: 3, lengthPenalty: alpha))
        #expect(narrow.count == 2 && score(narrow[0]) <= score(wanted[0]) && narrow.allSatisfy { wanted.contains($0) })
    }

    @Test func aBeamOfOneIsGreedy() {
        var history: [Int] = []
        while history.count < 6, history.last != 3 {
            let next = Self.next(history)
            history.append(next.indices.max { next[$0] < next[$1] }!)
        }
        #expect(search(TokenBeam(width: 1, length: 6, end: 3)).map(\.tokens) == [history])
    }

    @Test func withoutAnEndTheLengthEnds() {
        let found = search(TokenBeam(width: 3, length: 5, end: nil))
        #expect(found.count == 3 && found.allSatisfy { $0.tokens.count == 5 && !$0.isEnded })
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
    }
}

import Decoding
import Foundation
import Testing

import Training

@Suite struct RandomSourceTests {
    @Test func bitsAreThoseOfSplitMix64() {
        var random = RandomSource(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func aSavedSourceGoesOn() throws {
        var random = RandomSource(seed: 5, stream: "a", 1, 2)
        _ = random.normal()
        var again = try JSONDecoder().decode(RandomSource.self, from: JSONEncoder().encode(random))
        #expect((0..<10).map { _ in random.next() } == (0..<10).map { _ in again.next() })
    }

    @Test func streamsDiffer() {
        let streams = [
            RandomSource(seed: 1, stream: "a", 1, 2), RandomSource(seed: 1, stream: "a", 2, 1),
            RandomSource(seed: 1, stream: "b", 1, 2), RandomSource(seed: 2, stream: "a", 1, 2),
            RandomSource(seed: 1, stream: "a"), RandomSource(seed: 1, stream: "a", 1), RandomSource(seed: 1),
        ]
        #expect(Set(streams.map(\.state)).count == streams.count)
    }

    @Test func numbersHaveTheirDistributions() {
        var random = RandomSource(seed: 3)
        let normal = (0..<40_000).map { _ in random.normal() }
        let mean = normal.reduce(0, +) / 40_000, variance = normal.reduce(0) { $0 + $1 * $1 } / 40_000
        #expect(abs(mean) < 0.02 && abs(variance - 1) < 0.03)
        let dice = (0..<60_000).map { _ in random.uniform(in: 1..<7) }
        #expect((1...6).allSatisfy { side in abs(dice.filter { $0 == side }.count - 10_000) < 400 })
        #expect((0..<1000).allSatisfy { _ in (2.0...3.0).contains(random.uniform(in: 2...3)) })
        var cards = Array(0..<100)
        random.shuffle(&cards)
        #expect(cards != Array(0..<100) && cards.sorted() == Array(0..<100))
    }
}

import Decoding
import Foundation
import Testing

@Suite struct SubwordTests {
    private let vocabulary: TokenVocabulary
    init() throws {
        vocabulary = try TokenVocabulary(text: "teddy bear bears", TokenOptions(units: .words, lowerCase: true))
    }

    @Test func aWordIsItsTokenAndItsPieces() {
        let options = SubwordOptions(buckets: 1 << 20, longest: 4, slots: 40)
        let rows = options.rows(of: "Teddy", in: vocabulary)
        #expect(rows[0] == vocabulary.index(of: "teddy") && rows[0] > 2)
        // Its shape, four beginnings and four ends, three runs of three letters.
        #expect(rows.count == 1 + 1 + 8 + 3)
        #expect(rows.dropFirst().allSatisfy { (vocabulary.count..<vocabulary.count + options.buckets).contains($0) })
        #expect(rows == options.rows(of: "Teddy", in: vocabulary))
        // Case is in the shape alone.
        let lower = options.rows(of: "teddy", in: vocabulary)
        #expect(zip(rows, lower).count { $0 != $1 } == 1 && rows[1] != lower[1])
        // Words that are new share pieces with those that are known.
        let new = options.rows(of: "Freddy", in: vocabulary)
        #expect(new[0] == TokenVocabulary.unknown && Set(new).intersection(rows).count >= 5)
        #expect(options.rows(of: "Ab-12", in: vocabulary)[1] != options.rows(of: "ab-12", in: vocabulary)[1])
        #expect(options.rows(of: "Abc-12", in: vocabulary)[1] == options.rows(of: "Xy-9", in: vocabulary)[1])
    }

    @Test func rowsEndAtTheSlots() {
        for slots in [2, 5, 24] {
            let options = SubwordOptions(buckets: 10, longest: 4, slots: slots)
            #expect(options.rows(of: "internationalisation", in: vocabulary).count == slots)
            #expect(options.rows(of: "a", in: vocabulary).count == min(slots, 4))
        }
    }

    @Test(arguments: [#"{"buckets": 0}"#, #"{"slots": 1}"#, #"{"longest": 17}"#, #"{"buckets": 5000000}"#])
    func badOptionsAreRefused(json: String) {
        #expect(throws: Swift.DecodingError.self) {
            try JSONDecoder().decode(SubwordOptions.self, from: Data(json.utf8))
        }
    }

    @Test func encodersWriteWhatNetworksRead() throws {
        func row(_ encoder: TokenEncoder?, _ word: String) throws -> [Float] {
            let encoder = try #require(encoder)
            var row = [Float](repeating: 9, count: encoder.inputs)
            row.withUnsafeMutableBufferPointer { _ = encoder.write(word, to: $0.baseAddress!) }
            return row
        }
        let bear = vocabulary.index(of: "BEAR"), count = vocabulary.count
        #expect(try row(TokenEncoder(vocabulary, subwords: nil, inputs: 1), "bear") == [Float(bear)])
        #expect(
            try row(TokenEncoder(vocabulary, subwords: nil, inputs: count), "bear")
                == (0..<count).map { $0 == bear ? 1 : 0 })
        let options = SubwordOptions(buckets: 100, longest: 2, slots: 12)
        let found = try row(TokenEncoder(vocabulary, subwords: options, inputs: 12), "bear")
        let rows = options.rows(of: "bear", in: vocabulary)
        #expect(found == rows.map(Float.init) + Array(repeating: -1, count: 12 - rows.count))
        #expect(TokenEncoder(vocabulary, subwords: options, inputs: 11) == nil)
        #expect(TokenEncoder(vocabulary, subwords: nil, inputs: 2) == nil)
    }
}

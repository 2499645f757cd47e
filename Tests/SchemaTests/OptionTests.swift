import Foundation
import Schema
import Testing

/// Options of every form that a row can have.
private struct Sample: Options, Equatable {
    enum Colour: String, Codable, CaseIterable { case red, green }
    struct Inner: Options, Equatable {
        var depth = 1
        static let subject = "the inner options"
        static let rows: [OptionRow<Self>] = [.init("depth", \.depth, "1 to 9", (1...9).contains)]
    }

    var count = 3
    var rate = 0.5
    var name: String?
    var colour = Colour.red
    var span = 1...2
    var words: [String]?
    var inner = Inner()
    var place = ""

    static let subject = "a sample"
    static let rows: [OptionRow<Self>] = [
        .init("count", \.count, "1 to 5", (1...5).contains),
        .init("rate", \.rate),
        .init("name", \.name),
        .init("colour", \.colour),
        .init("span", \.span, "0 to 9", within: 0...9),
        .init("words", \.words),
        .init("inner", \.inner),
        .init("place", \.place, "a path").required,
    ]
}

@Suite struct OptionTests {
    private func read(_ json: String) throws -> Sample {
        try JSONDecoder().decode(Sample.self, from: Data(json.utf8))
    }

    private func refusal(_ json: String) -> String {
        switch #expect(throws: DecodingError.self, performing: { try read(json) }) {
        case .dataCorrupted(let context)?, .keyNotFound(_, let context)?:
            (context.codingPath.map(\.stringValue) + [context.debugDescription]).joined(separator: " | ")
        case let error: "\(String(describing: error))"
        }
    }

    @Test func whatIsNotSaidKeepsItsDefault() throws {
        var expected = Sample()
        expected.place = "a"
        #expect(try read(#"{"place": "a"}"#) == expected)
        #expect(try read(#"{"place": "a", "count": null, "name": null}"#) == expected)
        (expected.count, expected.name, expected.colour) = (5, "b", .green)
        (expected.span, expected.words, expected.inner.depth) = (4...4, ["c"], 2)
        let said = #"{"place":"a","count":5,"name":"b","colour":"green","span":4,"words":["c"],"inner":{"depth":2}}"#
        #expect(try read(said) == expected)
    }

    @Test func everyOptionIsWrittenUnlessItIsAbsent() throws {
        var sample = Sample()
        sample.place = "a"
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(sample), as: UTF8.self)
        #expect(
            json == #"{"colour":"red","count":3,"inner":{"depth":1},"place":"a","rate":0.5,"span":[1,2]}"#)
        #expect(try read(json) == sample)
    }

    @Test(arguments: [
        (#"{"count": 6, "place": "a"}"#, #"count | "count" of a sample is 6; use 1 to 5"#),
        (#"{"count": "six", "place": "a"}"#, #"count | "count" of a sample is "six"; use 1 to 5"#),
        (#"{"count": [], "place": "a"}"#, #"count | "count" of a sample is of another type; use 1 to 5"#),
        (#"{"rate": true, "place": "a"}"#, #"rate | "rate" of a sample is of another type; use a number"#),
        (#"{"colour": "blue", "place": "a"}"#, #"colour | "colour" of a sample is "blue"; use one of red, green"#),
        (#"{"span": [3, 1], "place": "a"}"#, #"span | "span" of a sample is [3, 1]; use [low, high], 0 to 9"#),
        (#"{"span": [3, 11], "place": "a"}"#, #"span | "span" of a sample is [3, 11]; use [low, high], 0 to 9"#),
        (#"{"words": [1], "place": "a"}"#, #"words | "words" of a sample is of another type; use a list of texts"#),
        (#"{"inner": {"depth": 0}}"#, #"inner | depth | "depth" of the inner options is 0; use 1 to 9"#),
        (#"{"inner": {"dept": 1}}"#, #"inner | dept | the inner options has no "dept"; it has depth"#),
        (#"{"inner": 1}"#, "inner | the inner options has to be an object: keys, each with its value"),
        (#"{}"#, #""place" of a sample is missing; use a path"#),
        (
            #"{"coutn": 1}"#,
            #"coutn | a sample has no "coutn"; it has count, rate, name, colour, span, words, inner, place"#
        ),
    ]) func whatIsWrongIsASentence(json: String, sentence: String) { #expect(refusal(json) == sentence) }

    private enum Kind: String, OptionKind {
        case plain, deep
        static let subject = "a thing"
    }

    private struct Thing: Decodable {
        var inner: Sample.Inner
        init(from decoder: any Decoder) throws {
            let kind = try Kind(from: decoder)
            inner = try kind.read(Sample.Inner(depth: kind == .deep ? 9 : 1), from: decoder)
        }
    }

    @Test func aTypeDecidesTheDefaults() throws {
        func depth(_ json: String) throws -> Int {
            try JSONDecoder().decode(Thing.self, from: Data(json.utf8)).inner.depth
        }
        #expect(try depth(#"{"type": "deep"}"#) == 9 && depth(#"{"type": "plain", "depth": 4}"#) == 4)
        for (json, part) in [
            (#"{}"#, #"a thing needs a "type", one of plain, deep"#), (#"{"type": "odd"}"#, #"deep; not "odd""#),
            (#"{"type": "deep", "dept": 1}"#, #"a thing of type deep has no "dept"; it has type, depth"#),
        ] {
            let error = #expect(throws: DecodingError.self) { try depth(json) }
            #expect("\(error!)".contains(part.replacing("\"", with: "\\\"")) || "\(error!)".contains(part))
        }
    }
}

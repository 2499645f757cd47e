// How a stream of vectors is written, as a model file or a recipe says it.

import Schema

/// What the vectors of a stream are.
package struct VectorOptions: Equatable {
    /// What the numbers of one step say.
    package enum Encoding: String, Codable, Sendable, CaseIterable {
        /// A number for each value.
        case dense
        /// The places of the values that are 1, counted from `first`; all others are 0: keys that sound, words that are
        /// there.
        case indices
    }

    /// Values of one step.
    package var width: Int
    package var encoding = Encoding.dense
    /// `indices`: what the first value is called. 21 for the 88 keys of a piano by their MIDI numbers.
    package var first = 0
    /// Steps in a second; 1 where a step is no time.
    package var rate = 1.0

    package init(width: Int, encoding: Encoding = .dense, first: Int = 0, rate: Double = 1) {
        self.width = width
        self.encoding = encoding
        self.first = first
        self.rate = rate
    }

    /// - Throws: ``FeatureError/badOption(key:found:wanted:)``.
    package func validate() throws(FeatureError) {
        func require(_ key: String, _ value: some Any, _ isGood: Bool, _ wanted: String) throws(FeatureError) {
            guard isGood else { throw .badOption(key: key, found: "\(value)", wanted: wanted) }
        }
        try require("width", width, (1...1_000_000).contains(width), "1 to 1000000 values")
        try require("first", first, (-1_000_000...1_000_000).contains(first), "-1000000 to 1000000")
        try require("rate", rate, rate > 0 && rate <= 1_000_000, "steps in a second, above 0, at most 1000000")
    }

    /// `indices`: the places that there are.
    var places: Range<Int> { first..<first + width }
}

extension VectorOptions: FeatureOptions {
    package init() { self.init(width: 0) }

    package static let rows: [OptionRow<Self>] = [
        .init("width", \.width, "1 to 1000000 values").required,
        .init("encoding", \.encoding),
        .init("first", \.first),
        .init("rate", \.rate),
    ]

    package init(from decoder: any Decoder) throws {
        self = try Self().overlaid(by: decoder)
        try validate()
    }
}

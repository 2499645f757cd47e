// The values of one step, from the numbers that stand for it: written as they come, so that nothing is kept of them.

/// Writes one step, or only checks it.
struct VectorRow {
    private let options: VectorOptions
    private let line: Int
    /// [width]; nil where numbers are only checked.
    private let values: UnsafeMutableBufferPointer<Float>?
    /// Numbers so far.
    private(set) var count = 0

    init(_ options: VectorOptions, line: Int, into values: UnsafeMutableBufferPointer<Float>? = nil) {
        (self.options, self.line, self.values) = (options, line, values)
        if options.encoding == .indices { values?.update(repeating: 0) }
    }

    /// - Throws: ``VectorError`` for what is no value, or no place.
    mutating func add(_ number: Double) throws(VectorError) {
        count += 1
        // A Double may be finite, and no Float.
        guard Float(number).isFinite || options.encoding == .indices && number.isFinite else {
            throw .notFinite(line: line, column: count)
        }
        switch options.encoding {
        case .dense: if count <= options.width { values?[count - 1] = Float(number) }
        case .indices:
            guard number == number.rounded() else {
                throw .notVectors(line: line, found: "\(number) is no whole number, and places are")
            }
            let places = options.places
            guard let place = Int(exactly: number), places.contains(place) else {
                throw .badIndex(line: line, index: number, first: options.first, width: options.width)
            }
            values?[place - places.lowerBound] = 1
        }
    }

    /// No more numbers come.
    /// - Throws: ``VectorError/wrongWidth(line:expected:found:)``.
    func finish() throws(VectorError) {
        guard options.encoding == .indices || count == options.width else {
            throw .wrongWidth(line: line, expected: options.width, found: count)
        }
    }
}

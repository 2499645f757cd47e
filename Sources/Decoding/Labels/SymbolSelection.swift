// The symbols of a step that are worth following: the `limit` most probable ones, none less probable than e^-threshold
// of the best. Blank and non-speech symbols are no text: they part repeats, all alike, so they count as one blank whose
// posterior is their sum.

/// Picks the symbols of each step.
struct SymbolSelection: Sendable {
    private let limit: Int
    private let threshold: Float
    private let blank: Int
    /// Outputs that count as the blank too.
    private let silent: [Int]
    /// Whether an output may be followed, [N].
    private let isFollowed: [Bool]

    /// log-posterior of the blank.
    private(set) var blankLog: Float = 0
    /// The symbols to follow, most probable first; ties in the order of their indices.
    private(set) var symbols: [Int32] = []
    /// The most probable of all outputs, the lowest if there are several; the blank if the step is not valid.
    private(set) var best = 0

    /// `silent` are outputs beside `blank` that are no text and no separator.
    init(limit: Int, threshold: Float, blank: Int, silent: [Int], width: Int) {
        self.limit = limit
        self.threshold = threshold
        self.blank = blank
        self.silent = silent
        isFollowed = (0..<width).map { $0 != blank && !silent.contains($0) }
        symbols.reserveCapacity(limit + 1)
    }

    /// Selects from the log-posteriors of one step, [N]. False if one is NaN or all are zero: such a step is a blank.
    mutating func select(_ logPosteriors: UnsafeBufferPointer<Float>) -> Bool {
        symbols.removeAll(keepingCapacity: true)
        best = 0
        var sum: Float = 0
        for index in logPosteriors.indices {
            let value = logPosteriors[index]
            // Is NaN if a value is, or if there are both infinities.
            sum += value
            if value > logPosteriors[best] { best = index }
        }
        let largest = logPosteriors[best]
        guard !sum.isNaN || !logPosteriors.contains(where: \.isNaN), largest > -.infinity else {
            best = blank
            return false
        }
        blankLog = min(0, logPosteriors[blank])
        for index in silent { blankLog = Float(logAdd(Double(blankLog), Double(min(0, logPosteriors[index])))) }
        var floor = min(0, largest) - threshold
        for index in logPosteriors.indices where logPosteriors[index] >= floor && isFollowed[index] {
            insert(Int32(index), logPosteriors)
            if symbols.count == limit { floor = max(floor, logPosteriors[Int(symbols[limit - 1])].nextUp) }
        }
        return true
    }

    private mutating func insert(_ symbol: Int32, _ logPosteriors: UnsafeBufferPointer<Float>) {
        let value = logPosteriors[Int(symbol)]
        if symbols.count == limit { symbols.removeLast() }
        var place = symbols.count
        symbols.append(symbol)
        while place > 0, logPosteriors[Int(symbols[place - 1])] < value {
            symbols[place] = symbols[place - 1]
            place -= 1
        }
        symbols[place] = symbol
    }
}

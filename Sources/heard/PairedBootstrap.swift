// Whether two readings of the same recordings differ in their error rate by more than chance: recordings are drawn with
// replacement, as many as there are, again and again; the 2.5th and 97.5th percentile of the difference of both rates is its
// interval (Bisani and Ney, ICASSP 2004). Both rates of a draw are of the same recordings, so what is hard for both cancels.

/// Errors of two readings, by recording.
struct PairedErrors {
    /// Errors of either reading, and how many words (or labels) the recording has.
    private var recordings: [(first: Int, second: Int, units: Int)] = []

    mutating func add(first: Int, second: Int, units: Int) { recordings.append((first, second, units)) }

    /// Words or labels in all.
    var units: Int { recordings.reduce(0) { $0 + $1.units } }
    var firstRate: Double { Double(recordings.reduce(0) { $0 + $1.first }) / Double(max(units, 1)) }
    var secondRate: Double { Double(recordings.reduce(0) { $0 + $1.second }) / Double(max(units, 1)) }

    /// The 95 % interval of ``firstRate`` less ``secondRate``; the same in every run.
    func interval(draws: Int = 10_000) -> ClosedRange<Double> {
        guard !recordings.isEmpty else { return 0...0 }
        var random = SeededRandom(seed: 1)
        let differences = (0..<draws).map { _ -> Double in
            var errors = 0, units = 0
            for _ in recordings.indices {
                let recording = recordings[Int.random(in: recordings.indices, using: &random)]
                errors += recording.first - recording.second
                units += recording.units
            }
            return Double(errors) / Double(max(units, 1))
        }.sorted()
        return differences[draws / 40]...differences[draws - 1 - draws / 40]
    }
}

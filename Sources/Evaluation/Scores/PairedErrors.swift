// Whether two readings of the same recordings differ in their error rate by more than chance: groups of recordings are
// drawn as Bootstrap.swift says, and the difference of both rates is taken in each draw. Both rates of a draw are of
// the same recordings, so what is hard for both cancels (Bisani and Ney, ICASSP 2004).

/// Errors of two readings, by group: what is drawn together.
package struct PairedErrors: Sendable {
    private var groups: [(first: Double, second: Double, units: Int)] = []

    package init() {}

    /// The errors that `count` finds in two readings of the same recordings, [recordings] each, by speaker where there
    /// are speakers.
    package init(first: [Recognition], second: [Recognition], count: (Recognition) -> ErrorCount) {
        precondition(first.count == second.count, "both readings are of the same recordings")
        func errors(_ recognitions: [Recognition]) -> ErrorCount {
            recognitions.reduce(into: .init()) { $0 += count($1) }
        }
        for (first, second) in zip(first.groups, second.groups) {
            let errorsSecond = errors(second.recognitions)
            add(first: errors(first.recognitions).total, second: errorsSecond.total, units: errorsSecond.units)
        }
    }

    /// Adds a group, a recording or all of one speaker: the errors of either reading, or its nats, and how many units,
    /// words or labels, it has.
    package mutating func add(first: Double, second: Double, units: Int) { groups.append((first, second, units)) }

    /// The same of errors, which are counted.
    package mutating func add(first: Int, second: Int, units: Int) {
        add(first: Double(first), second: Double(second), units: units)
    }

    /// Units in all.
    package var units: Int { groups.reduce(0) { $0 + $1.units } }
    package var firstRate: Double { groups.reduce(0) { $0 + $1.first } / Double(max(units, 1)) }
    package var secondRate: Double { groups.reduce(0) { $0 + $1.second } / Double(max(units, 1)) }
    /// ``firstRate`` less ``secondRate``.
    package var difference: Double {
        groups.reduce(0) { $0 + $1.first - $1.second } / Double(max(units, 1))
    }

    /// The 95 % interval of ``difference``; the same in every run. nil with fewer than two groups, or without units.
    package func interval(_ bootstrap: Bootstrap = Bootstrap()) -> Interval? {
        bootstrap.interval(groups: groups.count) { counts in
            var errors = 0.0, units = 0
            for (group, count) in zip(groups, counts) {
                errors += Double(count) * (group.first - group.second)
                units += count * group.units
            }
            return units == 0 ? nil : errors / Double(units)
        }
    }
}

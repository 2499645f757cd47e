// Two readings of the same utterance, aligned: which online labels the offline reading keeps, changes, removes, adds.
//
// Levenshtein's edit distance by dynamic programming, O(n m): a pair of equal texts costs 0, a pair of different
// texts 1, an unpaired label 1. Among the alignments of least cost, the one whose pairs overlap most in time (sum of
// samples that both labels of a pair share). What is still equal is settled by: a pair before a removal before an
// addition, read from the end.

/// What the offline reading says about one label.
package enum Revision: Sendable, Equatable {
    /// Both readings have the same text.
    case kept(online: Label, offline: Label)
    /// The offline reading has another text in its place.
    case changed(online: Label, offline: Label)
    /// Only the online reading has it.
    case removed(online: Label)
    /// Only the offline reading has it.
    case added(offline: Label)
}

/// The revisions that lead from `online` to `offline`, in order. Every label of both is in exactly one of them.
package func align(online: [Label], offline: [Label]) -> [Revision] {
    let moves = cheapestMoves(
        online.count, offline.count,
        isEqual: { online[$0].text == offline[$1].text },
        overlap: { max(0, min(online[$0].end, offline[$1].end) - max(online[$0].start, offline[$1].start)) })
    return moves.map { move in
        switch move {
        case .pair(let i, let j):
            online[i].text == offline[j].text
                ? .kept(online: online[i], offline: offline[j]) : .changed(online: online[i], offline: offline[j])
        case .first(let i): .removed(online: online[i])
        case .second(let j): .added(offline: offline[j])
        }
    }
}

/// How many edits lead from a reference to a hypothesis. Their total is the Levenshtein distance.
package struct EditCounts: Sendable, Equatable {
    /// Elements of the reference that became another.
    package var substitutions = 0
    /// Elements of the reference that are missing in the hypothesis.
    package var deletions = 0
    /// Elements of the hypothesis that are not in the reference.
    package var insertions = 0
    /// All edits.
    package var total: Int { substitutions + deletions + insertions }

    /// No edits.
    package init() {}
}

/// Counts the edits of one cheapest way from `reference` to `hypothesis`, each edit costing 1. Where several are
/// cheapest the split into kinds is that of the path with pairs before deletions before insertions, from the end.
package func editDistance<Element: Equatable>(reference: [Element], hypothesis: [Element]) -> EditCounts {
    let moves = cheapestMoves(
        reference.count, hypothesis.count, isEqual: { reference[$0] == hypothesis[$1] }, overlap: { _, _ in 0 })
    return moves.reduce(into: EditCounts()) { counts, move in
        switch move {
        case .pair(let i, let j): counts.substitutions += reference[i] == hypothesis[j] ? 0 : 1
        case .first: counts.deletions += 1
        case .second: counts.insertions += 1
        }
    }
}

/// One step of an alignment of two sequences, by index.
private enum Move {
    case pair(Int, Int)
    case first(Int)
    case second(Int)
}

/// Cost of an alignment: fewer edits are better, then more overlap.
private struct Cost {
    var edits: Int
    var overlap: Int

    func plus(edits: Int, overlap: Int = 0) -> Cost { Cost(edits: self.edits + edits, overlap: self.overlap + overlap) }

    func isWorse(than other: Cost) -> Bool { (edits, -overlap) > (other.edits, -other.overlap) }
}

/// The cheapest alignment of `0 ..< n` with `0 ..< m`.
private func cheapestMoves(
    _ n: Int, _ m: Int, isEqual: (Int, Int) -> Bool, overlap: (Int, Int) -> Int
) -> [Move] {
    // costs[i * (m + 1) + j] is the least cost of aligning the first i with the first j; last[...] is its last move.
    var costs = Array(repeating: Cost(edits: 0, overlap: 0), count: (n + 1) * (m + 1))
    var last = [Move?](repeating: nil, count: costs.count)
    for i in 0...n {
        for j in 0...m where i + j > 0 {
            let cell = i * (m + 1) + j
            var options: (Cost, Move)?
            func offer(_ cost: Cost, _ move: Move) {
                if options.map({ $0.0.isWorse(than: cost) }) ?? true { options = (cost, move) }
            }
            if i > 0 && j > 0 {
                let edits = isEqual(i - 1, j - 1) ? 0 : 1
                offer(
                    costs[cell - m - 2].plus(edits: edits, overlap: overlap(i - 1, j - 1)), .pair(i - 1, j - 1))
            }
            if i > 0 { offer(costs[cell - m - 1].plus(edits: 1), .first(i - 1)) }
            if j > 0 { offer(costs[cell - 1].plus(edits: 1), .second(j - 1)) }
            if let (cost, move) = options { (costs[cell], last[cell]) = (cost, move) }
        }
    }
    var moves: [Move] = []
    var (i, j) = (n, m)
    while let move = last[i * (m + 1) + j] {
        moves.append(move)
        switch move {
        case .pair: (i, j) = (i - 1, j - 1)
        case .first: i -= 1
        case .second: j -= 1
        }
    }
    return moves.reversed()
}

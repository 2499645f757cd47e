// Alignment against all alignments of short sequences, and on hand-made readings.

import Decoding
import Testing

private func label(_ text: String, _ start: Int, _ end: Int) -> Label {
    Label(text: text, start: start, end: end, confidence: 1, decided: end)
}

/// Edits and overlap of an alignment.
private func cost(_ revisions: [Revision]) -> (edits: Int, overlap: Int) {
    revisions.reduce(into: (0, 0)) { cost, revision in
        switch revision {
        case .kept(let a, let b): cost.1 += max(0, min(a.end, b.end) - max(a.start, b.start))
        case .changed(let a, let b):
            cost.0 += 1
            cost.1 += max(0, min(a.end, b.end) - max(a.start, b.start))
        case .removed, .added: cost.0 += 1
        }
    }
}

/// Every alignment, by recursion.
private func allAlignments(_ online: ArraySlice<Label>, _ offline: ArraySlice<Label>) -> [[Revision]] {
    if online.isEmpty && offline.isEmpty { return [[]] }
    var all: [[Revision]] = []
    if let a = online.first, let b = offline.first {
        let pair = a.text == b.text ? Revision.kept(online: a, offline: b) : .changed(online: a, offline: b)
        all += allAlignments(online.dropFirst(), offline.dropFirst()).map { [pair] + $0 }
    }
    if let a = online.first { all += allAlignments(online.dropFirst(), offline).map { [.removed(online: a)] + $0 } }
    if let b = offline.first { all += allAlignments(online, offline.dropFirst()).map { [.added(offline: b)] + $0 } }
    return all
}

@Suite struct AlignmentTests {
    @Test func isTheCheapestOfAllAlignments() {
        var generator = SeededGenerator(state: 9)
        func reading() -> [Label] {
            var time = 0
            return (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                let start = time + Int.random(in: 0...30, using: &generator)
                time = start + Int.random(in: 1...40, using: &generator)
                return label(["a", "b", "c"].randomElement(using: &generator)!, start, time)
            }
        }
        for _ in 0..<400 {
            let (online, offline) = (reading(), reading())
            let found = align(online: online, offline: offline)
            let best = allAlignments(online[...], offline[...]).map(cost).min {
                ($0.edits, -$0.overlap) < ($1.edits, -$1.overlap)
            }!
            #expect(cost(found) == best)
            #expect(allAlignments(online[...], offline[...]).contains(found))
        }
    }

    @Test func timeDecidesWhichOfTwoEqualLabelsWasRemoved() {
        let two = [label("a", 0, 10), label("a", 50, 60)]
        let late = label("a", 48, 59)
        #expect(
            align(online: two, offline: [late]) == [.removed(online: two[0]), .kept(online: two[1], offline: late)])
        let early = label("a", 1, 9)
        #expect(
            align(online: two, offline: [early]) == [.kept(online: two[0], offline: early), .removed(online: two[1])])
    }

    @Test func timeDecidesWhichLabelWasChanged() {
        let (x, y, z) = (label("x", 0, 10), label("y", 20, 30), label("z", 19, 31))
        #expect(align(online: [x, y], offline: [z]) == [.removed(online: x), .changed(online: y, offline: z)])
        #expect(align(online: [z], offline: [x, y]) == [.added(offline: x), .changed(online: z, offline: y)])
    }

    @Test func emptyReadings() {
        let a = label("a", 0, 1)
        #expect(align(online: [], offline: []) == [])
        #expect(align(online: [a], offline: []) == [.removed(online: a)])
        #expect(align(online: [], offline: [a]) == [.added(offline: a)])
    }

    @Test(arguments: [
        ("", "", 0, 0, 0), ("abc", "abc", 0, 0, 0), ("abc", "axc", 1, 0, 0), ("abc", "ac", 0, 1, 0),
        ("ac", "abc", 0, 0, 1), ("abc", "", 0, 3, 0), ("", "ab", 0, 0, 2), ("kitten", "sitting", 2, 0, 1),
        ("ab", "ba", 2, 0, 0),
    ])
    func countsEdits(reference: String, hypothesis: String, substitutions: Int, deletions: Int, insertions: Int) {
        let counts = editDistance(reference: Array(reference), hypothesis: Array(hypothesis))
        #expect(counts.substitutions == substitutions)
        #expect(counts.deletions == deletions)
        #expect(counts.insertions == insertions)
        #expect(counts.total == substitutions + deletions + insertions)
    }
}

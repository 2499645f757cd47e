// Finds the candidate that is the same hypothesis: open addressing by linear probing, as simple as hash tables get.

/// Places of candidates in their array, by history, token, place in the tree and last symbol.
struct CandidateIndex: Sendable {
    private var slots: [Int32]
    private var count = 0

    /// An index that need not grow before there are more than `capacity` candidates.
    init(capacity: Int) {
        var size = 64
        while size < 2 * capacity { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    mutating func clear() {
        guard count > 0 else { return }
        for slot in slots.indices { slots[slot] = -1 }
        count = 0
    }

    /// The candidate that is the same hypothesis as `hypothesis`, or nil.
    func find(_ hypothesis: PrefixBeam.Hypothesis, in candidates: [PrefixBeam.Hypothesis]) -> Int? {
        var slot = Self.hash(hypothesis) & (slots.count - 1)
        while slots[slot] >= 0 {
            let candidate = Int(slots[slot])
            if Self.areSame(candidates[candidate], hypothesis) { return candidate }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds the candidate at `place`; there must be room.
    mutating func insert(_ place: Int, of hypothesis: PrefixBeam.Hypothesis) {
        var slot = Self.hash(hypothesis) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(place)
        count += 1
    }

    /// Whether the index must grow before another candidate.
    var isFull: Bool { 2 * count >= slots.count }

    /// Twice the slots.
    mutating func grow(with candidates: [PrefixBeam.Hypothesis]) {
        self = CandidateIndex(capacity: slots.count)
        for (place, candidate) in candidates.enumerated() { insert(place, of: candidate) }
    }

    private static func areSame(_ a: PrefixBeam.Hypothesis, _ b: PrefixBeam.Hypothesis) -> Bool {
        a.history == b.history && a.token == b.token && a.node == b.node && a.last == b.last
    }

    private static func hash(_ hypothesis: PrefixBeam.Hypothesis) -> Int {
        var value = UInt64(truncatingIfNeeded: hypothesis.history) &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ UInt64(truncatingIfNeeded: hypothesis.token)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ UInt64(truncatingIfNeeded: hypothesis.node)) &* 0x94D0_49BB_1331_11EB
        value = (value ^ UInt64(truncatingIfNeeded: hypothesis.last)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: value >> 32)
    }
}

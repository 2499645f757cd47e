// Time derivatives by regression over w frames on either side (Kaldi add-deltas, HTK):
//   d[t] = Σ_{n=-w}^{w} n x[t+n] / Σ_{n=-w}^{w} n²
// and the second order is d of d: as in Kaldi its weights are those of the first convolved with themselves, over 2w
// frames on either side of x, and x[t] before the first and after the last frame is the first and the last. (HTK
// replicates d at the edges instead: it differs in the first and last w frames of the second order only.)
// A frame is known once order * w later frames are, or the utterance has ended. Weights are made in Double.

/// A ring of static frames [S] that gives frames with deltas [S * (order + 1)]: static, then first order, then second.
struct DeltaWindow: ~Copyable, Sendable {
    /// Later frames needed before a frame is known.
    let lookahead: Int
    private let features: Int
    private let order: Int
    /// [2 * lookahead + 1, features]; frame t lies in row t modulo that.
    private let ring: FloatBuffer
    /// weights[k] belongs to order k, [-k w … k w].
    private let weights: [[Float]]
    private var pushed = 0
    private var popped = 0
    private(set) var isFinished = false

    /// A window over frames of `features` floats.
    init(_ deltas: FrontEnd.Deltas, features: Int) {
        self.features = features
        order = deltas.order
        lookahead = deltas.order * deltas.window
        ring = FloatBuffer(count: (2 * lookahead + 1) * features)
        weights = Self.weights(order: deltas.order, window: deltas.window)
    }

    /// weights[k][j + k w] multiplies x[t + j] in order k.
    static func weights(order: Int, window: Int) -> [[Float]] {
        let norm = (-window...window).reduce(0.0) { $0 + Double($1 * $1) }
        var rows: [[Double]] = [[1]]
        for k in 0..<order {
            var next = [Double](repeating: 0, count: rows[k].count + 2 * window)
            for (i, weight) in rows[k].enumerated() {
                for n in -window...window { next[i + n + window] += weight * Double(n) / norm }
            }
            rows.append(next)
        }
        return rows.map { $0.map(Float.init) }
    }

    /// Whether `pop` has a frame to give. While it has, nothing may be pushed.
    var hasFrame: Bool { popped < pushed && (isFinished || pushed > popped + lookahead) }

    /// Makes room for the next static frame and returns where to write it: [features].
    mutating func push() -> UnsafeMutablePointer<Float> {
        precondition(!hasFrame && !isFinished, "take the frames that are ready before pushing another")
        pushed += 1
        return row(pushed - 1)
    }

    /// No more static frames will come: the last ones become known.
    mutating func finish() { isFinished = true }

    /// Writes the oldest frame not yet given: [features * (order + 1)].
    mutating func pop(into frame: UnsafeMutablePointer<Float>) {
        precondition(hasFrame, "no frame is ready")
        frame.update(from: row(popped), count: features)
        for k in 1..<order + 1 {
            let sum = frame + k * features
            sum.update(repeating: 0, count: features)
            let reach = weights[k].count / 2
            for j in -reach...reach {
                let x = row(min(max(popped + j, 0), pushed - 1))
                let weight = weights[k][j + reach]
                for i in 0..<features { sum[i] += weight * x[i] }
            }
        }
        popped += 1
    }

    /// Ready for a new utterance.
    mutating func reset() {
        pushed = 0
        popped = 0
        isFinished = false
    }

    private func row(_ t: Int) -> UnsafeMutablePointer<Float> {
        ring.start + (t % (2 * lookahead + 1)) * features
    }
}

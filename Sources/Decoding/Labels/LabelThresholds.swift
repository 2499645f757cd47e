// The least confidence of a label that is emitted.

/// One threshold for all labels, and those that some have of their own.
struct LabelThresholds: Sendable {
    private let common: Float
    private let own: [String: Float]

    /// Reads `threshold` and `thresholds`.
    init(options: DecoderOptions) {
        common = options.threshold
        own = options.thresholds
    }

    /// Whether every label passes, however unsure.
    var passAll: Bool { common <= 0 && own.values.allSatisfy { $0 <= 0 } }

    /// Whether a label is sure enough to be told.
    func pass(_ label: Label) -> Bool { label.confidence >= (own.isEmpty ? common : own[label.text] ?? common) }
}

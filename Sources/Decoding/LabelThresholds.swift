// The least confidence of a label that is told.

/// One threshold for all labels, and those that some have of their own.
struct LabelThresholds: Sendable {
    private let common: Float
    private let own: [String: Float]

    /// Reads `threshold` and `thresholds`.
    init(options: DecoderOptions) {
        common = options.threshold
        own = options.thresholds
    }

    /// Whether a label is sure enough to be told.
    func pass(_ label: Label) -> Bool { label.confidence >= (own.isEmpty ? common : own[label.text] ?? common) }
}

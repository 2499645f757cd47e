// The text of the current segment, for partials: what was decided and what is still open, joined by spaces. What was
// decided is never taken back, so it is stable; the decoder knows how much of what is open is.

/// The text of a segment so far.
struct Hypothesis: Sendable {
    /// The decided labels, joined by one space each.
    private var text = ""
    /// The partial that was told last.
    private var told = ""

    /// Adds a label that was decided.
    mutating func append(_ label: String) { text = joined(label) }

    /// Emits a partial if the text with `open`, what is not yet decided, is new. `stable` is the beginning of `open`
    /// that will not change any more. Allocates: call it only when something has changed.
    mutating func tell(open: String?, stable: String = "", decided: Int, into events: inout [Decoded]) {
        let partial = open.map(joined) ?? text
        guard partial != told else { return }
        told = partial
        events.append(.partial(text: partial, stable: stable.isEmpty ? text : joined(stable), decided: decided))
    }

    /// Begins a new segment.
    mutating func clear() {
        text = ""
        told = ""
    }

    private func joined(_ label: String) -> String { text.isEmpty ? label : text + " " + label }
}

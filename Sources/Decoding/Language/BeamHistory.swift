// The tokens after the hypotheses of a prefix beam, as a tree: hypotheses that begin alike share their beginning, so
// that two are the same if they stand at the same node. Nodes are counted references in one array with a list of free
// ones: a node lives as long as a hypothesis or another node needs it, and nothing allocates once the array has grown.

/// Where a token was heard and how clearly.
struct Evidence: Sendable, Equatable {
    /// The samples of its symbols' runs.
    var start: Int
    var end: Int
    /// Sum of the best log-posterior of each symbol's run but the last one's.
    var closed: Float = 0
    /// Best log-posterior of the last symbol's run so far.
    var peak: Float = 0
    var symbols: Float = 0

    /// No evidence; no run goes on from it.
    static let none = Evidence(start: Int.min, end: Int.min)

    /// Geometric mean of the best posteriors of its symbols' runs, as log.
    var logConfidence: Float { (closed + peak) / symbols }

    /// This and a further symbol that begins with the step `span`.
    func followed(by logPosterior: Float, _ span: StepSpan) -> Evidence {
        guard symbols > 0 else { return Evidence(start: span.start, end: span.end, peak: logPosterior, symbols: 1) }
        return Evidence(start: start, end: span.end, closed: closed + peak, peak: logPosterior, symbols: symbols + 1)
    }

    /// This and the evidence of what follows.
    func joined(to later: Evidence) -> Evidence {
        Evidence(
            start: start, end: later.end, closed: closed + peak + later.closed, peak: later.peak,
            symbols: symbols + later.symbols)
    }

    /// Adds a step to the last symbol's run.
    mutating func extend(_ logPosterior: Float, _ span: StepSpan) {
        peak = max(peak, logPosterior)
        end = span.end
    }
}

/// The tree of tokens.
struct BeamHistory: Sendable {
    struct Node: Sendable {
        var parent: Int32 = -1
        var token: Int32 = -1
        var firstChild: Int32 = -1
        /// The parent's next child, or the next free node.
        var sibling: Int32 = -1
        var references = 0
        /// Counts the nodes ever made: tells a node from an older one in the same place.
        var serial = 0
        /// The token's, from the step at which most of its probability arrived.
        var evidence = Evidence.none
        /// log of the share that arrived then.
        var arrival = -Double.infinity
    }

    private var nodes: [Node] = []
    private var free: Int32 = -1
    private var serial = 0
    /// The node of the hypothesis without tokens: what comes before it is settled.
    private(set) var root: Int32 = -1

    /// A tree with the root alone, and room for `capacity` nodes.
    init(capacity: Int) {
        nodes.reserveCapacity(capacity)
        clear()
    }

    subscript(index: Int32) -> Node { nodes[Int(index)] }

    /// Back to the root alone.
    mutating func clear() {
        nodes.removeAll(keepingCapacity: true)
        free = -1
        root = make(parent: -1, token: -1)
        retain(root)
    }

    /// The child of `node` with `token`, or nil.
    func child(of node: Int32, _ token: Int32) -> Int32? {
        var child = nodes[Int(node)].firstChild
        while child >= 0 {
            if nodes[Int(child)].token == token { return child }
            child = nodes[Int(child)].sibling
        }
        return nil
    }

    /// The child of `node` with `token`; a new one is not yet referred to.
    mutating func makeChild(of node: Int32, _ token: Int32) -> Int32 {
        if let child = child(of: node, token) { return child }
        let child = make(parent: node, token: token)
        nodes[Int(child)].sibling = nodes[Int(node)].firstChild
        nodes[Int(node)].firstChild = child
        retain(node)
        return child
    }

    /// Takes evidence of a node's token, `share` (log) of all probability, if it is better than what it has.
    mutating func offer(_ evidence: Evidence, share: Double, to node: Int32) {
        guard share > nodes[Int(node)].arrival else { return }
        nodes[Int(node)].evidence = evidence
        nodes[Int(node)].arrival = share
    }

    /// The last symbol of the node's token sounds on, unless most of what arrived has gone on: `share` (log) has
    /// stayed.
    mutating func extend(_ node: Int32, _ logPosterior: Float, _ span: StepSpan, share: Double) {
        guard share > nodes[Int(node)].arrival - 0.7 else { return }
        nodes[Int(node)].evidence.extend(logPosterior, span)
    }

    mutating func retain(_ node: Int32) { nodes[Int(node)].references += 1 }

    /// Takes one reference back; frees the node and those before it that nothing refers to any more.
    mutating func release(_ node: Int32) {
        var node = node
        while node >= 0 {
            nodes[Int(node)].references -= 1
            guard nodes[Int(node)].references == 0 else { return }
            let parent = nodes[Int(node)].parent
            if parent >= 0 { unlink(node, from: parent) }
            nodes[Int(node)].sibling = free
            free = node
            node = parent
        }
    }

    /// The ancestor of `node` (or itself) that follows the root; nil for the root.
    func first(before node: Int32) -> Int32? {
        guard node != root else { return nil }
        var node = node
        while nodes[Int(node)].parent != root { node = nodes[Int(node)].parent }
        return node
    }

    /// The tokens after the root up to that of `node`. Allocates.
    func tokens(to node: Int32) -> [Int32] {
        var tokens: [Int32] = []
        var node = node
        while node != root {
            tokens.append(nodes[Int(node)].token)
            node = nodes[Int(node)].parent
        }
        return tokens.reversed()
    }

    /// Makes `child` the root. It must be a child of the root, and the only one that is referred to.
    mutating func advance(to child: Int32) {
        precondition(nodes[Int(child)].parent == root, "the root advances by one token")
        unlink(child, from: root)
        nodes[Int(child)].parent = -1
        retain(child)
        // The child's reference and the root's own.
        let old = root
        root = child
        nodes[Int(old)].references -= 1
        release(old)
    }

    private mutating func make(parent: Int32, token: Int32) -> Int32 {
        serial += 1
        let node = Node(parent: parent, token: token, serial: serial)
        if free >= 0 {
            let index = free
            free = nodes[Int(index)].sibling
            nodes[Int(index)] = node
            return index
        }
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    private mutating func unlink(_ child: Int32, from parent: Int32) {
        let next = nodes[Int(child)].sibling
        if nodes[Int(parent)].firstChild == child {
            nodes[Int(parent)].firstChild = next
            return
        }
        var before = nodes[Int(parent)].firstChild
        while nodes[Int(before)].sibling != child { before = nodes[Int(before)].sibling }
        nodes[Int(before)].sibling = next
    }
}

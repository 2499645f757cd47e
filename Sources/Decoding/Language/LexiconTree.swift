// A lexicon as a prefix tree: words that begin with the same units share their beginning. Node 0 is the root, where
// no word is open. The children and the words of a node are a stretch of one array each.

/// The prefix tree of a lexicon over output indices.
struct LexiconTree: Sendable {
    static let root: Int32 = 0

    /// First edge of each node, and one more: [nodes + 1].
    private var firstEdge: [Int32] = [0]
    /// Symbol and child of each edge; the edges of a node are in the order of their symbols.
    private var edges: [(symbol: Int32, child: Int32)] = []
    /// First word of each node, and one more: [nodes + 1].
    private var firstWord: [Int32] = [0]
    private var wordList: [Int32] = []

    /// A tree of words, each a number and the symbols that make it. Several may have the same symbols.
    init(_ pronunciations: [(word: Int, symbols: [Int])]) {
        // Breadth first: a node's children are made when it is passed, so that their edges lie together.
        var levels: [[(word: Int, symbols: [Int])]] = [pronunciations]
        var depths = [0]
        var node = 0
        while node < levels.count {
            let depth = depths[node]
            for entry in levels[node] where entry.symbols.count == depth { insertWord(Int32(entry.word)) }
            let longer = Dictionary(grouping: levels[node].filter { $0.symbols.count > depth }) { $0.symbols[depth] }
            for symbol in longer.keys.sorted() {
                edges.append((Int32(symbol), Int32(levels.count)))
                levels.append(longer[symbol] ?? [])
                depths.append(depth + 1)
            }
            firstEdge.append(Int32(edges.count))
            firstWord.append(Int32(wordList.count))
            node += 1
        }
    }

    /// Adds a word to the node at hand, unless it has it.
    private mutating func insertWord(_ word: Int32) {
        let first = Int(firstWord[firstWord.count - 1])
        if !wordList[first...].contains(word) { wordList.append(word) }
    }

    /// The node that `symbol` leads to from `node`, or nil.
    func child(of node: Int32, _ symbol: Int32) -> Int32? {
        var low = Int(firstEdge[Int(node)]), high = Int(firstEdge[Int(node) + 1])
        while low < high {
            let middle = (low + high) / 2
            let edge = edges[middle]
            if edge.symbol == symbol { return edge.child }
            if edge.symbol < symbol { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Whether a longer word goes through `node`.
    func hasChildren(_ node: Int32) -> Bool { firstEdge[Int(node)] < firstEdge[Int(node) + 1] }

    /// The words that end at `node`.
    func words(at node: Int32) -> ArraySlice<Int32> {
        wordList[Int(firstWord[Int(node)])..<Int(firstWord[Int(node) + 1])]
    }
}

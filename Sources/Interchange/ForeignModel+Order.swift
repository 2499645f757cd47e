// The order of layers that a state dict does not say. Two rules:
//
//     names    inp (optional, with a ReLU), gru, out: what Heard's own first models are called
//     sizes    when what each layer takes and gives allows one chain of all layers, and no more, it is that chain
//
// Both end in a log-softmax. Whatever else there is between the layers (activations, residual connections) has no
// weights and so leaves no trace; where that is likely, the user is asked.

import Pipeline
import Recurrent

extension ForeignModules {
    /// The layers in order.
    /// - Throws: ``ForeignError/orderUnknown(path:reason:proposal:)`` with a list to correct when it is not obvious.
    mutating func arranged(path: String) throws(ForeignError) -> ModelFile.Network {
        if let network = byName() { return network }
        let sorted = modules.sorted { $0.name.comesNaturallyBefore($1.name) }
        var search = ChainSearch(sorted)
        search.run()
        let chain = search.found.first ?? Array(sorted.indices)
        let network = Self.network(chain.map { sorted[$0] })
        let reason: String? =
            if search.found.isEmpty {
                "no row of all its layers fits by size"
            } else if search.found.count > 1 || search.isExhausted {
                "more than one row of its layers fits by size"
            } else if network.contains(.activation(.relu)) {
                "it does not say what is between two linear layers (a ReLU is proposed)"
            } else {
                nil
            }
        if let reason { throw .orderUnknown(path: path, reason: reason, proposal: ForeignModel.json(network)) }
        for module in modules where module.isTanh {
            notes.append("RNN \"\(module.name)\" is taken to use tanh; say otherwise with --network")
        }
        notes.append(
            "order by size: \(chain.map { sorted[$0].name }.joined(separator: ", ")), with nothing between them and a "
                + "log-softmax at the end; if that is wrong, save and correct this list for --network:\n"
                + ForeignModel.json(network))
        return network
    }

    private func byName() -> ModelFile.Network? {
        let byName = Dictionary(modules.map { ($0.name, $0) }) { first, _ in first }
        guard let gru = byName["gru"], gru.type == "gru", let out = byName["out"], out.isLinear,
            modules.count == (byName["inp"]?.isLinear == true ? 3 : 2)
        else { return nil }
        let head: ModelFile.Network = byName["inp"].map { [$0.layer, .activation(.relu)] } ?? []
        return head + [gru.layer, out.layer, .activation(.logSoftmax)]
    }

    /// The layers with a ReLU between two linear ones and a log-softmax at the end.
    private static func network(_ modules: [ForeignModule]) -> ModelFile.Network {
        var network: ModelFile.Network = []
        for (index, module) in modules.enumerated() {
            if index > 0, module.isLinear, modules[index - 1].isLinear { network.append(.activation(.relu)) }
            network.append(module.layer)
        }
        return network + [.activation(.logSoftmax)]
    }
}

/// Rows of all modules in which each takes what the one before gives: at most two are looked for.
private struct ChainSearch {
    /// Each row as indices of modules.
    private(set) var found: [[Int]] = []
    /// Whether the search was given up.
    var isExhausted: Bool { steps <= 0 }

    private let sizes: [(inputs: Int, outputs: Int)]
    private var row: [Int] = []
    private var used: [Bool]
    private var steps = 100_000

    init(_ modules: [ForeignModule]) {
        sizes = modules.map { ($0.inputs, $0.outputs) }
        used = Array(repeating: false, count: modules.count)
    }

    mutating func run() {
        // Each module that is not the first of a row needs another's output: deeper rows than this are no network's.
        guard sizes.count <= 256 else { return }
        extend()
    }

    private mutating func extend() {
        if row.count == sizes.count { found.append(row) }
        for next in sizes.indices where !used[next] && found.count < 2 {
            if let last = row.last, sizes[last].outputs != sizes[next].inputs { continue }
            steps -= 1
            if isExhausted { return }
            used[next] = true
            row.append(next)
            extend()
            row.removeLast()
            used[next] = false
        }
    }
}

extension String {
    /// Alphabetical order in which numbers count as numbers: "l2" before "l10".
    func comesNaturallyBefore(_ other: String) -> Bool {
        func parts(_ text: String) -> [(number: Int, text: Substring)] {
            var rest = text[...], result: [(Int, Substring)] = []
            while let first = rest.first {
                let run = rest.prefix { $0.isWholeNumber == first.isWholeNumber }
                result.append(first.isWholeNumber ? (Int(run) ?? .max, "") : (-1, run))
                rest = rest.dropFirst(run.count)
            }
            return result
        }
        let own = parts(self), others = parts(other)
        for (a, b) in zip(own, others) where a != b { return a < b }
        return own.count < others.count
    }
}

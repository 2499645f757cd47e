// What distinguishes the kinds of recurrent cells, beside their equations (each in a file of its own): names, gates and
// options. A new kind is a case here, in Cell.swift and in TrainedCell.swift.

/// Which equations a recurrent layer follows; each case's cell has a file of its own.
package enum CellKind: Sendable, Equatable {
    case rnn(Nonlinearity)
    case simpleGRU
    case gru(ResetGate)
    /// `projection`: size of h when it is smaller than that of c.
    case lstm(peepholes: Bool, projection: Int?)

    /// Gates of the input product: rows of the weights by units.
    package var gates: Int {
        switch self {
        case .rnn: 1
        case .simpleGRU: 2
        case .gru: 3
        case .lstm: 4
        }
    }
}

extension CellKind {
    /// The name of the cell in files.
    package var type: String {
        switch self {
        case .rnn: "rnn"
        case .simpleGRU: "simple_gru"
        case .gru: "gru"
        case .lstm: "lstm"
        }
    }
}

extension CellKind {
    /// The cell and its options in words.
    package func words(units: Int) -> String {
        switch self {
        case .rnn(let nonlinearity): return "\(nonlinearity.rawValue) rnn"
        case .simpleGRU: return "simple gru"
        case .gru(let reset): return "gru, reset \(reset.rawValue)"
        case .lstm(let peepholes, let projection):
            let projected = projection.map { ", \(units) projected to \($0)" } ?? ""
            return "lstm\(peepholes ? ", peepholes" : "")\(projected)"
        }
    }

    /// The gate that keeps the state, by its place in a row of gates, in the order of the cell's file; `isInverse`
    /// where a value near 1 takes the candidate instead, and `forgets` where it is called a forget gate. nil without
    /// one.
    package var keeper: (place: Int, isInverse: Bool, forgets: Bool)? {
        switch self {
        case .rnn: nil
        case .simpleGRU: (0, true, false)
        case .gru: (1, false, false)
        case .lstm: (1, false, true)
        }
    }
}

extension CellKind {
    /// The names of the gates; see ``ObservedLayer/gates``.
    var gateNames: [String] {
        switch self {
        case .rnn: []
        case .simpleGRU: ["update"]
        case .gru: ["update", "reset"]
        case .lstm: ["input", "forget", "output"]
        }
    }

    /// Where each named gate stands in a row of gates, and whether 1 less it is meant.
    var gatePlaces: [(index: Int, isInverse: Bool)] {
        switch self {
        case .rnn: []
        case .simpleGRU: [(0, false)]
        case .gru: [(1, true), (0, false)]
        case .lstm: [(0, false), (1, false), (3, false)]
        }
    }
}

extension Stack {
    /// The cell of a type; nil for a gated recurrent unit of which is not said when it resets.
    func cell(_ type: String) -> CellKind? {
        switch type {
        case "rnn": .rnn(nonlinearity ?? .tanh)
        case "simple_gru": .simpleGRU
        case "gru": reset.map(CellKind.gru)
        default: .lstm(peepholes: peepholes ?? false, projection: projection)
        }
    }

    /// Keeps the options of a cell, as ``cell(_:)`` reads them.
    mutating func take(_ cell: CellKind) {
        switch cell {
        case .rnn(let kind): nonlinearity = kind
        case .simpleGRU: break
        case .gru(let gate): reset = gate
        case .lstm(let hasPeepholes, let size): (peepholes, projection) = (hasPeepholes ? true : nil, size)
        }
    }
}

// Layers as JSON objects: `type` says which, the other keys are the options'. A key that nobody reads is a slip that
// would make another network.

import Schema

extension LayerDescription: Codable {
    private static let typeKey = OptionKey("type")

    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: OptionKey.self)
        let type = try object.decode(String.self, forKey: Self.typeKey)
        func read<Value: Options>(_ defaults: Value = Value(), keys: [String] = Value.keys) throws -> Value {
            try defaults.overlaid(
                by: decoder, of: "a layer of type \"\(type)\"", keys: keys, beside: [Self.typeKey.stringValue])
        }
        switch type {
        case "linear": self = .linear(try read())
        case "layer_norm": self = .layerNorm(try read())
        case "residual": self = .residual(try read(Residual()).layers)
        case "embedding": self = .embedding(try read())
        case "lookahead":
            let lookahead: LookaheadDescription = try read()
            guard LookaheadDescription.allowedSteps.contains(lookahead.steps) else {
                throw DecodingError.dataCorruptedError(
                    forKey: OptionKey("steps"), in: object,
                    debugDescription: LookaheadDescription.refusal(steps: lookahead.steps))
            }
            self = .lookahead(lookahead)
        case "attention": self = .attention(try read())
        case "dropout": self = .dropout(try read(Dropout()).probability)
        case "rnn", "simple_gru", "gru", "lstm":
            let stack = try read(Stack(), keys: Stack.keys(of: type))
            guard let cell = stack.cell(type) else {
                let names = ResetGate.allCases.map(\.rawValue).joined(separator: ", ")
                throw DecodingError.dataCorruptedError(
                    forKey: OptionKey("reset"), in: object,
                    debugDescription: "a layer of type \"gru\" says when it resets; use one of \(names)")
            }
            self = .recurrent(stack.description(cell))
        default:
            guard let activation = Activation(rawValue: type) else {
                throw DecodingError.dataCorruptedError(
                    forKey: Self.typeKey, in: object,
                    debugDescription: "there is no layer of type \"\(excerpt(type))\"")
            }
            self = .activation(activation)
            _ = try read(Stack(), keys: [])
        }
    }

    package func encode(to encoder: any Encoder) throws {
        func write<Value: Options>(_ type: String, _ options: Value, keys: [String] = Value.keys) throws {
            var object = encoder.container(keyedBy: OptionKey.self)
            try object.encode(type, forKey: Self.typeKey)
            try options.encode(to: encoder, keys: keys)
        }
        switch self {
        case .linear(let linear): try write("linear", linear)
        case .activation(let activation): try write(activation.rawValue, Stack(), keys: [])
        case .recurrent(let recurrent): try write(recurrent.cell.type, Stack(recurrent))
        case .layerNorm(let norm): try write("layer_norm", norm)
        case .embedding(let embedding): try write("embedding", embedding)
        case .lookahead(let lookahead): try write("lookahead", lookahead)
        case .attention(let attention): try write("attention", attention)
        case .dropout(let probability): try write("dropout", Dropout(probability: probability))
        case .residual(let layers): try write("residual", Residual(layers: layers))
        }
    }
}

extension OptionRow {
    /// A size before it is looked at in earnest: products of some of them fit into an integer.
    fileprivate static func size(_ key: String, _ path: WritableKeyPath<Root, Int> & Sendable) -> Self {
        .init(key, path, sizes, allowed.contains)
    }
    fileprivate static func size(_ key: String, _ path: WritableKeyPath<Root, Int?> & Sendable) -> Self {
        .init(key, path, sizes, allowed.contains)
    }
    private static var allowed: ClosedRange<Int> { -1 << 30...1 << 30 }
    private static var sizes: String { "a size from \(allowed.lowerBound) to \(allowed.upperBound)" }
}

extension LinearDescription: Options {
    package init() { self.init(name: "", inputs: 0, outputs: 0) }

    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("inputs", \.inputs).required, .size("outputs", \.outputs).required,
    ]
}

extension LayerNormDescription: Options {
    package init() { self.init(name: "", features: 0) }

    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("features", \.features).required, .init("epsilon", \.epsilon),
    ]
}

extension EmbeddingDescription: Options {
    package init() { self.init(name: "", tokens: 0, size: 0) }

    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("tokens", \.tokens).required, .size("size", \.size).required,
        .size("slots", \.slots),
    ]
}

extension LookaheadDescription: Options {
    package init() { self.init(name: "", features: 0, steps: 0) }

    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("features", \.features).required, .init("steps", \.steps).required,
    ]
}

extension AttentionDescription: Options {
    package init() { self.init(name: "", inputs: 0, size: 0, encoder: []) }

    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("inputs", \.inputs).required, .size("size", \.size).required,
        .init("encoder", \.encoder).required,
    ]
}

private struct Residual: Options {
    var layers: [LayerDescription] = []

    static let rows: [OptionRow<Self>] = [.init("layers", \.layers).required]
}

private struct Dropout: Options {
    var probability: Float = 0

    static let rows: [OptionRow<Self>] = [
        .init("probability", \.probability, "a probability from 0 to below 1") { $0 >= 0 && $0 < 1 }.required
    ]
}

/// The options of all recurrent layers; what is the plain thing is not written.
struct Stack: Options {
    var name = "", inputs = 0, units = 0, layers = 1, bidirectional = false
    var merge: Merge?
    var learnsInitialState: Bool?
    var nonlinearity: Nonlinearity?
    var reset: ResetGate?
    var peepholes: Bool?
    var projection: Int?

    static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required, .size("inputs", \.inputs).required, .size("units", \.units).required,
        .size("layers", \.layers), .init("bidirectional", \.bidirectional), .init("merge", \.merge),
        .init("learned_initial_state", \.learnsInitialState), .init("nonlinearity", \.nonlinearity),
        .init("reset", \.reset), .init("peepholes", \.peepholes), .size("projection", \.projection),
    ]

    /// What a cell of some type has.
    static func keys(of type: String) -> [String] {
        let cells = ["nonlinearity": ["rnn"], "reset": ["gru"], "peepholes": ["lstm"], "projection": ["lstm"]]
        return keys.filter { cells[$0]?.contains(type) ?? true }
    }

    func description(_ cell: CellKind) -> RecurrentDescription {
        RecurrentDescription(
            name: name, cell: cell, inputs: inputs, units: units, layers: layers, bidirectional: bidirectional,
            merge: merge ?? .concatenate, learnsInitialState: learnsInitialState ?? false)
    }
}

extension Stack {
    init(_ description: RecurrentDescription) {
        (name, inputs, units) = (description.name, description.inputs, description.units)
        (layers, bidirectional) = (description.layers, description.bidirectional)
        if description.merge != .concatenate { merge = description.merge }
        if description.learnsInitialState { learnsInitialState = true }
        take(description.cell)
    }
}

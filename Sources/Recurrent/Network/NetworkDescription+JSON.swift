// Layers as JSON objects: `type` says which, the other fields are the options'.

import Schema

extension LayerDescription: Codable {
    private enum Key: String, CodingKey { case type, layers, probability, steps }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        try Self.refuseUnknownKeys(of: type, in: decoder)
        try Self.refuseAbsurdSizes(in: decoder)
        switch type {
        case "linear": self = .linear(try LinearDescription(from: decoder))
        case "layer_norm": self = .layerNorm(try LayerNormDescription(from: decoder))
        case "residual": self = .residual(try container.decode([LayerDescription].self, forKey: .layers))
        case "embedding": self = .embedding(try EmbeddingDescription(from: decoder))
        case "lookahead":
            let lookahead = try LookaheadDescription(from: decoder)
            guard LookaheadDescription.allowedSteps.contains(lookahead.steps) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .steps, in: container,
                    debugDescription: LookaheadDescription.refusal(steps: lookahead.steps))
            }
            self = .lookahead(lookahead)
        case "attention": self = .attention(try AttentionDescription(from: decoder))
        case "dropout":
            let probability = try container.decode(Float.self, forKey: .probability)
            guard probability >= 0, probability < 1 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .probability, in: container,
                    debugDescription: "\(probability) is not a probability from 0 to below 1")
            }
            self = .dropout(probability)
        case "rnn", "simple_gru", "gru", "lstm": self = .recurrent(try RecurrentDescription(from: decoder))
        default:
            guard let activation = Activation(rawValue: type) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .type, in: container, debugDescription: "there is no layer of type \"\(excerpt(type))\"")
            }
            self = .activation(activation)
        }
    }

    /// What sizes can be before they are looked at in earnest: so that products of some of them fit into an integer.
    static let allowedSizes = -1 << 30...1 << 30

    /// - Throws: the standard library's error for a size that cannot be.
    private static func refuseAbsurdSizes(in decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let sizes = ["inputs", "outputs", "features", "units", "layers", "projection", "tokens", "size", "slots"]
        for key in container.allKeys where sizes.contains(key.stringValue) {
            // A list of layers has the key of their number.
            guard let size = try? container.decode(Int.self, forKey: key), !allowedSizes.contains(size) else {
                continue
            }
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container,
                debugDescription:
                    "\"\(key.stringValue)\" is \(size); a size is from \(allowedSizes.lowerBound) to \(allowedSizes.upperBound)"
            )
        }
    }

    /// A key that nobody reads is a slip that would make another network.
    private static func refuseUnknownKeys(of type: String, in decoder: any Decoder) throws {
        let recurrent = ["name", "inputs", "units", "layers", "bidirectional", "merge", "learned_initial_state"]
        let known: [String: [String]] = [
            "linear": ["name", "inputs", "outputs"], "layer_norm": ["name", "features", "epsilon"],
            "residual": ["layers"], "dropout": ["probability"], "embedding": ["name", "tokens", "size", "slots"],
            "lookahead": ["name", "features", "steps"], "attention": ["name", "inputs", "size", "encoder"],
            "rnn": recurrent + ["nonlinearity"], "simple_gru": recurrent, "gru": recurrent + ["reset"],
            "lstm": recurrent + ["peepholes", "projection"],
        ]
        let container = try decoder.container(keyedBy: AnyKey.self)
        // A type that there is not is said where it is read.
        guard let allowed = known[type] ?? (Activation(rawValue: type) == nil ? nil : []) else { return }
        guard
            let unknown = container.allKeys.first(where: {
                $0.stringValue != "type" && !allowed.contains($0.stringValue)
            })
        else { return }
        throw Swift.DecodingError.dataCorruptedError(
            forKey: unknown, in: container,
            debugDescription: "a layer of type \"\(excerpt(type))\" has no \"\(excerpt(unknown.stringValue))\"; it has "
                + (["type"] + allowed).joined(separator: ", "))
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .linear(let linear):
            try container.encode("linear", forKey: .type)
            try linear.encode(to: encoder)
        case .activation(let activation): try container.encode(activation.rawValue, forKey: .type)
        case .recurrent(let recurrent): try recurrent.encode(to: encoder)
        case .layerNorm(let norm):
            try container.encode("layer_norm", forKey: .type)
            try norm.encode(to: encoder)
        case .embedding(let embedding):
            try container.encode("embedding", forKey: .type)
            try embedding.encode(to: encoder)
        case .lookahead(let lookahead):
            try container.encode("lookahead", forKey: .type)
            try lookahead.encode(to: encoder)
        case .attention(let attention):
            try container.encode("attention", forKey: .type)
            try attention.encode(to: encoder)
        case .dropout(let probability):
            try container.encode("dropout", forKey: .type)
            try container.encode(probability, forKey: .probability)
        case .residual(let layers):
            try container.encode("residual", forKey: .type)
            try container.encode(layers, forKey: .layers)
        }
    }
}

extension RecurrentDescription: Codable {
    private enum Key: String, CodingKey {
        case type, name, inputs, units, layers, bidirectional, merge, nonlinearity, reset, peepholes, projection
        case learnsInitialState = "learned_initial_state"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        inputs = try container.decode(Int.self, forKey: .inputs)
        units = try container.decode(Int.self, forKey: .units)
        layers = try container.decodeIfPresent(Int.self, forKey: .layers) ?? 1
        bidirectional = try container.decodeIfPresent(Bool.self, forKey: .bidirectional) ?? false
        merge = try container.decodeIfPresent(Merge.self, forKey: .merge) ?? .concatenate
        learnsInitialState = try container.decodeIfPresent(Bool.self, forKey: .learnsInitialState) ?? false
        switch try container.decode(String.self, forKey: .type) {
        case "rnn": cell = .rnn(try container.decodeIfPresent(Nonlinearity.self, forKey: .nonlinearity) ?? .tanh)
        case "simple_gru": cell = .simpleGRU
        case "gru": cell = .gru(try container.decode(ResetGate.self, forKey: .reset))
        case "lstm":
            cell = .lstm(
                peepholes: try container.decodeIfPresent(Bool.self, forKey: .peepholes) ?? false,
                projection: try container.decodeIfPresent(Int.self, forKey: .projection))
        case let type:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container,
                debugDescription: "there is no recurrent layer of type \"\(excerpt(type))\"")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(inputs, forKey: .inputs)
        try container.encode(units, forKey: .units)
        try container.encode(layers, forKey: .layers)
        try container.encode(bidirectional, forKey: .bidirectional)
        if merge != .concatenate { try container.encode(merge, forKey: .merge) }
        if learnsInitialState { try container.encode(true, forKey: .learnsInitialState) }
        try container.encode(cell.type, forKey: .type)
        switch cell {
        case .rnn(let nonlinearity): try container.encode(nonlinearity, forKey: .nonlinearity)
        case .simpleGRU: break
        case .gru(let reset): try container.encode(reset, forKey: .reset)
        case .lstm(let peepholes, let projection):
            if peepholes { try container.encode(true, forKey: .peepholes) }
            try container.encodeIfPresent(projection, forKey: .projection)
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

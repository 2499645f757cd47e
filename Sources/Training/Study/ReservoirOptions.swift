// An echo state network by a recipe: the recurrent layer called `reservoir` keeps the weights that it was given
// (EchoState.swift says which), and the layers around it are trained. No gradient has to go through time, so none can
// vanish.

import Recurrent

/// `reservoir` of a recipe.
package struct ReservoirOptions: Codable, Sendable, Equatable {
    /// The layer's name.
    static let layer = "reservoir"

    /// `spectral_radius` (0.9), `input_scale` (1), `bias_scale` (0), `connections` (10), `leak` (1: none).
    package var spectralRadius = 0.9
    package var inputScale = 1.0
    package var biasScale = 0.0
    package var connections = 10
    package var leak = 1.0

    enum CodingKeys: String, CodingKey, CaseIterable {
        case connections, leak
        case spectralRadius = "spectral_radius"
        case inputScale = "input_scale"
        case biasScale = "bias_scale"
    }

    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a reservoir")
        spectralRadius =
            try options.read(.spectralRadius, "above 0, at most 2") { $0 > 0 && $0 <= 2 } ?? spectralRadius
        inputScale = try options.read(.inputScale, "above 0, at most 1000") { $0 > 0 && $0 <= 1000 } ?? inputScale
        biasScale = try options.read(.biasScale, "0 to 1000") { (0...1000).contains($0) } ?? biasScale
        connections = try options.read(.connections, "2 to 1000 units") { (2...1000).contains($0) } ?? connections
        leak = try options.read(.leak, "above 0, at most 1") { $0 > 0 && $0 <= 1 } ?? leak
    }

    /// The reservoir's weights for a network of these layers.
    /// - Throws: ``TrainingError`` when there is no such layer, or it is of another kind.
    func tensors(of layers: [LayerDescription], seed: UInt64) throws -> Tensors {
        guard let layer = layers.recurrent.first(where: { $0.name == Self.layer }) else {
            throw TrainingError.recipe(key: "reservoir", reason: "there is no recurrent layer called \(Self.layer)")
        }
        let wanted = leak < 1 ? CellKind.simpleGRU : .rnn(.tanh)
        guard layer.cell == wanted, layer.layers == 1, !layer.bidirectional, !layer.learnsInitialState,
            (10...20_000).contains(layer.units)
        else {
            throw TrainingError.recipe(
                key: "reservoir",
                reason:
                    "its layer is {type: \(wanted.type), name: \(Self.layer)}, one of 10 to 20000 units in one direction"
            )
        }
        var options = EchoStateOptions(inputs: layer.inputs, units: layer.units)
        (options.spectralRadius, options.inputScale, options.biasScale) = (spectralRadius, inputScale, biasScale)
        (options.connections, options.leak, options.seed) = (connections, leak, seed)
        return try EchoState(options).tensors
    }
}

extension ParameterTable {
    /// The parameters of the layer that is not trained.
    var reservoir: [Range<Int>] {
        entries.filter { $0.name.hasPrefix("\(ReservoirOptions.layer).") }.map(\.range)
    }
}

// An echo state network by a recipe: the recurrent layer called `reservoir` keeps the weights that it was given
// (EchoState.swift says which), and the layers around it are trained. No gradient has to go through time, so none can
// vanish.

import Recurrent
import Schema

/// `reservoir` of a recipe.
package struct ReservoirOptions: Equatable {
    /// The layer's name.
    static let layer = "reservoir"

    /// `spectral_radius` (0.9), `input_scale` (1), `bias_scale` (0), `connections` (10), `leak` (1: none).
    package var spectralRadius = 0.9
    package var inputScale = 1.0
    package var biasScale = 0.0
    package var connections = 10
    package var leak = 1.0

    package init() {}

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

extension ReservoirOptions: Options {
    package static let subject = "a reservoir"
    package static let rows: [OptionRow<Self>] = [
        .init("connections", \.connections, "2 to 1000 units", (2...1000).contains),
        .init("leak", \.leak, "above 0, at most 1") { $0 > 0 && $0 <= 1 },
        .init("spectral_radius", \.spectralRadius, "above 0, at most 2") { $0 > 0 && $0 <= 2 },
        .init("input_scale", \.inputScale, "above 0, at most 1000") { $0 > 0 && $0 <= 1000 },
        .init("bias_scale", \.biasScale, "0 to 1000", (0...1000).contains),
    ]
}

extension ParameterTable {
    /// The parameters of the layer that is not trained.
    var reservoir: [Range<Int>] {
        entries.filter { $0.name.hasPrefix("\(ReservoirOptions.layer).") }.map(\.range)
    }
}

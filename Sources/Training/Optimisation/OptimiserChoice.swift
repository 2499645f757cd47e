// The optimisers and their options, as a recipe has them. The equations are in Optimiser.swift; names and formulae are
// PyTorch's.

import Schema

/// Which optimiser, with its options.
package enum OptimiserChoice: Sendable, Equatable {
    case sgd(SGDOptions)
    case rmsProp(RMSPropOptions)
    /// Weight decay is added to the gradient.
    case adam(AdamOptions)
    /// Weight decay shrinks the parameters and stays out of the moments (Loshchilov and Hutter 2019).
    case adamW(AdamOptions)

    /// The rate, which the schedule multiplies.
    package var rate: Double {
        switch self {
        case .sgd(let options): options.rate
        case .rmsProp(let options): options.rate
        case .adam(let options), .adamW(let options): options.rate
        }
    }

    /// Of matrices; biases, gains and states have none.
    package var weightDecay: Double {
        switch self {
        case .sgd(let options): options.weightDecay
        case .rmsProp(let options): options.weightDecay
        case .adam(let options), .adamW(let options): options.weightDecay
        }
    }
}

/// Stochastic gradient descent.
package struct SGDOptions: Equatable {
    /// `rate` (0.01).
    package var rate = 0.01
    /// `weight_decay` (0).
    package var weightDecay = 0.0
    /// `momentum` (0.9), 0 to below 1.
    package var momentum = 0.9
    /// `nesterov` (false): look ahead along the momentum.
    package var nesterov = false

    package init() {}
}

/// Steps divided by a running root mean square of the gradient (Hinton 2012).
package struct RMSPropOptions: Equatable {
    /// `rate` (0.001).
    package var rate = 0.001
    /// `weight_decay` (0).
    package var weightDecay = 0.0
    /// `momentum` (0), 0 to below 1.
    package var momentum = 0.0
    /// `smoothing` (0.99), 0 to below 1: how much of the mean square stays.
    package var smoothing = 0.99
    /// `epsilon` (1e-8): added to the root.
    package var epsilon = 1e-8

    package init() {}
}

/// Adaptive moments (Kingma and Ba 2015).
package struct AdamOptions: Equatable {
    /// `rate` (0.001).
    package var rate = 0.001
    /// `weight_decay` (0; 0.01 for adamw).
    package var weightDecay: Double
    /// `beta1` (0.9), 0 to below 1: how much of the mean gradient stays.
    package var beta1 = 0.9
    /// `beta2` (0.999), 0 to below 1: how much of the mean square stays.
    package var beta2 = 0.999
    /// `epsilon` (1e-8): added to the root.
    package var epsilon = 1e-8

    package init(weightDecay: Double) { self.weightDecay = weightDecay }
}

extension SGDOptions: Options {
    package static let rows: [OptionRow<Self>] = [
        .rate(\.rate), .weightDecay(\.weightDecay), .fraction("momentum", \.momentum), .init("nesterov", \.nesterov),
    ]
}

extension RMSPropOptions: Options {
    package static let rows: [OptionRow<Self>] = [
        .rate(\.rate), .weightDecay(\.weightDecay), .fraction("momentum", \.momentum),
        .fraction("smoothing", \.smoothing), .positive("epsilon", \.epsilon),
    ]
}

extension AdamOptions: Options {
    package init() { self.init(weightDecay: 0) }

    package static let rows: [OptionRow<Self>] = [
        .rate(\.rate), .weightDecay(\.weightDecay), .fraction("beta1", \.beta1), .fraction("beta2", \.beta2),
        .positive("epsilon", \.epsilon),
    ]
}

extension OptionRow {
    fileprivate typealias Number = WritableKeyPath<Root, Double> & Sendable

    fileprivate static func rate(_ path: Number) -> Self { positive("rate", path) }
    fileprivate static func weightDecay(_ path: Number) -> Self {
        .init("weight_decay", path, "a number of at least 0") { $0 >= 0 && $0.isFinite }
    }
    fileprivate static func positive(_ key: String, _ path: Number) -> Self {
        .init(key, path, "a number above 0") { $0 > 0 && $0.isFinite }
    }
    fileprivate static func fraction(_ key: String, _ path: Number) -> Self {
        .init(key, path, "a number from 0 to below 1") { $0 >= 0 && $0 < 1 }
    }
}

extension OptimiserChoice: Codable {
    private enum Kind: String, OptionKind {
        case sgd, rmsprop, adam, adamw

        static let subject = "an optimiser"
    }

    package init(from decoder: any Decoder) throws {
        let kind = try Kind(from: decoder)
        self =
            switch kind {
            case .sgd: .sgd(try kind.read(SGDOptions(), from: decoder))
            case .rmsprop: .rmsProp(try kind.read(RMSPropOptions(), from: decoder))
            case .adam: .adam(try kind.read(AdamOptions(), from: decoder))
            case .adamw: .adamW(try kind.read(AdamOptions(weightDecay: 0.01), from: decoder))
            }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .sgd(let options): try Kind.sgd.write(options, to: encoder)
        case .rmsProp(let options): try Kind.rmsprop.write(options, to: encoder)
        case .adam(let options): try Kind.adam.write(options, to: encoder)
        case .adamW(let options): try Kind.adamw.write(options, to: encoder)
        }
    }
}

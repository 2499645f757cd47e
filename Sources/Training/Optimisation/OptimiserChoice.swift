// The optimisers and their options, as a recipe has them. The equations are in Optimiser.swift; names and formulae are
// PyTorch's.

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
package struct SGDOptions: Sendable, Equatable {
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
package struct RMSPropOptions: Sendable, Equatable {
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
package struct AdamOptions: Sendable, Equatable {
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

    package init(weightDecay: Double = 0) { self.weightDecay = weightDecay }
}

extension OptimiserChoice: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case type, rate, momentum, nesterov, smoothing, beta1, beta2, epsilon
        case weightDecay = "weight_decay"
    }

    private enum Kind: String, CaseIterable {
        case sgd, rmsprop, adam, adamw

        var keys: [CodingKeys] {
            switch self {
            case .sgd: [.type, .rate, .weightDecay, .momentum, .nesterov]
            case .rmsprop: [.type, .rate, .weightDecay, .momentum, .smoothing, .epsilon]
            case .adam, .adamw: [.type, .rate, .weightDecay, .beta1, .beta2, .epsilon]
            }
        }
    }

    package init(from decoder: any Decoder) throws {
        let kind = try TrainingOptions<CodingKeys>.type(decoder, of: "an optimiser", as: Kind.self)
        let options = try TrainingOptions(decoder, of: "an optimiser of type \(kind.rawValue)", keys: kind.keys)
        func positive(_ key: CodingKeys, _ value: inout Double) throws {
            value = try options.read(key, "a number above 0") { $0 > 0 && $0.isFinite } ?? value
        }
        func decay(_ value: inout Double) throws {
            value = try options.read(.weightDecay, "a number of at least 0") { $0 >= 0 && $0.isFinite } ?? value
        }
        func fraction(_ key: CodingKeys, _ value: inout Double) throws {
            value = try options.read(key, "a number from 0 to below 1") { $0 >= 0 && $0 < 1 } ?? value
        }
        switch kind {
        case .sgd:
            var sgd = SGDOptions()
            try positive(.rate, &sgd.rate)
            try decay(&sgd.weightDecay)
            try fraction(.momentum, &sgd.momentum)
            sgd.nesterov = try options.read(.nesterov, "true or false") ?? sgd.nesterov
            self = .sgd(sgd)
        case .rmsprop:
            var rmsProp = RMSPropOptions()
            try positive(.rate, &rmsProp.rate)
            try decay(&rmsProp.weightDecay)
            try fraction(.momentum, &rmsProp.momentum)
            try fraction(.smoothing, &rmsProp.smoothing)
            try positive(.epsilon, &rmsProp.epsilon)
            self = .rmsProp(rmsProp)
        case .adam, .adamw:
            var adam = AdamOptions(weightDecay: kind == .adamw ? 0.01 : 0)
            try positive(.rate, &adam.rate)
            try decay(&adam.weightDecay)
            try fraction(.beta1, &adam.beta1)
            try fraction(.beta2, &adam.beta2)
            try positive(.epsilon, &adam.epsilon)
            self = kind == .adam ? .adam(adam) : .adamW(adam)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func put(_ kind: Kind, _ numbers: KeyValuePairs<CodingKeys, Double>) throws {
            try container.encode(kind.rawValue, forKey: .type)
            try container.encode(rate, forKey: .rate)
            try container.encode(weightDecay, forKey: .weightDecay)
            for (key, number) in numbers { try container.encode(number, forKey: key) }
        }
        switch self {
        case .sgd(let sgd):
            try put(.sgd, [.momentum: sgd.momentum])
            try container.encode(sgd.nesterov, forKey: .nesterov)
        case .rmsProp(let options):
            try put(
                .rmsprop,
                [.momentum: options.momentum, .smoothing: options.smoothing, .epsilon: options.epsilon])
        case .adam(let adam): try put(.adam, [.beta1: adam.beta1, .beta2: adam.beta2, .epsilon: adam.epsilon])
        case .adamW(let adam): try put(.adamw, [.beta1: adam.beta1, .beta2: adam.beta2, .epsilon: adam.epsilon])
        }
    }
}

import Decoding
import Recurrent
import TestSupport
import Testing
import Training

@Suite struct OptimiserTests {
    private static func sgd(momentum: Double, nesterov: Bool = false) -> OptimiserChoice {
        var options = SGDOptions()
        (options.rate, options.weightDecay, options.momentum, options.nesterov) = (0.05, 0.25, momentum, nesterov)
        return .sgd(options)
    }

    private static func rmsProp(momentum: Double) -> OptimiserChoice {
        var options = RMSPropOptions()
        (options.rate, options.weightDecay, options.momentum, options.smoothing) = (0.02, 0.25, momentum, 0.95)
        options.epsilon = 0.01
        return .rmsProp(options)
    }

    private static let adam: AdamOptions = {
        var options = AdamOptions(weightDecay: 0.25)
        (options.rate, options.beta1, options.beta2, options.epsilon) = (0.05, 0.8, 0.99, 0.01)
        return options
    }()

    /// The cases of optimisers.safetensors.
    private static let choices: [(name: String, choice: OptimiserChoice)] = [
        ("sgd", sgd(momentum: 0)), ("sgd_momentum", sgd(momentum: 0.9)),
        ("sgd_nesterov", sgd(momentum: 0.9, nesterov: true)),
        ("rmsprop", rmsProp(momentum: 0)), ("rmsprop_momentum", rmsProp(momentum: 0.5)),
        ("adam", .adam(adam)), ("adamw", .adamW(adam)),
    ]

    /// The gradient of p A p / 2.
    private func gradient<Real: TrainingScalar>(_ p: [Real], _ a: [Real]) -> [Real] {
        p.indices.map { row in p.indices.reduce(0) { $0 + a[row * p.count + $1] * p[$1] } }
    }

    private func golden<Real: TrainingScalar>(_: Real.Type, within tolerance: Double) throws {
        let golden = try LossGolden.tensors("optimisers")
        let a: [Real] = try golden.numbers("matrix")
        for (name, choice) in Self.choices {
            var p: [Real] = try golden.numbers("p0")
            var optimiser = Optimiser<Real>(choice, count: 12, decayed: [0..<8])
            let expected: [Real] = try golden.numbers(name)
            for step in 0..<10 {
                optimiser.step(&p, gradient: gradient(p, a), rate: choice.rate)
                #expect(
                    greatestDifference(p, Array(expected[(step * 12)..<(step * 12 + 12)])) < tolerance,
                    "\(name), step \(step)")
            }
        }
    }

    @Test func tenStepsOfPyTorchs() throws {
        try golden(Double.self, within: 3e-7)
        try golden(Float.self, within: 2e-6)
    }

    @Test func adamOnGivenGradients() throws {
        let golden = try LossGolden.tensors("adam")
        var options = AdamOptions()
        options.rate = 1e-2
        var p: [Double] = try golden.numbers("p0")
        let gradients: [Double] = try golden.numbers("grads"), expected: [Double] = try golden.numbers("params")
        var optimiser = Optimiser<Double>(.adam(options), count: 12, decayed: [])
        for step in 0..<3 {
            optimiser.step(&p, gradient: Array(gradients[(step * 12)..<(step * 12 + 12)]), rate: options.rate)
            #expect(greatestDifference(p, Array(expected[(step * 12)..<(step * 12 + 12)])) < 5e-7)
        }
    }

    @Test func aRestoredStateGoesOnToTheSameBits() throws {
        for (_, choice) in Self.choices {
            var random = RandomSource(seed: 1)
            let gradients: [[Float]] = (0..<6).map { _ in random.normals(12) }
            var p: [Float] = random.normals(12), optimiser = Optimiser<Float>(choice, count: 12, decayed: [2..<9])
            for gradient in gradients[..<3] { optimiser.step(&p, gradient: gradient, rate: 0.01) }
            var other = Optimiser<Float>(choice, count: 12, decayed: [2..<9]), q = p
            other.state = try recoded(optimiser.state)
            for gradient in gradients[3...] {
                optimiser.step(&p, gradient: gradient, rate: 0.01)
                other.step(&q, gradient: gradient, rate: 0.01)
            }
            #expect(p == q && optimiser.state == other.state && other.state.step == 6)
        }
    }

    @Test func onlyMatricesDecay() {
        let table = ParameterTable([
            .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 5, units: 3)),
            .linear(LinearDescription(name: "out", inputs: 3, outputs: 2)),
        ])
        var options = AdamOptions(weightDecay: 0.5)
        options.rate = 0.1
        var p = [Float](repeating: 1, count: table.count)
        var optimiser = Optimiser<Float>(.adamW(options), table: table)
        optimiser.step(&p, gradient: [Float](repeating: 0, count: table.count), rate: 0.1)
        for entry in table.entries {
            let expected: Float = entry.name.contains("weight") ? 0.95 : 1
            #expect(p[entry.range].allSatisfy { $0 == expected }, "\(entry.name)")
        }
    }

    @Test func choicesAreReadAndRefused() throws {
        #expect(try decode(#"{"type":"adam"}"#) == OptimiserChoice.adam(AdamOptions()))
        #expect(try decode(#"{"type":"adamw"}"#) == OptimiserChoice.adamW(AdamOptions(weightDecay: 0.01)))
        let json = #"{"type":"adamw","rate":0.05,"weight_decay":0.25,"beta1":0.8,"beta2":0.99,"epsilon":0.01}"#
        #expect(try decode(json) == OptimiserChoice.adamW(Self.adam))
        for (_, choice) in Self.choices { #expect(try recoded(choice) == choice) }
        #expect(
            refusal(#"{"type":"adam","momentum":0.9}"#, as: OptimiserChoice.self)
                == #"an optimiser of type adam has no "momentum"; it has type, rate, weight_decay, beta1, beta2, epsilon"#
        )
        #expect(
            refusal(#"{"type":"sgd","rate":-1}"#, as: OptimiserChoice.self)
                == #""rate" of an optimiser of type sgd is -1.0; use a number above 0"#)
        #expect(
            refusal(#"{"type":"sdg"}"#, as: OptimiserChoice.self)
                == #"an optimiser needs a "type", one of sgd, rmsprop, adam, adamw; not "sdg""#)
        #expect(
            refusal(#"{"type":"sgd","nesterov":3}"#, as: OptimiserChoice.self)
                == #""nesterov" of an optimiser of type sgd is of another type; use true or false"#)
    }
}

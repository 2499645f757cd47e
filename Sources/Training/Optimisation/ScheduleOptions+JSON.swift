// Schedules in recipes: `{"type": "cosine", "warm_up": 500, "final": 0.01}`.

extension ScheduleOptions: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case type, start, rise, final, decay, every, patience
        case warmUp = "warm_up"
        case minimumImprovement = "minimum_improvement"
    }

    private enum Kind: String, CaseIterable {
        case constant, cosine, exponential, plateau
        case oneCycle = "one_cycle"

        var keys: [CodingKeys] {
            switch self {
            case .constant: [.type, .warmUp]
            case .cosine: [.type, .warmUp, .final]
            case .oneCycle: [.type, .warmUp, .start, .rise, .final]
            case .exponential: [.type, .warmUp, .decay, .every]
            case .plateau: [.type, .warmUp, .decay, .patience, .minimumImprovement, .final]
            }
        }
    }

    package init(from decoder: any Decoder) throws {
        let kind = try TrainingOptions<CodingKeys>.type(decoder, of: "a schedule", as: Kind.self)
        let options = try TrainingOptions(decoder, of: "a schedule of type \(kind.rawValue)", keys: kind.keys)
        func fraction(_ key: CodingKeys, default value: Double) throws -> Double {
            try options.read(key, "a number from 0 to 1") { $0 >= 0 && $0 <= 1 } ?? value
        }
        func decay() throws -> Double {
            try options.read(.decay, "a number above 0 and below 1") { $0 > 0 && $0 < 1 } ?? 0.5
        }
        func count(_ key: CodingKeys, _ expected: String, from least: Int, default value: Int) throws -> Int {
            try options.read(key, "\(least) to 1000000000 \(expected)") { (least...1_000_000_000).contains($0) }
                ?? value
        }
        let warmUp = try count(.warmUp, "steps", from: 0, default: 0)
        let course: Course =
            switch kind {
            case .constant: .constant
            case .cosine: .cosine(final: try fraction(.final, default: 0))
            case .oneCycle:
                .oneCycle(
                    start: try fraction(.start, default: 0.04), rise: try fraction(.rise, default: 0.3),
                    final: try fraction(.final, default: 4e-6))
            case .exponential:
                .exponential(decay: try decay(), every: try count(.every, "steps", from: 1, default: 1000))
            case .plateau:
                .plateau(
                    decay: try decay(), patience: try count(.patience, "figures", from: 1, default: 3),
                    minimumImprovement: try options.read(.minimumImprovement, "a number of at least 0") { $0 >= 0 }
                        ?? 0,
                    final: try fraction(.final, default: 0.001))
            }
        self.init(course, warmUp: warmUp)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(warmUp, forKey: .warmUp)
        func put(_ kind: Kind, _ numbers: KeyValuePairs<CodingKeys, Double> = [:]) throws {
            try container.encode(kind.rawValue, forKey: .type)
            for (key, number) in numbers { try container.encode(number, forKey: key) }
        }
        switch course {
        case .constant: try put(.constant)
        case .cosine(let final): try put(.cosine, [.final: final])
        case .oneCycle(let start, let rise, let final):
            try put(.oneCycle, [.start: start, .rise: rise, .final: final])
        case .exponential(let decay, let every):
            try put(.exponential, [.decay: decay])
            try container.encode(every, forKey: .every)
        case .plateau(let decay, let patience, let minimumImprovement, let final):
            try put(.plateau, [.decay: decay, .minimumImprovement: minimumImprovement, .final: final])
            try container.encode(patience, forKey: .patience)
        }
    }
}

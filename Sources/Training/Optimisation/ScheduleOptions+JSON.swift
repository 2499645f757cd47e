// Schedules in recipes: `{"type": "cosine", "warm_up": 500, "final": 0.01}`.

import Schema

extension ScheduleOptions: Codable {
    /// The numbers of all types; what `final` is when nothing is said depends on the type.
    private struct Numbers: Options {
        var warmUp = 0, every = 1000, patience = 3
        var start = 0.04, rise = 0.3, decay = 0.5, minimumImprovement = 0.0
        var final = 0.0

        static let rows: [OptionRow<Self>] = [
            .init("warm_up", \.warmUp, "0 to 1000000000 steps", (0...1_000_000_000).contains),
            .init("start", \.start, "a number from 0 to 1", (0...1).contains),
            .init("rise", \.rise, "a number from 0 to 1", (0...1).contains),
            .init("decay", \.decay, "a number above 0 and below 1") { $0 > 0 && $0 < 1 },
            .init("every", \.every, "1 to 1000000000 steps", (1...1_000_000_000).contains),
            .init("patience", \.patience, "1 to 1000000000 figures", (1...1_000_000_000).contains),
            .init("minimum_improvement", \.minimumImprovement, "a number of at least 0") { $0 >= 0 },
            .init("final", \.final, "a number from 0 to 1", (0...1).contains),
        ]
    }

    private enum Kind: String, OptionKind {
        case constant, cosine, exponential, plateau
        case oneCycle = "one_cycle"

        static let subject = "a schedule"

        var keys: [String] {
            switch self {
            case .constant: ["warm_up"]
            case .cosine: ["warm_up", "final"]
            case .oneCycle: ["warm_up", "start", "rise", "final"]
            case .exponential: ["warm_up", "decay", "every"]
            case .plateau: ["warm_up", "decay", "patience", "minimum_improvement", "final"]
            }
        }
    }

    package init(from decoder: any Decoder) throws {
        let kind = try Kind(from: decoder)
        var numbers = Numbers()
        numbers.final = kind == .oneCycle ? 4e-6 : kind == .plateau ? 0.001 : 0
        numbers = try kind.read(numbers, keys: kind.keys, from: decoder)
        let course: Course =
            switch kind {
            case .constant: .constant
            case .cosine: .cosine(final: numbers.final)
            case .oneCycle: .oneCycle(start: numbers.start, rise: numbers.rise, final: numbers.final)
            case .exponential: .exponential(decay: numbers.decay, every: numbers.every)
            case .plateau:
                .plateau(
                    decay: numbers.decay, patience: numbers.patience, minimumImprovement: numbers.minimumImprovement,
                    final: numbers.final)
            }
        self.init(course, warmUp: numbers.warmUp)
    }

    package func encode(to encoder: any Encoder) throws {
        var numbers = Numbers()
        numbers.warmUp = warmUp
        let kind: Kind
        switch course {
        case .constant: kind = .constant
        case .cosine(let final): (kind, numbers.final) = (.cosine, final)
        case .oneCycle(let start, let rise, let final):
            (kind, numbers.start, numbers.rise, numbers.final) = (.oneCycle, start, rise, final)
        case .exponential(let decay, let every): (kind, numbers.decay, numbers.every) = (.exponential, decay, every)
        case .plateau(let decay, let patience, let minimumImprovement, let final):
            (kind, numbers.decay, numbers.patience) = (.plateau, decay, patience)
            (numbers.minimumImprovement, numbers.final) = (minimumImprovement, final)
        }
        try kind.write(numbers, keys: kind.keys, to: encoder)
    }
}

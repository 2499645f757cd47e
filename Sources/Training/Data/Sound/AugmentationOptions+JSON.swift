// The JSON of augmentation: snake_case keys; missing ones take their defaults, unknown ones are refused.

import Schema

extension Variation: DataOptions {
    package init() { self.init(0...0) }

    package static let rows: [OptionRow<Self>] = [
        .init("range", \.range, "two numbers", within: -1e6...1e6).required,
        .init("probability", \.probability, "0 to 1", (0...1).contains),
    ]

    package init(from decoder: any Decoder) throws {
        if let point = try? decoder.singleValueContainer().decode(Double.self) {
            self.init(point...point)
        } else if let bounds = try? decoder.singleValueContainer().decode([Double].self) {
            guard bounds.count == 2, bounds[0] <= bounds[1] else {
                let key = decoder.codingPath.map(\.stringValue).joined(separator: ".")
                throw DataError.badOption(key: key, found: "\(bounds)", wanted: "[low, high]")
            }
            self.init(bounds[0]...bounds[1])
        } else {
            self = try Self().overlaid(by: decoder)
        }
    }
}

extension AugmentationOptions: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        variation("speed", \.speed, within: 0.5...2),
        variation("tempo", \.tempo, within: 0.5...2),
        .init("join", \.join),
        .init("padding", \.padding),
        .init("shift", \.shift, "seconds, 0 to 10", (0...10).contains),
        .init("room", \.room),
        .init("babble", \.babble),
        .init("noise", \.noise),
        variation("tilt_db", \.tiltDB, within: -24...24),
        .init("telephone", \.telephone, "a probability, 0 to 1", (0...1).contains),
        variation("gain_db", \.gainDB, within: -60...40),
        variation("floor_db", \.floorDB, within: -120 ... -20),
        variation("clipping_db", \.clippingDB, within: 0...40),
        .init("masks", \.masks),
    ]

    private static func variation(
        _ key: String, _ path: WritableKeyPath<Self, Variation?> & Sendable, within limits: ClosedRange<Double>
    ) -> OptionRow<Self> {
        .init(key, path, "[low, high], \(limits.lowerBound) to \(limits.upperBound)") {
            limits.contains($0.range.lowerBound) && limits.contains($0.range.upperBound)
        }
    }
}

extension AugmentationOptions.Join: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("probability", \.probability, "0 to 1", (0...1).contains),
        .init("clips", \.clips, "clips, 2 to 100", within: 2...100),
        .init("gap", \.gap, "seconds, 0 to 10", within: 0...10),
        .init("maximum_seconds", \.maximumSeconds, "seconds above 0, up to 3600") { $0 > 0 && $0 <= 3600 },
    ]
}

extension AugmentationOptions.Padding: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("before", \.before, "seconds, 0 to 60", within: 0...60),
        .init("after", \.after, "seconds, 0 to 60", within: 0...60),
    ]
}

extension AugmentationOptions.Room: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("probability", \.probability, "0 to 1", (0...1).contains),
        .init("rt60", \.rt60, "seconds, 0.05 to 2", within: 0.05...2),
        .init("direct_db", \.directDB, "dB, -20 to 40", within: -20...40),
    ]
}

extension AugmentationOptions.Noise: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("probability", \.probability, "0 to 1", (0...1).contains),
        .init("snr_db", \.snrDB, "dB, -40 to 100", within: -40...100),
        .init("sources", \.sources, "a list of sources of noise") { !$0.isEmpty }.required,
    ]
}

extension AugmentationOptions.Babble: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("probability", \.probability, "0 to 1", (0...1).contains),
        .init("snr_db", \.snrDB, "dB, -40 to 100", within: -40...100),
        .init("voices", \.voices, "voices, 1 to 20", within: 1...20),
        .init("sources", \.sources, "a list of sources"),
    ]
}

extension AugmentationOptions.Masks: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("time", \.time, "a number of masks, 0 to 100", (0...100).contains),
        .init("time_seconds", \.timeSeconds, "seconds, 0 to 60", (0...60).contains),
        .init("time_share", \.timeShare, "0 to 1", (0...1).contains),
        .init("frequency", \.frequency, "a number of masks, 0 to 100", (0...100).contains),
        .init("bands", \.bands, "features, 0 to 1000", (0...1000).contains),
    ]
}

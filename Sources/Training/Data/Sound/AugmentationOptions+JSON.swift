// The JSON of augmentation: snake_case keys; missing ones take their defaults, unknown ones are refused.

extension Variation: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case range, probability }

    package init(from decoder: any Decoder) throws {
        var range: ClosedRange<Double>?
        let key = decoder.codingPath.map(\.stringValue).joined(separator: ".")
        if let point = try? decoder.singleValueContainer().decode(Double.self) {
            self.init(point...point)
        } else if let bounds = try? decoder.singleValueContainer().decode([Double].self) {
            guard bounds.count == 2, bounds[0] <= bounds[1] else {
                throw DataError.badOption(key: key, found: "\(bounds)", wanted: "[low, high]")
            }
            self.init(bounds[0]...bounds[1])
        } else {
            let options = try DataOptionReader<CodingKeys>(decoder)
            try options.read(.range, orNil: &range, "two numbers", within: -1e6...1e6)
            guard let range else { throw options.error(at: .range, found: "missing", wanted: "[low, high]") }
            self.init(range)
            try options.read(.probability, into: &probability, "0 to 1") { (0...1).contains($0) }
        }
    }
}

extension AugmentationOptions: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case speed, tempo, join, padding, shift, room, babble, noise, telephone, masks
        case tiltDB = "tilt_db"
        case gainDB = "gain_db"
        case floorDB = "floor_db"
        case clippingDB = "clipping_db"
    }

    /// Reads the options; throws `DataError`.
    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        func read(_ key: CodingKeys, into variation: inout Variation?, within limits: ClosedRange<Double>) throws {
            try options.read(key, orNil: &variation, "[low, high], \(limits.lowerBound) to \(limits.upperBound)") {
                limits.contains($0.range.lowerBound) && limits.contains($0.range.upperBound)
            }
        }
        try read(.speed, into: &speed, within: 0.5...2)
        try read(.tempo, into: &tempo, within: 0.5...2)
        try options.read(.join, orNil: &join, "an object")
        try options.read(.padding, orNil: &padding, "an object")
        try options.read(.shift, orNil: &shift, "seconds, 0 to 10") { (0...10).contains($0) }
        try options.read(.room, orNil: &room, "an object")
        try options.read(.babble, orNil: &babble, "an object")
        try options.read(.noise, orNil: &noise, "an object")
        try read(.tiltDB, into: &tiltDB, within: -24...24)
        try options.read(.telephone, orNil: &telephone, "a probability, 0 to 1") { (0...1).contains($0) }
        try read(.gainDB, into: &gainDB, within: -60...40)
        try read(.floorDB, into: &floorDB, within: -120 ... -20)
        try read(.clippingDB, into: &clippingDB, within: 0...40)
        try options.read(.masks, orNil: &masks, "an object")
    }
}

extension AugmentationOptions.Join: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case probability, clips, gap
        case maximumSeconds = "maximum_seconds"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.probability, into: &probability, "0 to 1") { (0...1).contains($0) }
        try options.read(.clips, into: &clips, "clips, 2 to 100", within: 2...100)
        try options.read(.gap, into: &gap, "seconds, 0 to 10", within: 0...10)
        try options.read(.maximumSeconds, into: &maximumSeconds, "seconds above 0, up to 3600") { $0 > 0 && $0 <= 3600 }
    }
}

extension AugmentationOptions.Padding: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case before, after }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.before, into: &before, "seconds, 0 to 60", within: 0...60)
        try options.read(.after, into: &after, "seconds, 0 to 60", within: 0...60)
    }
}

extension AugmentationOptions.Room: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case probability, rt60
        case directDB = "direct_db"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.probability, into: &probability, "0 to 1") { (0...1).contains($0) }
        try options.read(.rt60, into: &rt60, "seconds, 0.05 to 2", within: 0.05...2)
        try options.read(.directDB, into: &directDB, "dB, -20 to 40", within: -20...40)
    }
}

extension AugmentationOptions.Noise: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case probability, sources
        case snrDB = "snr_db"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.probability, into: &probability, "0 to 1") { (0...1).contains($0) }
        try options.read(.snrDB, into: &snrDB, "dB, -40 to 100", within: -40...100)
        try options.read(.sources, into: &sources, "a list of sources")
        if sources.isEmpty { throw options.error(at: .sources, found: "empty", wanted: "a list of sources of noise") }
    }
}

extension AugmentationOptions.Babble: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case probability, voices, sources
        case snrDB = "snr_db"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.probability, into: &probability, "0 to 1") { (0...1).contains($0) }
        try options.read(.snrDB, into: &snrDB, "dB, -40 to 100", within: -40...100)
        try options.read(.voices, into: &voices, "voices, 1 to 20", within: 1...20)
        try options.read(.sources, into: &sources, "a list of sources")
    }
}

extension AugmentationOptions.Masks: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case time, frequency, bands
        case timeSeconds = "time_seconds"
        case timeShare = "time_share"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try DataOptionReader<CodingKeys>(decoder)
        try options.read(.time, into: &time, "a number of masks, 0 to 100") { (0...100).contains($0) }
        try options.read(.timeSeconds, into: &timeSeconds, "seconds, 0 to 60") { (0...60).contains($0) }
        try options.read(.timeShare, into: &timeShare, "0 to 1") { (0...1).contains($0) }
        try options.read(.frequency, into: &frequency, "a number of masks, 0 to 100") { (0...100).contains($0) }
        try options.read(.bands, into: &bands, "features, 0 to 1000") { (0...1000).contains($0) }
    }
}

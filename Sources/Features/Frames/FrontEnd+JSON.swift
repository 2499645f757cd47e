// The JSON of a front end in a model file: snake_case keys, groups for `mel`, `log`, `output`, `deltas`. Encoding
// writes every option that has a value. Decoding fills in defaults for missing keys and refuses keys it does not know:
// a misspelt option that is quietly ignored would change the features under the weights.

extension FrontEnd: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case sampleRate = "sample_rate"
        case windowSamples = "window_samples"
        case hopSamples = "hop_samples"
        case fftSize = "fft_size"
        case window
        case windowIsPeriodic = "window_is_periodic"
        case windowPlacement = "window_placement"
        case frameSpan = "frame_span"
        case preEmphasis = "pre_emphasis"
        case removeMean = "remove_mean"
        case sampleScale = "sample_scale"
        case spectrum, mel, log, output, deltas, tail, stack
        case trailSamples = "trail_samples"
        case storedStackHop = "stack_hop"
        case stackTail = "stack_tail"
    }

    /// Reads the options; throws `FeatureError`. Limits are not looked at: call `validate()`.
    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try OptionReader<CodingKeys, FeatureError>(decoder)
        try options.read(.sampleRate, into: &sampleRate)
        try options.read(.windowSamples, into: &windowSamples)
        try options.read(.hopSamples, into: &hopSamples)
        try options.read(.fftSize, into: &fftSize)
        try options.read(.window, into: &window)
        try options.read(.windowIsPeriodic, into: &windowIsPeriodic)
        try options.read(.windowPlacement, into: &windowPlacement)
        try options.read(.frameSpan, into: &frameSpan)
        try options.read(.preEmphasis, into: &preEmphasis)
        try options.read(.removeMean, into: &removeMean)
        try options.read(.sampleScale, into: &sampleScale)
        try options.read(.spectrum, into: &spectrum)
        try options.read(.mel, into: &mel)
        try options.read(.log, into: &log)
        try options.read(.output, into: &output)
        try options.read(.deltas, into: &deltas)
        try options.read(.tail, into: &tail)
        try options.read(.trailSamples, into: &trailSamples)
        try options.read(.stack, into: &stack)
        try options.read(.storedStackHop, into: &storedStackHop)
        try options.read(.stackTail, into: &stackTail)
    }
}

extension FrontEnd.Mel: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case bands, scale, shape, norm
        case lowHz = "low_hz"
        case highHz = "high_hz"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try OptionReader<CodingKeys, FeatureError>(decoder)
        try options.read(.bands, into: &bands)
        try options.read(.lowHz, into: &lowHz)
        try options.read(.highHz, into: &highHz)
        try options.read(.scale, into: &scale)
        try options.read(.shape, into: &shape)
        try options.read(.norm, into: &norm)
    }
}

extension FrontEnd.Log: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case floor, offset }

    package init(from decoder: any Decoder) throws {
        let options = try OptionReader<CodingKeys, FeatureError>(decoder)
        var floor: Double?
        var offset: Double?
        try options.read(.floor, into: &floor)
        try options.read(.offset, into: &offset)
        switch (floor, offset) {
        case (let floor?, nil): self = .floor(floor)
        case (nil, let offset?): self = .offset(offset)
        default: throw options.error("floor and offset together or neither", wanted: "one of the two")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .floor(let value): try container.encode(value, forKey: .floor)
        case .offset(let value): try container.encode(value, forKey: .offset)
        }
    }
}

extension FrontEnd.Output: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case mfcc }

    package init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            switch name {
            case "log_mel": self = .logMel
            case "log_spectrum": self = .logSpectrum
            case "mfcc": self = .mfcc(FrontEnd.MFCC())
            default:
                throw FeatureError.badOption(
                    key: "output", found: name, wanted: "log_mel, log_spectrum, mfcc or {\"mfcc\": {…}}")
            }
        } else {
            var mfcc = FrontEnd.MFCC()
            try OptionReader<CodingKeys, FeatureError>(decoder).read(.mfcc, into: &mfcc)
            self = .mfcc(mfcc)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .logMel, .logSpectrum:
            var container = encoder.singleValueContainer()
            try container.encode(self == .logMel ? "log_mel" : "log_spectrum")
        case .mfcc(let mfcc):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(mfcc, forKey: .mfcc)
        }
    }
}

extension FrontEnd.MFCC: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case coefficients, scaling, lifter }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try OptionReader<CodingKeys, FeatureError>(decoder)
        try options.read(.coefficients, into: &coefficients)
        try options.read(.scaling, into: &scaling)
        try options.read(.lifter, into: &lifter)
    }
}

extension FrontEnd.Deltas: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case order, window }

    package init(from decoder: any Decoder) throws {
        self.init()
        let options = try OptionReader<CodingKeys, FeatureError>(decoder)
        try options.read(.order, into: &order)
        try options.read(.window, into: &window)
    }
}

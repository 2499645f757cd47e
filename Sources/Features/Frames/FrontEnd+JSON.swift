// The JSON of a front end in a model file: snake_case keys, groups for `mel`, `log`, `output`, `deltas`. Encoding
// writes every option that has a value. Decoding fills in defaults for missing keys and refuses keys it does not know:
// a misspelt option that is quietly ignored would change the features under the weights. Limits are not looked at: call
// `validate()`.

import Schema

/// Options whose errors are a front end's.
protocol FeatureOptions: Options {}

extension FeatureOptions {
    package static func error(_ fault: OptionFault) -> any Error { FeatureError(fault) }
}

extension FrontEnd: FeatureOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("sample_rate", \.sampleRate),
        .init("window_samples", \.windowSamples),
        .init("hop_samples", \.hopSamples),
        .init("fft_size", \.fftSize),
        .init("window", \.window),
        .init("window_is_periodic", \.windowIsPeriodic),
        .init("window_placement", \.windowPlacement),
        .init("frame_span", \.frameSpan),
        .init("pre_emphasis", \.preEmphasis),
        .init("remove_mean", \.removeMean),
        .init("sample_scale", \.sampleScale),
        .init("spectrum", \.spectrum),
        .init("mel", \.mel),
        .init("log", \.log),
        .init("output", \.output),
        .init("deltas", \.deltas),
        .init("tail", \.tail),
        .init("trail_samples", \.trailSamples),
        .init("stack", \.stack),
        .init("stack_hop", \.storedStackHop),
        .init("stack_tail", \.stackTail),
    ]
}

extension FrontEnd.Mel: FeatureOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("bands", \.bands),
        .init("low_hz", \.lowHz),
        .init("high_hz", \.highHz),
        .init("scale", \.scale),
        .init("shape", \.shape),
        .init("norm", \.norm),
    ]
}

extension FrontEnd.MFCC: FeatureOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("coefficients", \.coefficients),
        .init("scaling", \.scaling),
        .init("lifter", \.lifter),
    ]
}

extension FrontEnd.Deltas: FeatureOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("order", \.order),
        .init("window", \.window),
    ]
}

extension FrontEnd.Log: Codable {
    /// The two ways as keys, of which an object has one.
    private struct Ways: FeatureOptions {
        var floor: Double?
        var offset: Double?

        static let rows: [OptionRow<Self>] = [.init("floor", \.floor), .init("offset", \.offset)]
    }

    package init(from decoder: any Decoder) throws {
        let ways = try Ways(from: decoder)
        switch (ways.floor, ways.offset) {
        case (let floor?, nil): self = .floor(floor)
        case (nil, let offset?): self = .offset(offset)
        default:
            throw FeatureError.badOption(
                key: decoder.codingPath.map(\.stringValue).joined(separator: "."),
                found: "floor and offset together or neither", wanted: "one of the two")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var ways = Ways()
        switch self {
        case .floor(let value): ways.floor = value
        case .offset(let value): ways.offset = value
        }
        try ways.encode(to: encoder)
    }
}

extension FrontEnd.Output: Codable {
    /// The output that has options of its own, as an object has it.
    private struct Transform: FeatureOptions {
        var mfcc = FrontEnd.MFCC()

        static let rows: [OptionRow<Self>] = [.init("mfcc", \.mfcc)]
    }

    package init(from decoder: any Decoder) throws {
        guard let name = try? decoder.singleValueContainer().decode(String.self) else {
            self = .mfcc(try Transform(from: decoder).mfcc)
            return
        }
        switch name {
        case "log_mel": self = .logMel
        case "log_spectrum": self = .logSpectrum
        case "mfcc": self = .mfcc(FrontEnd.MFCC())
        default:
            throw FeatureError.badOption(
                key: "output", found: name, wanted: "log_mel, log_spectrum, mfcc or {\"mfcc\": {…}}")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .logMel, .logSpectrum:
            var container = encoder.singleValueContainer()
            try container.encode(self == .logMel ? "log_mel" : "log_spectrum")
        case .mfcc(let mfcc): try Transform(mfcc: mfcc).encode(to: encoder)
        }
    }
}

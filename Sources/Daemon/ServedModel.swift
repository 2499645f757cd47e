// The model that a daemon serves: of sound, or of sequences of tokens or vectors.

import Pipeline
import Wire

/// What the streams of a daemon are read by.
package enum ServedModel: Sendable {
    case sound(Model)
    case sequences(SequenceModel)

    /// Loads the model of these options and runs its self-test.
    /// - Throws: ``ModelError``, also when the options ask for what the model cannot do.
    package init(_ options: DaemonOptions) throws {
        if SequenceModelFile.describes(path: options.model) {
            let model = try SequenceModel(path: options.model)
            guard options.gate == nil, options.offlineModel == nil, options.languageModel == nil else {
                throw DaemonError.noSound(path: options.model)
            }
            self = .sequences(model)
        } else {
            let model = try Model(
                path: options.model, gate: options.gate, offline: options.offlineModel,
                languageModel: options.languageModel)
            try model.runSelfTest()
            self = .sound(model)
        }
        // What the model cannot fulfil shows now, not with the first stream.
        switch self {
        case .sound(let model): _ = try Session(model, options.sessionOptions(model))
        case .sequences(let model): try SequenceSession.check(model, options.mode.readings)
        }
    }

    var path: String {
        switch self {
        case .sound(let model): model.path
        case .sequences(let model): model.path
        }
    }

    /// Samples, or steps, in a second of a stream's clock.
    package var rate: Double {
        switch self {
        case .sound(let model): Double(model.sampleRate)
        case .sequences(let model): model.rate
        }
    }

    /// What its streams can be read with.
    var modes: [Mode] {
        let (online, offline) =
            switch self {
            case .sound(let model): (true, model.offline != nil)
            case .sequences(let model): (model.online != nil, model.offline != nil)
            }
        return Mode.allCases.filter {
            switch $0 {
            case .online: online
            case .offline: offline
            case .both: online && offline
            }
        }
    }

    /// - Throws: ``ModelError`` when a stream cannot be read so.
    func check(_ mode: Mode, _ settings: SessionOptions?) throws {
        switch self {
        case .sound(let model):
            if mode != .online { try Rereader.network(of: model, settings?.decoder ?? model.decoder) }
        case .sequences(let model): try SequenceSession.check(model, mode.readings)
        }
    }
}

/// How one stream is read.
enum StreamOptions {
    case sound(Model, SessionOptions)
    case sequences(SequenceModel, SequenceOptions)
}

// The model that a daemon serves: of sound, or of sequences of tokens or vectors.

import Events
import Pipeline

/// What the streams of a daemon are read by.
package enum ServedModel: Sendable {
    case sound(Model)
    case sequences(SequenceModel)
    case pairs(TranslationModel)

    /// Loads the model of these options and runs its self-test.
    /// - Throws: ``ModelError``, also when the options ask for what the model cannot do.
    package init(_ options: DaemonOptions) throws {
        if let task = SequenceModelFile.task(path: options.model) {
            guard options.gate == nil, options.offlineModel == nil, options.languageModel == nil else {
                throw DaemonError.noSound(path: options.model)
            }
            self =
                task == TranslationFile.task
                ? .pairs(try TranslationModel(path: options.model)) : .sequences(try SequenceModel(path: options.model))
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
        case .sequences(let model): _ = try SequenceSession(model, options.sequenceOptions())
        case .pairs: try check(options.mode, nil)
        }
    }

    var path: String {
        switch self {
        case .sound(let model): model.path
        case .sequences(let model): model.path
        case .pairs(let model): model.path
        }
    }

    /// Whether its labels say from where to where they reach; CTC's only say where they were sure.
    package var labelsAreWhole: Bool {
        if case .sound(let model) = self { model.decoder.kind == .framewise } else { true }
    }

    /// Samples, or steps, in a second of a stream's clock.
    package var rate: Double {
        switch self {
        case .sound(let model): Double(model.sampleRate)
        case .sequences(let model): model.rate
        case .pairs: 1
        }
    }

    /// What its streams can be read with.
    var modes: [Mode] {
        let (online, offline) =
            switch self {
            case .sound(let model): (true, model.offline != nil)
            case .sequences(let model): (model.online != nil, model.offline != nil)
            case .pairs: (true, true)
            }
        return Mode.allCases.filter {
            switch $0 {
            case .online: online
            case .offline: offline
            case .both: if case .pairs = self { false } else { online && offline }
            }
        }
    }

    /// - Throws: ``ModelError`` when a stream cannot be read so.
    func check(_ mode: Mode, _ settings: SessionOptions?) throws {
        switch self {
        case .sound(let model):
            if mode != .online { try Rereader.network(of: model, settings?.decoder ?? model.decoder) }
        case .sequences(let model): try SequenceSession.check(model, mode.readings)
        case .pairs(let model): try TranslationSession.check(model, mode.readings)
        }
    }

    /// - Throws: ``DaemonError`` when it is to generate, and cannot.
    package func check(_ generation: SequenceOptions.Generation?) throws {
        if case .pairs(let model) = self, generation != nil { throw DaemonError.noGeneration(path: model.path) }
    }
}

/// How one stream is read, and by what.
enum StreamOptions {
    case sound(Model, SessionOptions)
    case sequences(SequenceModel, SequenceOptions)
    case pairs(TranslationModel)

    /// The model by which it is read.
    var model: ServedModel {
        switch self {
        case .sound(let model, _): .sound(model)
        case .sequences(let model, _): .sequences(model)
        case .pairs(let model): .pairs(model)
        }
    }

    /// A stream on the engine; `maximumAhead` in seconds.
    /// - Throws: ``ModelError`` when the model cannot do what the options ask for.
    func makeStream(
        maximumAhead: Double?, on engine: Engine, deliver: @escaping EngineStream.Deliver
    ) throws -> EngineStream {
        switch self {
        case .sound(let model, let options):
            try SoundStream(model, options, maximumAhead: maximumAhead, on: engine, deliver: deliver)
        case .sequences(let model, let options): try SequenceStream(model, options, on: engine, deliver: deliver)
        case .pairs(let model): TranslationStream(model, on: engine, deliver: deliver)
        }
    }
}

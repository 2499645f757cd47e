// What streams of a model can be, and how one is opened.

import Decoding
import Events
import Recurrent

extension Model {
    /// The modes that its streams can be read in.
    package var modes: [Reading] { Reading.allCases.filter { mode in (try? check(mode)) != nil } }

    /// Whether its labels say from where to where they reach; CTC's only say where they were sure.
    package var labelsAreWhole: Bool { file.kind != .sound || decoder.kind == .framewise }

    /// - Throws: ``ModelError`` when the model has no network for a reading. `decoder` are the settings that the stream
    ///   is decoded with; those of the model when nil.
    package func check(_ reading: Reading, decoder: DecoderOptions? = nil) throws(ModelError) {
        switch file.kind {
        case .sound: if reading.hasOffline { try Rereader.network(of: self, decoder ?? self.decoder) }
        case .sequence: try SequenceSession.check(self, reading)
        case .pairs: try TranslationSession.check(self, reading)
        }
    }

    /// - Throws: ``ModelError`` when a stream cannot be read so.
    package func check(_ options: SessionOptions) throws(ModelError) {
        switch file.kind {
        case .sound: _ = try Session(self, options)
        case .sequence: _ = try SequenceSession(self, options)
        case .pairs: _ = try TranslationSession(self, options)
        }
    }

    /// Reads one stream by itself, in the caller's thread.
    /// - Throws: ``ModelError`` when it cannot be read so.
    package func makeReader(_ options: SessionOptions) throws(ModelError) -> any StreamReader {
        switch file.kind {
        case .sound: SessionReader(try Session(self, options), batchedWith: self)
        case .sequence: SessionReader(try SequenceSession(self, options), batchedWith: online == nil ? nil : self)
        case .pairs: SessionReader(try TranslationSession(self, options), batchedWith: nil)
        }
    }

    /// Reads one stream among those of an engine. One of sound that is read more than `maximumAhead` seconds faster
    /// than it lasts ends with an error.
    /// - Throws: ``ModelError`` when it cannot be read so.
    package func makeStream(
        _ options: SessionOptions, maximumAhead: Double? = nil, on engine: Engine,
        deliver: @escaping EngineStream.Deliver
    ) throws(ModelError) -> EngineStream {
        var options = options
        options.handsOverUtterances = true
        return switch file.kind {
        case .sound:
            SessionStream(
                try Session(self, options), batchedWith: self, reads: 1 + (options.lookahead.map(steps) ?? 0),
                maximumAhead: maximumAhead, on: engine, deliver: deliver)
        case .sequence:
            SessionStream(
                try SequenceSession(self, options), batchedWith: online == nil ? nil : self, on: engine,
                deliver: deliver)
        case .pairs:
            SessionStream(try TranslationSession(self, options), batchedWith: nil, on: engine, deliver: deliver)
        }
    }

    /// What needs sound, asked of what has none.
    /// - Throws: ``ModelError/kind(path:reason:)``.
    func checkHasNoSound(_ options: SessionOptions) throws(ModelError) {
        guard options.lookahead == nil else {
            throw .kind(path: path, reason: "lookahead is for models of sound: leave it out")
        }
    }
}

// A model file in a program of one's own.

import Pipeline
import Events

/// What happened on a stream: its ``Event/body`` says what, its ``Event/json`` is the line that the daemon would write.
public typealias Event = Events.Event
/// Which of a model's two networks read.
public typealias Reading = Events.Reading

/// What is wrong with a file or with what is asked of it, and what to try.
public struct HeardError: Error, CustomStringConvertible {
    /// What is wrong, where, and what to try.
    public let description: String

    init(_ error: any Error) { description = "\(error)" }
}

/// A model that has been loaded and has passed its self-test. It does not change: any number of streams, on any
/// threads, are read by it.
public struct HeardModel: Sendable {
    let model: Model

    /// Loads a model file of any kind, such as `samples/speech-online.safetensors`.
    /// - Throws: ``HeardError`` when it cannot be read, is no model, or does not compute on this machine what it did
    ///   where it was made.
    public init(path: String) throws(HeardError) {
        do {
            model = try Model(path: path)
        } catch {
            throw HeardError(error)
        }
    }

    /// The rate at which the model hears, in Hz; nil of one that reads text or vectors. Sound of other rates is
    /// resampled.
    public var sampleRate: Int? { model.file.kind == .sound ? model.sampleRate : nil }
}

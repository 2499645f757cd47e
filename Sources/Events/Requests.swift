// What clients may say. Each is one line of JSON:
//
//     audio.sock    HEARD {"stream":"kitchen","mode":"both","lookahead":"160ms"}      optional, before the audio's
//                   first byte
//     labels.sock   {"streams":["kitchen"],"kinds":["label"],"since":1041}      optional
//     control.sock  {"request":"status"}                          any number of them
//                   {"request":"set","stream":"kitchen","mode":"both"}

import Foundation
import Schema

/// Which of the two networks read a stream.
public enum Reading: String, Codable, Sendable, CaseIterable {
    /// The one-directional network, while the audio arrives.
    case online
    /// The bidirectional network, when an utterance has ended.
    case offline
    /// Both, aligned: each difference is a `revision`.
    case both

    /// Whether the network that reads in one direction reads, while the stream arrives.
    public var hasOnline: Bool { self != .offline }
    /// Whether the bidirectional network reads, when an utterance has ended.
    public var hasOffline: Bool { self != .online }
}

/// The optional first line on `audio.sock`.
package struct StreamRequest: Codable, Sendable, Equatable {
    /// The stream's name in events; made up when absent. See ``check(name:)``.
    package var stream: String?
    package var mode: Reading?
    /// The format of headerless samples, such as `s16le,16000,1`; `auto` for a container although the daemon is set to
    /// raw.
    package var raw: String?
    /// The channel to listen to, counted from 0; all are averaged when absent.
    package var channel: Int?
    /// How much future labels are emitted with, such as `160ms`; `none` although the daemon is set to some.
    package var lookahead: String?
    /// How often the gates of the network are reported, such as `250ms`; `none` although the daemon is set to some.
    package var gates: String?
    /// What to generate after the stream's end; of models that predict.
    package var generate: GenerationRequest?

    package init(
        stream: String? = nil, mode: Reading? = nil, raw: String? = nil, channel: Int? = nil, lookahead: String? = nil,
        gates: String? = nil, generate: GenerationRequest? = nil
    ) {
        self.generate = generate
        self.stream = stream
        self.mode = mode
        self.raw = raw
        self.channel = channel
        self.lookahead = lookahead
        self.gates = gates
    }

    /// What the line begins with; no audio container does.
    package static let magic = "HEARD "

    /// The line to send, with its line end.
    package var line: String {
        var json = JSONLine()
        if let stream { json.add("stream", stream) }
        if let mode { json.add("mode", mode.rawValue) }
        if let raw { json.add("raw", raw) }
        if let channel { json.add("channel", channel) }
        if let lookahead { json.add("lookahead", lookahead) }
        if let gates { json.add("gates", gates) }
        if let generate { json.add("generate", generate.line) }
        return Self.magic + json.string + "\n"
    }

    /// Reads the line, with its ``magic`` and without its line end.
    /// - Throws: ``WireError/badRequest(reason:)``.
    package init(line: some Collection<UInt8>) throws(WireError) {
        self = try decodeRequest(line.dropFirst(Self.magic.utf8.count), example: #"{"stream":"kitchen"}"#)
        if let stream { try Self.check(name: stream) }
        try generate?.validate()
    }

    /// What the stream of `audio.fifo` is named.
    package static let fifoName = "fifo"
    /// What the name of a stream begins with that did not ask for one; a number follows.
    package static let madeUpPrefix = "stream-"

    /// Names that the daemon gives, or that mean no stream or all.
    private static func isReserved(_ name: String) -> Bool {
        if ["-", "*", fifoName].contains(name) { return true }
        return name.hasPrefix(madeUpPrefix)
            && name.dropFirst(madeUpPrefix.count).allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// Greatest length of a stream's name, in bytes of UTF-8.
    package static let longestName = 64
    /// Marks that may follow one another: a vowel and a tone of Thai, two accents of Vietnamese.
    private static let mostMarks = 2

    /// A stream's name has 1 to 64 bytes of UTF-8, all of them of characters that can be seen, or spaces: no controls,
    /// no line ends, nothing that turns the direction of text or has no width, and no mark without a letter or with
    /// more than one other.
    /// - Throws: ``WireError/badRequest(reason:)`` when `name` cannot be a stream's.
    package static func check(name: String) throws(WireError) {
        guard (1...longestName).contains(name.utf8.count), isPrintable(name) else {
            throw .badRequest(
                reason: "a stream's name has 1 to \(longestName) bytes, all of them of printable characters")
        }
        guard !isReserved(name) else {
            throw .badRequest(
                reason: "the names \(fifoName), \(madeUpPrefix)NUMBER, - and * are the daemon's own; choose another")
        }
    }

    private static func isPrintable(_ name: String) -> Bool {
        // A mark at the beginning would stand on what is before the name.
        var marks = mostMarks
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                return false
            case .nonspacingMark, .enclosingMark:
                marks += 1
                guard marks <= mostMarks else { return false }
            default: marks = 0
            }
        }
        return true
    }
}

/// How a model that predicts goes on after what it was sent.
package struct GenerationRequest: Codable, Sendable, Equatable {
    /// Steps to make up, at the most.
    package var count: Int
    /// 0 takes the most probable each time; 1 when absent.
    package var temperature: Double?
    /// Draw among so many of the most probable tokens, or among those that have so much of the mass; all when absent.
    package var topK: Int?
    package var topP: Double?
    /// What decides: the same seed, the same steps; 1 when absent.
    package var seed: UInt64?

    /// Steps of one request, at the most.
    package static let mostSteps = 1_000_000

    private enum CodingKeys: String, CodingKey {
        case count, temperature, seed
        case topK = "top_k"
        case topP = "top_p"
    }

    package init(
        count: Int, temperature: Double? = nil, topK: Int? = nil, topP: Double? = nil, seed: UInt64? = nil
    ) {
        (self.count, self.temperature, self.topK, self.topP, self.seed) = (count, temperature, topK, topP, seed)
    }

    /// - Throws: ``WireError/badRequest(reason:)`` for numbers that make no sense.
    package func validate() throws(WireError) {
        guard (1...Self.mostSteps).contains(count), temperature.map({ $0 >= 0 && $0.isFinite }) ?? true,
            topK.map({ $0 >= 0 }) ?? true, topP.map({ $0 > 0 && $0 <= 1 }) ?? true
        else {
            throw .badRequest(
                reason: "generate has a count of 1 to \(Self.mostSteps), a temperature of 0 or above, "
                    + "top_k of 0 or more, and top_p above 0, at most 1")
        }
    }

    fileprivate var line: JSONLine {
        var line = JSONLine()
        line.add("count", count)
        if let temperature { line.add("temperature", temperature) }
        if let topK { line.add("top_k", topK) }
        if let topP { line.add("top_p", topP) }
        if let seed { line.add("seed", seed) }
        return line
    }
}

/// The optional first line on `labels.sock`: which events to send.
package struct EventFilter: Codable, Sendable, Equatable {
    /// Names of streams; all when absent.
    package var streams: [String]?
    /// Kinds of events; all when absent.
    package var kinds: [String]?
    /// Send what is still remembered from this `seq` on (itself left out); only new events when absent.
    package var since: UInt64?
    /// The daemon's life that `since` is a number of. Of another life than this one, all that is remembered is sent,
    /// after a `dropped`.
    package var epoch: String?

    package init(streams: [String]? = nil, kinds: [String]? = nil, since: UInt64? = nil, epoch: String? = nil) {
        self.streams = streams
        self.kinds = kinds
        self.since = since
        self.epoch = epoch
    }

    /// Nothing is left out.
    package var isOpen: Bool { streams == nil && kinds == nil }

    /// The line to send, with its line end.
    package var line: String {
        var json = JSONLine()
        if let streams { json.add("streams", streams) }
        if let kinds { json.add("kinds", kinds) }
        if let since { json.add("since", since) }
        if let epoch { json.add("epoch", epoch) }
        return json.string + "\n"
    }

    /// - Throws: ``WireError/badRequest(reason:)``, also for a kind that does not exist.
    package init(line: some Collection<UInt8>) throws(WireError) {
        self = try decodeRequest(line, example: #"{"streams":["kitchen"],"kinds":["label"]}"#)
        for kind in kinds ?? [] where Event.Kind(rawValue: kind) == nil {
            let known = Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest(reason: "\"\(excerpt(kind))\" is no kind of event; there are \(known)")
        }
        guard epoch == nil || since != nil else {
            throw .badRequest(reason: "epoch says of which life of the daemon since is a number; give both")
        }
    }

    /// What tells whether an event passes, in the same time whatever the filter names.
    package var selection: EventSelection {
        EventSelection(
            streams: streams.map(Set.init), kinds: kinds.map { Set($0.compactMap(Event.Kind.init(rawValue:))) })
    }
}

/// Which events pass an ``EventFilter``.
package struct EventSelection: Sendable {
    /// nil for all.
    fileprivate let streams: Set<String>?
    fileprivate let kinds: Set<Event.Kind>?

    package func contains(stream: String, kind: Event.Kind) -> Bool {
        (streams?.contains(stream) ?? true) && (kinds?.contains(kind) ?? true)
    }
}

/// One line on `control.sock`.
package struct ControlRequest: Codable, Sendable, Equatable {
    package enum Request: String, Codable, Sendable, CaseIterable { case status, streams, set, reload }

    package var request: Request
    /// The stream that is set; nil for all of those that have no mode of their own, and those to come.
    package var stream: String?
    /// What it is set to.
    package var mode: Reading?

    package init(_ request: Request) { self.request = request }

    /// Sets the networks that read a stream, or all.
    package init(set mode: Reading, of stream: String?) {
        request = .set
        self.stream = stream
        self.mode = mode
    }

    package var line: String {
        var json = JSONLine()
        json.add("request", request.rawValue)
        if let stream { json.add("stream", stream) }
        if let mode { json.add("mode", mode.rawValue) }
        return json.string + "\n"
    }

    /// - Throws: ``WireError/badRequest(reason:)``.
    package init(line: some Collection<UInt8>) throws(WireError) {
        let known = Request.allCases.map(\.rawValue).joined(separator: ", ")
        self = try decodeRequest(line, example: #"{"request":"status"}, with one of \#(known)"#)
        switch request {
        case .set where mode == nil:
            throw .badRequest(reason: #"it should look like {"request":"set","stream":"kitchen","mode":"both"}"#)
        case .status, .streams, .reload:
            guard stream == nil, mode == nil else {
                throw .badRequest(reason: "stream and mode are fields of set alone")
            }
        case .set: break
        }
    }
}

/// Decodes a JSON object of which every field is known.
private func decodeRequest<Value: Codable>(_ line: some Collection<UInt8>, example: String) throws(WireError) -> Value {
    do {
        let data = Data(line)
        let value = try JSONDecoder().decode(Value.self, from: data)
        let known = try JSONDecoder().decode(FieldNames.self, from: data).names
        let understood = Mirror(reflecting: value).children.compactMap(\.label)
        if let unknown = known.first(where: { !understood.contains($0) }) {
            throw WireError.badRequest(
                reason: "there is no field \"\(excerpt(unknown))\"; there are \(understood.joined(separator: ", "))")
        }
        return value
    } catch let error as WireError {
        throw error
    } catch let error as DecodingError {
        if case .dataCorrupted(let context) = error, context.codingPath.isEmpty {
            throw .badRequest(reason: "it is no JSON; it should look like \(example)")
        }
        let path =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            default: [any CodingKey]()
            }
        let field =
            path.first.map { "the field \"\(excerpt($0.stringValue))\" has a value that it cannot have; " } ?? ""
        throw .badRequest(reason: "\(field)it should look like \(example)")
    } catch {
        throw .badRequest(reason: "it should look like \(example)")
    }
}

/// The names of a JSON object's fields.
private struct FieldNames: Decodable {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let names: [String]

    init(from decoder: any Decoder) throws {
        names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue).sorted()
    }
}

// Containers made of chunks: AIFF and AIFC (Apple, 1989 and 1991), RIFX (RIFF with the other order of bytes), Sony
// Wave64 and Apple's Core Audio Format 1.0. Each chunk is a name, a size and a body:
//
//     AIFF, RIFX  name 4, size 4 big-endian, body padded to 2     outer chunk of 12 bytes, whose size is at 4
//     W64         name 16, size 8 little-endian that counts itself and the name, padded to 8     outer chunk of 40
//     CAF         name 4, size 8 big-endian     no outer chunk, a header of 8 bytes

/// The walk through the chunks of one container.
final class ChunkFraming: ContainerFraming {
    /// Which container.
    enum Kind: String {
        case aiff = "AIFF", rifx = "RIFX", w64 = "W64", caf = "CAF"
    }

    private let kind: Kind
    private let start: Int
    /// The stream offset at which the outer chunk ends; nil when it is not known.
    private var end: Int?
    private var stage = Stage.top
    private var hasSound = false
    /// Zero bytes that may pad the last chunk.
    private var padding = 0

    private enum Stage {
        case top, chunk
        case body(BodyFraming)
    }

    /// A walk through the container that begins at stream offset `start`.
    init(_ kind: Kind, start: Int) { (self.kind, self.start) = (kind, start) }

    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder {
        switch kind {
        case .aiff, .rifx: try LibraryDecoder(container: kind.rawValue, offset: start, options: options)
        case .w64, .caf: BufferedDecoder(container: kind.rawValue, offset: start, options: options)
        }
    }

    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        if case .body(var body) = stage {
            if let extent = body.next(queue, isLast: isLast) {
                stage = .body(body)
                return extent
            }
            stage = .chunk
        }
        if case .top = stage { return top(queue, isLast: isLast) }
        return chunk(queue, isLast: isLast)
    }

    private func top(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        let bytes = kind == .w64 ? 40 : kind == .caf ? 8 : 12
        guard queue.count >= bytes else { return rest(queue, isLast: isLast) }
        if queue.header(at: 0) == .none {
            // The decoder will refuse it, up to the next header.
            stage = .body(BodyFraming(nil))
            return next(queue, isLast: isLast)
        }
        switch kind {
        case .aiff, .rifx: end = Self.known(queue.bigEndian(4, at: 4)).map { start + 8 + $0 }
        case .w64: end = Self.known(queue.int64(at: 16)).map { start + $0 }
        case .caf: break
        }
        stage = .chunk
        return .sound(bytes)
    }

    /// A chunk's head, or what follows the last chunk.
    private func chunk(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        let isAtEnd = end.map { queue.offset >= $0 } ?? false
        if queue.count == 0 { return isLast || isAtEnd && padding == 0 ? .end(nil) : .needsBytes }
        if padding > 0, queue[0] == 0 {
            padding -= 1
            return .sound(1)
        }
        if isAtEnd { return .end(nil) }
        switch queue.opening(at: 0, isLast: isLast) {
        case .whole: return .end(nil)
        case .cut: return .needsBytes
        case .none: break
        }
        let bytes = kind == .w64 ? 24 : kind == .caf ? 12 : 8
        guard queue.count >= bytes else { return rest(queue, isLast: isLast) }
        guard isChunk(queue) else { return junk(queue, isLast: isLast) }
        begin(queue, headBytes: bytes)
        return .sound(bytes)
    }

    /// Notes the size of the chunk whose head is at the front.
    private func begin(_ queue: borrowing ByteQueue, headBytes: Int) {
        let place = queue.offset + headBytes
        let isSound = queue.has(kind == .aiff ? "SSND" : "data")
        hasSound = hasSound || isSound
        var size: Int?
        switch kind {
        case .aiff, .rifx: size = isSound ? Self.known(queue.bigEndian(4, at: 4)) : queue.bigEndian(4, at: 4)
        case .caf: size = isSound ? Self.known(queue.bigEndian(8, at: 4)) : max(0, queue.bigEndian(8, at: 4))
        case .w64: size = Self.known(queue.int64(at: 16)).map { max(0, $0 - 24) }
        }
        // An unknown size is what the outer chunk leaves.
        if size == nil, let end { size = max(0, end - place) }
        let alignment = kind == .w64 ? 8 : kind == .caf ? 1 : 2
        padding = size.map { (alignment - $0 % alignment) % alignment } ?? 0
        // The sound is believed before the outer chunk.
        if let size, let end, isSound, place + size > end { self.end = place + size }
        if let end = self.end, !isSound { size = size.map { min($0, max(0, end - place)) } }
        stage = .body(BodyFraming(size))
    }

    /// Whether the front may be a chunk's head. After the sound, where no outer chunk holds it, only a known name is.
    private func isChunk(_ queue: borrowing ByteQueue) -> Bool {
        let isPrintable = queue.prefix(4).allSatisfy { (32..<127).contains($0) }
        guard isPrintable, end == nil, hasSound else { return isPrintable }
        return Self.namesAfterSound.contains(String(decoding: queue.prefix(4), as: UTF8.self))
    }

    /// What is no chunk belongs to the outer one, if that goes on.
    private func junk(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        guard let end else { return .end(nil) }
        stage = .body(BodyFraming(end - queue.offset))
        return next(queue, isLast: isLast)
    }

    /// Fewer bytes than a head has.
    private func rest(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        if !isLast { return .needsBytes }
        return queue.count > 0 ? .sound(queue.count) : .end(nil)
    }

    /// A size, or nil for what stands for an unknown one: 0, -1, or about 2 GiB (sox writes 0x7F000000) and more.
    static func known(_ size: Int) -> Int? { size <= 0 || size >= 0x7F00_0000 - 4096 ? nil : size }

    private static let namesAfterSound: Set<String> = [
        "COMM", "FVER", "MARK", "COMT", "INST", "MIDI", "AESD", "APPL", "NAME", "AUTH", "(c) ", "ANNO", "ID3 ", "PEAK",
        "CHAN",
        "LIST", "fact", "cue ", "smpl", "pakt", "kuki", "strg", "mark", "regn", "inst", "midi", "ovvw", "peak", "edct",
        "info",
        "umid", "uuid", "free", "chan",
    ]
}

/// Sun's and NeXT's AU: a header that says where the sound begins, and its length or 0xFFFFFFFF.
final class AUFraming: ContainerFraming {
    private let start: Int
    private var body: BodyFraming?

    /// A walk through the AU that begins at stream offset `start`.
    init(start: Int) { self.start = start }

    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder {
        try LibraryDecoder(container: "AU", offset: start, options: options)
    }

    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        if body == nil {
            guard queue.count >= 24 || isLast else { return .needsBytes }
            // A header that contradicts itself says no length.
            body = BodyFraming(queue.header(at: 0) == .none ? nil : Self.length(queue), clear: start + 4)
        }
        return body?.next(queue, isLast: isLast) ?? .end(nil)
    }

    /// The length of the whole file, if its header is there and says it.
    private static func length(_ queue: borrowing ByteQueue) -> Int? {
        guard queue.count >= 12 else { return nil }
        let isBig = queue.has(".snd")
        let offset = isBig ? queue.bigEndian(4, at: 4) : queue.uint32(at: 4)
        let size = isBig ? queue.bigEndian(4, at: 8) : queue.uint32(at: 8)
        return ChunkFraming.known(size).map { max(offset, 24) + $0 }
    }
}

// The header of a WAV, from `RIFF????WAVE` to the first byte of `data`, read as the bytes come. References: RIFF MCI
// 1.0 (1991); EBU Tech 3306 (RF64, `ds64`); ITU-R BS.2088 (BW64). No chunk is kept and none is trusted: sizes only
// ever count bytes down.

import Glibc

/// A header being read; once `read` has returned true, its properties hold and the queue stands at the first sample.
struct RIFFHeader {
    /// The stream offset of its first byte.
    let start: Int
    /// `WAV`, `RF64` or `BW64`.
    private(set) var name = "WAV"
    /// The stream offset at which the outer chunk says that it ends; nil when it does not know.
    private(set) var end: Int?
    /// What the `fmt ` chunk says.
    private(set) var format: WaveFormat?
    /// The size of `data` in bytes; nil when it was not known to the writer.
    private(set) var dataBytes: Int?
    /// The size of the `fmt ` chunk was wrong.
    private(set) var warning: AudioWarning?

    private enum Stage {
        case top
        case chunk
        case skip(String, Int, isOdd: Bool)
        case pad
    }
    private var stage = Stage.top
    private var longDataBytes: Int?

    /// A header that begins at stream offset `start`.
    init(start: Int) { self.start = start }

    /// A 32-bit size, or nil for what stands for an unknown one.
    ///
    /// Writers to a pipe put 0, 0x7FFFF000 (espeak-ng, sox), 0x7FFFFFFF, 0x80000000 (arecord) or 0xFFFFFFFF (ffmpeg)
    /// there, some of them less a header or rounded down to a block; so anything from 0x7FFFE000 on is unknown.
    static func known(_ size: Int) -> Int? {
        size == 0 || size >= 0x7FFF_F000 - 4096 ? nil : size
    }

    /// Takes header bytes from `queue`. False when more bytes are needed.
    mutating func read(_ queue: inout ByteQueue, options: AudioOptions) throws(AudioError) -> Bool {
        while true {
            switch stage {
            case .top:
                guard queue.count >= 12 else { return false }
                readTop(&queue)
            case .chunk:
                guard queue.count >= 8 else { return false }
                switch try readChunk(&queue, options) {
                case .needsBytes: return false
                case .isData: return true
                case .isDone: break
                }
            case .skip(let id, let size, let isOdd):
                let count = min(size, queue.count)
                queue.drop(count)
                stage = count < size ? .skip(id, size - count, isOdd: isOdd) : isOdd ? .pad : .chunk
                if count < size { return false }
            case .pad:
                guard queue.count >= 5 else { return false }
                queue.drop(RIFFChunk.hasPad(queue) ? 1 : 0)
                stage = .chunk
            }
        }
    }

    /// What is being waited for, for the message when the stream ends here.
    var awaited: String {
        switch stage {
        case .top: "its first 12 bytes are not all there"
        case .skip(let id, let size, _): "\(size) bytes of the \(id) chunk are missing, and data after it"
        case .chunk, .pad: format == nil ? "no fmt chunk has come yet" : "no data chunk has come yet"
        }
    }

    private mutating func readTop(_ queue: inout ByteQueue) {
        name = queue.has("RIFF") ? "WAV" : queue.has("RF64") ? "RF64" : "BW64"
        end = Self.known(queue.uint32(at: 4)).map { start + 8 + $0 }
        queue.drop(12)
        stage = .chunk
    }

    private enum Progress { case needsBytes, isDone, isData }

    /// Reads one chunk's head and, for `fmt ` and `ds64`, as much of the body as is of use.
    private mutating func readChunk(
        _ queue: inout ByteQueue, _ options: AudioOptions
    ) throws(AudioError) -> Progress {
        var chunk = RIFFChunk(queue, at: 0)
        guard chunk.isPrintable else {
            let found = AudioError.span(queue.offset, queue.prefix(4))
            throw .badHeader(offset: queue.offset, detail: "\(found), not a chunk's name")
        }
        var used = 8
        if queue.has("data") {
            guard format != nil else { throw .badHeader(offset: queue.offset, detail: "data comes before fmt") }
            dataBytes = Self.known(chunk.size)
            if name != "WAV", chunk.size == 0 || chunk.size == 0xFFFF_FFFF { dataBytes = longDataBytes }
            queue.drop(8)
            return .isData
        } else if queue.has("fmt ") {
            guard let size = formatSize(queue, declared: chunk.size) else { return .needsBytes }
            chunk.size = size
            used += min(chunk.size, WaveFormat.usefulBytes)
            format = try WaveFormat(queue, at: 8, size: chunk.size, options: options)
        } else if queue.has("ds64"), chunk.size >= 16 {
            used += 16
            guard queue.count >= used else { return .needsBytes }
            readLongSizes(queue)
        }
        stage = .skip(chunk.id, chunk.size - (used - 8), isOdd: chunk.size % 2 == 1)
        queue.drop(used)
        return .isDone
    }

    /// The size of the `fmt ` chunk at the front: the declared one if a chunk follows it, else up to where a known one
    /// stands within the next bytes. nil when more bytes are needed.
    private mutating func formatSize(_ queue: borrowing ByteQueue, declared: Int) -> Int? {
        let (least, most) = (14, 64)
        let end = 8 + min(declared, most) + declared % 2
        guard queue.count >= end + 8 else { return nil }
        let isExtensible = queue.uint16(at: 8) == 0xFFFE
        let last = max(end, 8 + (isExtensible ? WaveFormat.usefulBytes : least)) + 4
        let isFollowed = declared <= most && [end, end - declared % 2].contains { RIFFChunk.isKnown(queue, at: $0) }
        if isFollowed { return declared }
        guard queue.count >= last + 4 else { return nil }
        guard let next = (8 + least...last).first(where: { RIFFChunk.isKnown(queue, at: $0) }) else { return declared }
        let detail = "the fmt chunk is said to hold \(declared) bytes, and the next begins after \(next - 8)"
        warning = .contradictingHeader(offset: queue.offset + 4, detail: detail)
        return next - 8
    }

    /// The 64-bit sizes of `ds64`: of the outer chunk and of `data`; 0 and anything absurd is unknown.
    private mutating func readLongSizes(_ queue: borrowing ByteQueue) {
        func known(_ size: Int) -> Int? { size > 0 && size < 1 << 62 ? size : nil }
        end = known(queue.int64(at: 8)).map { start + 8 + $0 }
        longDataBytes = known(queue.int64(at: 16))
    }
}

/// The eight bytes that head a chunk.
struct RIFFChunk {
    /// The four bytes of the name as text.
    let id: String
    /// The declared size of the body, in bytes.
    var size: Int
    /// Whether the name is four printable ASCII characters.
    let isPrintable: Bool
    /// Whether the name is one that writers put around `data`.
    let isKnown: Bool
    /// Whether the name is of letters and digits, but for spaces at its end.
    let isWord: Bool

    /// Reads the head at `index` of `queue`, which holds it whole.
    init(_ queue: borrowing ByteQueue, at index: Int) {
        let name = queue.prefix(4, at: index)
        id = String(decoding: name, as: UTF8.self)
        isPrintable = name.allSatisfy { (32..<127).contains($0) }
        isKnown = Self.isKnown(queue, at: index)
        isWord = name.allSatisfy { ($0 == 32 || isalnum(Int32($0)) != 0) } && name[0] != 32
        size = queue.uint32(at: index + 4)
    }

    /// Whether a body of odd size that ended at the front of `queue` is followed by a pad byte.
    ///
    /// The specification wants one and some writers forget it, so both places are looked at. Needs five bytes.
    static func hasPad(_ queue: borrowing ByteQueue) -> Bool {
        if isKnown(queue, at: 1) { return true }
        return !queue.prefix(4).allSatisfy { (32..<127).contains($0) }
    }

    /// Whether the four bytes at `index` are all there and name a chunk that writers put around `data`.
    static func isKnown(_ queue: borrowing ByteQueue, at index: Int) -> Bool {
        for name in known where queue.has(name, at: index) { return true }
        return false
    }

    /// Whether the chunk that begins `bytes`, which are among samples, is there; false when they end within what may be
    /// one, nil when they are none. Six bytes at the least must be what they are in a chunk alone.
    static func standsAmongSamples(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        func agrees(_ name: StaticString, _ start: Int) -> Bool {
            (0..<max(0, min(4, bytes.count - start))).allSatisfy { bytes[start + $0] == name.utf8Start[$0] }
        }
        guard known.contains(where: { agrees($0, 0) }), !["data", "fmt "].contains(where: { agrees($0, 0) }) else {
            return nil
        }
        guard bytes.count >= 8 else { return false }
        // Of 64 KiB and less, or with a list's or tag's name at its front.
        if bytes[6] == 0, bytes[7] == 0 { return true }
        let isList = agrees("LIST", 0) && (agrees("INFO", 8) || agrees("adtl", 8))
        guard isList || agrees("id3 ", 0) && agrees("ID3\u{3}", 8), bytes[7] == 0 else { return nil }
        return bytes.count >= 12
    }

    /// Names of chunks that writers put around `data`.
    static let known: [StaticString] = [
        "LIST", "JUNK", "junk", "PAD ", "FLLR", "fact", "fmt ", "data", "ds64", "PEAK", "bext", "cue ", "plst", "smpl",
        "inst", "id3 ", "ID3 ", "iXML", "axml", "_PMX", "chna", "cart", "acid", "DISP", "labl", "note", "afsp", "umid",
    ]
}

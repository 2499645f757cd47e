// Which container a stream holds, told from its first bytes.
// Magic numbers: the formats' own specifications; MPEG audio: ISO/IEC 11172-3, 2.4.2.3.

/// How the bytes of an utterance are read.
enum Container: Equatable {
    /// RIFF, RF64 or BW64 with WAVE inside: parsed here.
    case wave
    /// Decoded by libsndfile as the bytes come, under this name.
    case streamed(String)
    /// Kept to the end and then decoded by libsndfile, under this name.
    case buffered(String)

    /// What the first bytes tell.
    enum Guess: Equatable {
        case needsBytes
        case found(Container)
        case unknown
    }

    /// The bytes that are enough to tell any container.
    static let longestMagic = 12

    /// Guesses from the bytes at the front of `queue`; `isLast` when no more will come.
    ///
    /// `needsBytes` with `isLast` means that the stream stops within what may have been a known header.
    static func guess(_ queue: borrowing ByteQueue, isLast: Bool) -> Guess {
        guard queue.count >= 4 else { return isLast && !mayOpen(queue) ? .unknown : .needsBytes }
        if isWaveMagic(queue) || queue.has("FORM") {
            guard queue.count >= longestMagic else { return .needsBytes }
            if !queue.has("FORM") { return queue.has("WAVE", at: 8) ? .found(.wave) : .unknown }
            return queue.has("AIFF", at: 8) || queue.has("AIFC", at: 8) ? .found(.streamed("AIFF")) : .unknown
        }
        if queue.has("RIFX") { return .found(.streamed("RIFX")) }
        if queue.has("riff") { return .found(.buffered("W64")) }
        if queue.has(".snd") || queue.has("dns.") { return .found(.streamed("AU")) }
        if queue.has("OggS") { return .found(.streamed("Ogg")) }
        if queue.has("ID3") || isMPEGFrame(queue) { return .found(.buffered("MP3")) }
        if queue.has("fLaC") { return .found(.buffered("FLAC")) }
        if queue.has("caff") { return .found(.buffered("CAF")) }
        return .unknown
    }

    /// Whether the first four bytes open a RIFF, RF64 or BW64.
    private static func isWaveMagic(_ queue: borrowing ByteQueue) -> Bool {
        queue.has("RIFF") || queue.has("RF64") || queue.has("BW64")
    }

    /// Whether fewer than four bytes are the beginning of some magic.
    private static func mayOpen(_ queue: borrowing ByteQueue) -> Bool {
        let magics: [StaticString] = [
            "RIFF", "RF64", "BW64", "RIFX", "riff", "FORM", ".snd", "dns.", "OggS", "ID3", "fLaC", "caff",
        ]
        for magic in magics where queue.mayStart(magic) { return true }
        return false
    }

    /// Whether four bytes are an MPEG audio frame's header: sync, and no reserved version, layer, bit rate or rate.
    private static func isMPEGFrame(_ queue: borrowing ByteQueue) -> Bool {
        queue[0] == 0xFF && queue[1] & 0xE0 == 0xE0 && queue[1] & 0x18 != 0x08 && queue[1] & 0x06 != 0
            && queue[2] & 0xF0 != 0xF0 && queue[2] & 0x0C != 0x0C
    }
}

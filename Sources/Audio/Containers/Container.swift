// Which container a stream holds, told from its first bytes.
// Magic numbers: the formats' own specifications.

/// How the bytes of an utterance are read.
enum Container {
    /// RIFF, RF64 or BW64 with WAVE inside: parsed here.
    case wave
    /// Decoded by a library, within this framing.
    case framed(any ContainerFraming)
    /// A container or codec that is known and not decoded here, under this name.
    case foreign(String)

    /// What the first bytes tell.
    enum Guess {
        case needsBytes
        case found(Container)
        case unknown
    }

    /// The bytes that are enough to tell a container of those that are read here.
    static let longestMagic = 12

    /// Guesses from the bytes at the front of `queue`; `isLast` when no more will come.
    ///
    /// `needsBytes` with `isLast` means that the stream stops within what may have been a known header.
    static func guess(_ queue: borrowing ByteQueue, isLast: Bool) -> Guess {
        guard queue.count >= 4 else { return isLast && !mayOpen(queue) ? .unknown : .needsBytes }
        if isWaveMagic(queue) || queue.has("FORM") {
            guard queue.count >= longestMagic else { return .needsBytes }
            if !queue.has("FORM") { return queue.has("WAVE", at: 8) ? .found(.wave) : foreign(queue, isLast: isLast) }
            return queue.has("AIFF", at: 8) || queue.has("AIFC", at: 8)
                ? framed(ChunkFraming(.aiff, start: queue.offset)) : .unknown
        }
        let start = queue.offset
        if queue.has("RIFX") { return framed(ChunkFraming(.rifx, start: start)) }
        if queue.has("riff") { return framed(ChunkFraming(.w64, start: start)) }
        if queue.has("caff") { return framed(ChunkFraming(.caf, start: start)) }
        if queue.has(".snd") || queue.has("dns.") { return framed(AUFraming(start: start)) }
        if queue.has("OggS") { return framed(OggFraming(start: start)) }
        if queue.has("fLaC") { return framed(FLACFraming(start: start)) }
        switch MPEGFrame.opens(queue, at: 0, isLast: isLast) {
        case .whole: return framed(MPEGFraming(start: start))
        case .cut: return .needsBytes
        case .none: return foreign(queue, isLast: isLast)
        }
    }

    private static func framed(_ framing: any ContainerFraming) -> Guess { .found(.framed(framing)) }

    private static func foreign(_ queue: borrowing ByteQueue, isLast: Bool) -> Guess {
        switch ForeignContainer.look(queue, isLast: isLast) {
        case .needsBytes: .needsBytes
        case .found(let name): .found(.foreign(name))
        case .none: .unknown
        }
    }

    /// Whether the first four bytes open a RIFF, RF64 or BW64.
    private static func isWaveMagic(_ queue: borrowing ByteQueue) -> Bool {
        queue.has("RIFF") || queue.has("RF64") || queue.has("BW64")
    }

    /// Whether fewer than four bytes are the beginning of some magic.
    private static func mayOpen(_ queue: borrowing ByteQueue) -> Bool {
        let magics: [StaticString] = [
            "RIFF", "RF64", "BW64", "RIFX", "riff", "FORM", ".snd", "dns.", "OggS", "ID3", "fLaC",
            "caff",
        ]
        for magic in magics where queue.mayStart(magic) { return true }
        return false
    }
}

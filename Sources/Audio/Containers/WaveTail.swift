// What follows the declared length of a WAV's `data`: more chunks, another recording, nothing, or more samples than
// declared.

/// The bytes after `data` (or after a chunk that follows it), told from the first few of them.
enum WaveTail: Equatable {
    /// More bytes are needed to tell.
    case needsBytes
    /// The bytes end here, perhaps within a pad byte or a chunk's head; `skip` are left.
    case nothing(skip: Int)
    /// A chunk whose body, or a tag that, of `size` bytes, begins `skip` bytes on.
    case chunk(skip: Int, size: Int)
    /// A header, or the beginning of one where the bytes end, `skip` bytes on.
    case header(skip: Int)
    /// None of these: samples, if the declared length was too small, or junk.
    case other

    /// A chunk larger than this is believed only if it lies within the outer chunk.
    private static let largestStrayChunk = 16 << 20
    /// The same for one whose name is not known, but is one.
    private static let largestUnknownChunk = 1 << 20

    /// Looks `start` bytes into `queue`. After an odd length a pad byte may come first, so both places are looked at.
    /// `riffEnd` is where the outer chunk says it ends.
    init(_ queue: borrowing ByteQueue, at start: Int, afterOdd: Bool, riffEnd: Int?, isLast: Bool) {
        let places = afterOdd ? start...start + 1 : start...start
        var mayOpen = false
        for place in places {
            switch queue.header(at: place) {
            case .whole:
                self = .header(skip: place)
                return
            case .cut: mayOpen = true
            case .none: break
            }
            // A sound of MPEG frames has no header but its frames.
            switch MPEGFrame.opens(queue, at: place, isLast: isLast) {
            case .whole:
                self = .header(skip: place)
                return
            case .cut: mayOpen = true
            case .none: break
            }
            switch queue.tag(at: place, .behind) {
            case .whole(let bytes, let slack):
                // Where a tag's own size may be wrong, the next recording is looked for.
                self = slack > 0 ? .header(skip: place) : .chunk(skip: place, size: bytes)
                return
            case .cut: mayOpen = true
            case .none: break
            }
            if !mayOpen, let size = Self.chunkSize(queue, at: place, riffEnd: riffEnd) {
                self = .chunk(skip: place + 8, size: size)
                return
            }
        }
        let left = queue.count - start
        if isLast {
            self = Self.atLastBytes(queue, places, left: left, afterOdd: afterOdd)
        } else {
            self = mayOpen || left < Container.longestMagic + (afterOdd ? 1 : 0) ? .needsBytes : .other
        }
    }

    /// The case where the stream ends within the bytes that would tell.
    private static func atLastBytes(
        _ queue: borrowing ByteQueue, _ places: ClosedRange<Int>, left: Int, afterOdd: Bool
    ) -> WaveTail {
        if left == 0 || left == 1 && afterOdd { return .nothing(skip: queue.count) }
        for place in places where queue.count > place {
            if queue.header(at: place) == .cut { return .header(skip: place) }
            if queue.count - place < 8, RIFFChunk.isKnown(queue, at: place) { return .nothing(skip: queue.count) }
        }
        return .other
    }

    /// The size of the chunk whose head is at `place`, if there is one to be believed there.
    private static func chunkSize(_ queue: borrowing ByteQueue, at place: Int, riffEnd: Int?) -> Int? {
        guard queue.count >= place + 8, !queue.has("data", at: place), !queue.has("fmt ", at: place) else { return nil }
        let chunk = RIFFChunk(queue, at: place)
        let fits = riffEnd.map { queue.offset + place + 8 + chunk.size <= $0 } ?? false
        if fits && chunk.isPrintable { return chunk.size }
        if chunk.isKnown { return chunk.size <= largestStrayChunk ? chunk.size : nil }
        return chunk.isWord && chunk.size <= largestUnknownChunk ? chunk.size : nil
    }
}

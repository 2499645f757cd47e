// The walk through one link of an Ogg: the pages from the first pages of its logical streams to their last ones. A
// physical stream is a chain of links (RFC 3533, section 4): Icecast begins one at each song. Each is an utterance.
//
// libsndfile gets the pages of the first logical stream that it can decode; those of a picture or an index beside it
// are passed over. A page whose sum is wrong is passed over too, up to the next one that is whole; that, and a gap in
// the sequence numbers, is said at the end of the link. libogg makes a hole of it, and what follows is heard.

/// The walk through one link.
final class OggFraming: ContainerFraming {
    private let start: Int
    /// The logical streams of the link that have not ended, by serial number, with the sequence number that comes next.
    private var open: [Int: Int] = [:]
    /// All that the link has or had.
    private var serials: Set<Int> = []
    /// The logical stream that is heard.
    private var heard: (serial: Int, codec: OggCodec)?
    private var isSurveyed = false
    private var lost = LostBytes()
    /// Bytes at the front of the queue at which no page begins.
    private var searched = 0
    /// What is left of the page at the front.
    private var then: Extent?
    private var isFirstPage = true
    /// Where the last page of it that came ended.
    private var end = 0

    /// A walk through the link that begins at stream offset `start`.
    init(start: Int) { self.start = start }

    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder {
        if heard?.codec == .flac { return BufferedDecoder(container: "Ogg", offset: start, options: options) }
        return try LibraryDecoder(container: "Ogg", offset: start, options: options)
    }

    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        if let extent = then {
            then = nil
            return extent
        }
        if !isSurveyed {
            guard survey(queue, isLast: isLast) else { return .needsBytes }
            isSurveyed = true
            if let refusal = refusal(queue) { return .refused(refusal) }
        }
        if !serials.isEmpty, open.isEmpty { return .end(fault) }
        while true {
            switch OggPage.look(queue, at: searched) {
            case .page(let page): return searched > 0 ? lose(searched, queue) : take(page, queue)
            case .cut where !isLast: return .needsBytes
            case .cut, .none: break
            }
            if searched == queue.count { return atLastByte(queue, isLast: isLast) }
            if !queue.mayStart("OggS", at: searched) {
                switch queue.opening(at: searched, isLast: isLast) {
                case .whole: return searched > 0 ? lose(searched, queue) : .end(endFault(isCut: lost.run > 0))
                case .cut: return .needsBytes
                case .none: break
                }
            }
            searched += 1
        }
    }

    /// Looks at the first pages, which stand together, and chooses which stream is heard. False when more bytes are
    /// needed.
    private func survey(_ queue: borrowing ByteQueue, isLast: Bool) -> Bool {
        var index = 0
        while true {
            switch OggPage.look(queue, at: index) {
            case .page(let page) where page.isFirst && !serials.contains(page.serial):
                serials.insert(page.serial)
                open[page.serial] = page.sequence
                let codec = OggCodec(queue, at: index + page.headerBytes)
                if Self.rank(codec) > Self.rank(heard?.codec ?? .other) { heard = (page.serial, codec) }
                index += page.bytes
            case .cut where !isLast: return false
            case .page, .cut, .none: return true
            }
        }
    }

    /// What is decoded here is preferred to foreign sound, that to what is none, and among equals the first.
    private static func rank(_ codec: OggCodec) -> Int {
        switch codec {
        case .vorbis, .opus, .flac: 2
        case .foreign: 1
        case .other: 0
        }
    }

    /// Why nothing of this link can be heard; nil when something can, or when no first page is known.
    private func refusal(_ queue: borrowing ByteQueue) -> AudioError? {
        switch heard?.codec {
        case .vorbis, .opus, .flac: nil
        case .foreign(let name): .unsupportedCodec(offset: start, detail: name)
        case .other, nil:
            serials.isEmpty ? nil : .unsupportedCodec(offset: start, detail: "an Ogg without a known sound")
        }
    }

    /// A whole page at the front.
    private func take(_ page: OggPage, _ queue: borrowing ByteQueue) -> Extent {
        guard let expected = open[page.serial] else {
            // The first page of another stream: the next link, whether this one had its last page or not.
            if page.isFirst { return .end(fault) }
            return lose(page.bytes, queue)
        }
        if page.isFirst, page.sequence != expected || !isFirstPage && page.serial == heard?.serial {
            return .end(fault)
        }
        // What has been heard, or is of no use any more: the numbers go up, and begin anew after 2^32.
        if UInt32(truncatingIfNeeded: page.sequence - expected) >= 1 << 31 { return lose(page.bytes, queue) }
        if !lost.endRun(), page.sequence != expected, page.serial == heard?.serial {
            lost.addGap(at: queue.offset)
        }
        open[page.serial] = page.isLast ? nil : page.sequence + 1
        end = queue.offset + page.bytes
        guard page.serial == heard?.serial else { return .skip(page.bytes) }
        defer { isFirstPage = false }
        guard heard?.codec == .flac else { return .sound(page.bytes) }
        let prefix = isFirstPage ? OggCodec.flacPrefixBytes : 0
        if page.bodyBytes > prefix { then = .sound(page.bodyBytes - prefix) }
        return .skip(page.headerBytes + min(prefix, page.bodyBytes))
    }

    /// Passes over `count` bytes that are no page of this link.
    private func lose(_ count: Int, _ queue: borrowing ByteQueue) -> Extent {
        searched = 0
        let count = lost.add(atMost: count, at: queue.offset)
        return count == 0 ? .end(endFault(isCut: true)) : .skip(count)
    }

    private func atLastByte(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        if queue.count > 0 { return lose(queue.count, queue) }
        return isLast ? .end(endFault(isCut: lost.run > 0)) : .needsBytes
    }

    private var fault: AudioError? { endFault(isCut: false) }

    /// What to say at the link's end; `isCut` when it ends within a page.
    private func endFault(isCut: Bool) -> AudioError? {
        if serials.isEmpty {
            return .undecodable(offset: start, detail: "this Ogg stream does not begin with a first page that is whole")
        }
        if isCut, lost.places == 1 {
            return .dataCutShort(
                offset: lost.first, detail: "the \(lost.count) bytes from there on are no whole Ogg page")
        }
        if let fault = lost.fault("Ogg pages") { return fault }
        guard let heard, open[heard.serial] != nil, Self.rank(heard.codec) == 2 else { return nil }
        return .dataCutShort(offset: end, detail: "the last page of the Ogg stream did not come")
    }
}

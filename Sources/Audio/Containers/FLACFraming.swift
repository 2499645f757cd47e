// The walk through a FLAC: metadata blocks, then frames, up to as many samples as STREAMINFO says or, where it does
// not, as long as one frame follows the other. References: RFC 9639, sections 8 and 9.

/// The walk through one FLAC.
final class FLACFraming: ContainerFraming {
    private let start: Int
    private var stage = Stage.top
    private var info: FLACStreamInfo?
    /// The frame at the front, once its header has been read.
    private var frame: (walk: FLACFrameWalk, samples: Int)?
    private var samples = 0
    /// Bytes at the front of the queue at which no frame begins, after damage.
    private var searched = 0
    private var lost = LostBytes()
    /// Bytes that are no frame, before the front. They are damage if a frame follows; else the sound has been cut short
    /// there.
    private var passed = 0

    private enum Stage {
        case top
        case block(isLast: Bool, BodyFraming)
        case frames
        /// After damage: where does the next frame begin?
        case search
    }

    /// A walk through the FLAC that begins at stream offset `start`.
    init(start: Int) { self.start = start }

    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder {
        BufferedDecoder(container: "FLAC", offset: start, options: options)
    }

    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        while true {
            switch stage {
            case .top:
                stage = .block(isLast: false, BodyFraming(4, clear: nil))
            case .block(let isLastBlock, var body):
                if let extent = body.next(queue, isLast: isLast) {
                    stage = .block(isLast: isLastBlock, body)
                    return extent
                }
                if isLastBlock {
                    stage = .frames
                } else if !readBlock(queue) {
                    return isLast ? rest(queue) : .needsBytes
                }
            case .frames:
                if let extent = nextFrame(queue, isLast: isLast) { return extent }
            case .search:
                return search(queue, isLast: isLast)
            }
        }
    }

    /// Reads the head of a metadata block at the front, of which nothing is taken. False when more bytes are needed.
    private func readBlock(_ queue: borrowing ByteQueue) -> Bool {
        guard queue.count >= 4 else { return false }
        let size = queue.bigEndian(3, at: 1)
        if info == nil {
            guard queue.count >= 22 else { return false }
            guard queue.bigEndian(3, at: 1) == 34, queue[0] & 0x7F == 0 else {
                // No STREAMINFO, no framing: all up to the next header is the decoder's, which will refuse it.
                stage = .block(isLast: true, BodyFraming(nil))
                info = FLACStreamInfo(channels: 1, bitsPerSample: 16, totalSamples: 0)
                return true
            }
            // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
            let fields = queue.bigEndian(8, at: 14)
            info = FLACStreamInfo(
                channels: fields >> 41 & 7 + 1, bitsPerSample: fields >> 36 & 31 + 1,
                totalSamples: fields & (1 << 36 - 1))
        }
        stage = .block(isLast: queue[0] & 0x80 != 0, BodyFraming(4 + size, clear: nil))
        return true
    }

    /// The frame at the front; nil when there is none, and the stage says what to do.
    private func nextFrame(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent? {
        guard let info else { preconditionFailure("a FLAC's first block has been read") }
        if info.totalSamples > 0, samples >= info.totalSamples { return .end(fault) }
        if frame == nil {
            guard queue.count >= FLACFrameHeader.mostBytes || isLast else { return .needsBytes }
            guard let header = queue.withBytes({ FLACFrameHeader($0, at: 0, info) }) else {
                let isOver = info.totalSamples == 0 || queue.count == 0 || queue.opening(at: 0, isLast: true) == .whole
                if isOver { return .end(fault) }
                stage = .search
                searched = 0
                return nil
            }
            frame = (FLACFrameWalk(header), header.samples)
        }
        switch queue.withBytes({ frame?.walk.walk($0) ?? .invalid }) {
        case .needsBytes where !isLast: return .needsBytes
        case .whole(let bytes):
            samples += frame?.samples ?? 0
            frame = nil
            if passed > 0 { _ = lost.add(atMost: passed, at: queue.offset - passed) }
            passed = 0
            _ = lost.endRun()
            return .sound(bytes)
        case .needsBytes, .invalid:
            frame = nil
            stage = .search
            searched = 1
            return nil
        }
    }

    /// Bytes up to the next frame's header, or another container's. The decoder gets them, and says what it makes of
    /// them.
    private func search(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        guard let info else { preconditionFailure("a FLAC's first block has been read") }
        let usable = isLast ? queue.count : queue.count - FLACFrameHeader.mostBytes
        while searched < usable {
            let isFrame = queue.withBytes { FLACFrameHeader($0, at: searched, info) != nil }
            let opening = queue.opening(at: searched, isLast: isLast)
            if opening == .cut { return .needsBytes }
            if isFrame || opening == .whole {
                stage = .frames
                return searched > 0 ? take(searched) : opening == .whole ? .end(fault) : next(queue, isLast: isLast)
            }
            searched += 1
        }
        if searched > 0, searched <= queue.count { return take(searched) }
        return isLast ? rest(queue) : .needsBytes
    }

    private func take(_ count: Int) -> Extent {
        passed += count
        searched = 0
        return .sound(count)
    }

    private func rest(_ queue: borrowing ByteQueue) -> Extent { queue.count > 0 ? .sound(queue.count) : .end(fault) }

    /// What to say at the end.
    private var fault: AudioError? { lost.fault("FLAC frames") }
}

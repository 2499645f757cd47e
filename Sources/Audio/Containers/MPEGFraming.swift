// The walk through MPEG audio, from frame to frame. It ends where a frame does not follow that may be of the same
// sound: at an encoder's note of another file, another container, tags, or the last byte. What a note says of the
// length is held against the frames that came, and never ends the sound.

/// The walk through one sound.
final class MPEGFraming: ContainerFraming {
    private let start: Int
    private var format: MPEGFrame?
    /// Frames that came, and how many the encoder's note counts; 0 when it does not say.
    private var frames = 0, noted = 0
    private var lost = LostBytes()
    /// Bytes at the front of the queue at which no frame begins.
    private var searched = 0
    /// Zeros have come since the last frame: padding, unless another follows.
    private var hasZeros = false
    private var isCut = false
    /// The stream offset of the front.
    private var position = 0

    /// Frames that an encoder may count and not write, or the other way round.
    private static let slack = 2

    /// A walk through the sound that begins at stream offset `start`.
    init(start: Int) { self.start = start }

    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder {
        try MPEGDecoder(layer: format?.layer ?? 3, offset: start, options: options)
    }

    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        position = queue.offset
        if isCut { return .end(fault) }
        if searched == 0, let extent = front(queue, isLast: isLast) { return extent }
        return search(queue, isLast: isLast)
    }

    /// A frame or a tag at the front, or the end; nil when it is neither.
    private func front(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent? {
        if queue.count < 4 {
            if !isLast { return .needsBytes }
            return queue.count == 0 ? .end(fault) : nil
        }
        if let frame = MPEGFrame(queue, at: 0), format.map(frame.agrees) ?? true {
            // Among bytes that are lost a header alone is none: where they were cut must make no difference.
            if lost.run > 0 {
                switch MPEGFrame.opens(queue, at: 0, isLast: isLast) {
                case .whole: break
                case .cut: return .needsBytes
                case .none: return nil
                }
            }
            guard queue.count >= frame.bytes else { return isLast ? cutFrame(queue) : .needsBytes }
            let note = frame.noteOfFrames(queue)
            if note != nil, format != nil { return .end(fault) }
            format = frame
            if !lost.endRun(), hasZeros { lost.addGap(at: queue.offset) }
            hasZeros = false
            if let note { noted = note } else { frames += 1 }
            return .sound(frame.bytes)
        }
        if lost.run == 0 {
            switch queue.tag(at: 0, .behind) {
            case .whole: return .end(fault)
            case .cut where !isLast: return .needsBytes
            case .cut, .none: break
            }
            let zeros = queue.withBytes { $0.firstIndex { $0 != 0 } ?? $0.count }
            if zeros > 0 {
                hasZeros = true
                return .skip(zeros)
            }
        }
        return nil
    }

    /// Whether a frame, or another container, begins at `index`.
    private func opening(_ queue: borrowing ByteQueue, at index: Int, isLast: Bool) -> ByteQueue.Opening {
        let opening = queue.opening(at: index, isLast: isLast)
        return opening == .none ? MPEGFrame.opens(queue, at: index, isLast: isLast) : opening
    }

    /// The last frame is not all there.
    private func cutFrame(_ queue: borrowing ByteQueue) -> Extent {
        isCut = true
        return .skip(queue.count)
    }

    /// Passes over bytes up to the next place where something begins.
    private func search(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent {
        while searched < queue.count {
            switch opening(queue, at: searched, isLast: isLast) {
            case .whole: return searched > 0 ? lose(queue) : .end(fault)
            case .cut: return searched > 0 ? lose(queue) : .needsBytes
            case .none: searched += 1
            }
        }
        return lose(queue)
    }

    private func lose(_ queue: borrowing ByteQueue) -> Extent {
        let count = lost.add(atMost: searched, at: queue.offset)
        searched = 0
        return count == 0 ? .end(fault) : .skip(count)
    }

    /// What to say at the end.
    private var fault: AudioError? {
        if format == nil { return .undecodable(offset: start, detail: "there is no MPEG frame") }
        if !isCut, let damage = lost.fault("MPEG frames") { return damage }
        if isCut || frames + Self.slack < noted {
            let detail =
                noted > 0 ? "\(frames) frames came and the encoder's note counts \(noted)" : "its last frame is cut"
            return .dataCutShort(offset: position, detail: detail)
        }
        return nil
    }
}

// The header of an MPEG audio frame, and what an encoder wrote into the first. References: ISO/IEC 11172-3 (MPEG-1),
// 2.4.2.3; ISO/IEC 13818-3 (MPEG-2); the Xing, Info and VBRI headers as their encoders write them.

/// A frame's header: four bytes.
struct MPEGFrame: Equatable {
    /// The version's two bits: 3 is MPEG-1, 2 is MPEG-2, 0 is 2.5.
    let version: Int
    /// 1, 2 or 3.
    let layer: Int
    /// Bits per second.
    let bitRate: Int
    /// Frames of sound per second, in Hz.
    let sampleRate: Int
    let channels: Int
    /// Bytes of the frame, its header included.
    let bytes: Int
    private let hasCRC: Bool

    /// The most bytes of a frame: layer II at 384 kbit/s and 32 kHz, layer III at 320 with MPEG-2.5's lowest rate.
    static let mostBytes = 2881

    /// The header at `index` of `queue`, which holds its four bytes; nil when none stands there. A free bit rate is not
    /// known.
    init?(_ queue: borrowing ByteQueue, at index: Int) {
        guard queue.count >= index + 4, queue[index] == 0xFF, queue[index + 1] & 0xE0 == 0xE0 else { return nil }
        version = Int(queue[index + 1] >> 3 & 3)
        layer = 4 - Int(queue[index + 1] >> 1 & 3)
        let bitCode = Int(queue[index + 2] >> 4), rateCode = Int(queue[index + 2] >> 2 & 3)
        guard version != 1, layer != 4, bitCode != 0, bitCode != 15, rateCode != 3 else { return nil }
        let isFirst = version == 3
        bitRate = 1000 * Self.kilobits[isFirst ? layer - 1 : layer == 1 ? 3 : 4][bitCode]
        sampleRate = [44_100, 48_000, 32_000][rateCode] >> (isFirst ? 0 : version == 2 ? 1 : 2)
        channels = queue[index + 3] >> 6 == 3 ? 1 : 2
        hasCRC = queue[index + 1] & 1 == 0
        let padding = Int(queue[index + 2] >> 1 & 1)
        switch layer {
        case 1: bytes = (12 * bitRate / sampleRate + padding) * 4
        case 2: bytes = 144 * bitRate / sampleRate + padding
        default: bytes = (isFirst ? 144 : 72) * bitRate / sampleRate + padding
        }
    }

    /// Whether both may be of one sound.
    func agrees(with other: MPEGFrame) -> Bool {
        version == other.version && layer == other.layer && sampleRate == other.sampleRate && channels == other.channels
    }

    /// Whether a sound begins at `index` of `queue`: two frames that agree, or one up to the last byte.
    static func opens(_ queue: borrowing ByteQueue, at index: Int, isLast: Bool) -> ByteQueue.Opening {
        if queue.count < index + 4 {
            return !isLast && queue.count > index && queue[index] == 0xFF ? .cut : .none
        }
        guard let first = MPEGFrame(queue, at: index) else { return .none }
        let next = index + first.bytes
        if queue.count >= next + 4 {
            if MPEGFrame(queue, at: next)?.agrees(with: first) ?? false { return .whole }
            let opening = queue.opening(at: next, isLast: isLast)
            switch queue.tag(at: next, .behind) {
            case .whole: return .whole
            case .cut: return isLast || opening == .whole ? .whole : .cut
            case .none: return opening
            }
        }
        return !isLast ? .cut : queue.count >= next ? .whole : .none
    }

    /// The number of frames that follow, where the frame at the front of `queue`, which is held whole, is an encoder's
    /// note and no sound: 0 when it does not say. nil when it is sound.
    func noteOfFrames(_ queue: borrowing ByteQueue) -> Int? {
        guard layer == 3 else { return nil }
        let sideBytes = version == 3 ? (channels == 1 ? 17 : 32) : (channels == 1 ? 9 : 17)
        let place = 4 + (hasCRC ? 2 : 0) + sideBytes
        if bytes >= place + 12, queue.has("Xing", at: place) || queue.has("Info", at: place) {
            return queue.bigEndian(4, at: place + 4) & 1 != 0 ? queue.bigEndian(4, at: place + 8) : 0
        }
        return bytes >= 54 && queue.has("VBRI", at: 36) ? queue.bigEndian(4, at: 50) : nil
    }

    /// Kilobits per second by the code: MPEG-1 of layers I, II, III; MPEG-2 of layer I; of II and III.
    private static let kilobits = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]
}

// The length of a FLAC frame. No field says it, so its bits are walked: no sample is computed. Reference: RFC 9639,
// section 9.
//
//     header   sync 15, blocking 1, block size 4, rate 4, channels 4, sample size 3, 0, coded number 8...56, [sizes],
//              CRC-8
//     subframe 0, type 6, wasted bits; then a constant, or samples, or warm-up samples, [coefficients] and residuals
//     residual method 2, partitions' order 4; for each a Rice parameter and its codes, or samples of a fixed size
//     footer   zeros up to a byte, CRC-16 of it all

/// What the `STREAMINFO` block says, as far as frames need it.
struct FLACStreamInfo: Equatable {
    var channels: Int
    var bitsPerSample: Int
    /// Samples of a channel in the whole stream; 0 when not known.
    var totalSamples: Int
}

/// The header of a frame.
struct FLACFrameHeader: Equatable {
    /// Bytes of the header.
    var bytes: Int
    /// Samples of each channel.
    var samples: Int
    /// 0 to 7: so many channels and one more; 8 to 10: two, of which one is a difference.
    var assignment: Int
    var bitsPerSample: Int

    /// Bytes that no header is longer than.
    static let mostBytes = 16

    var channels: Int { assignment < 8 ? assignment + 1 : 2 }

    /// Bits of a sample of channel `channel`.
    func bits(of channel: Int) -> Int {
        let difference = [8: 1, 9: 0, 10: 1][assignment]
        return bitsPerSample + (channel == difference ? 1 : 0)
    }

    /// The header at `index` of `bytes`; nil when none stands there, or not all of it.
    init?(_ bytes: UnsafeRawBufferPointer, at index: Int, _ info: FLACStreamInfo) {
        guard bytes.count >= index + 6, bytes[index] == 0xFF, bytes[index + 1] & 0xFE == 0xF8 else { return nil }
        let blockCode = Int(bytes[index + 2] >> 4), rateCode = Int(bytes[index + 2] & 15)
        let bitsCode = Int(bytes[index + 3] >> 1 & 7)
        assignment = Int(bytes[index + 3] >> 4)
        guard blockCode != 0, rateCode != 15, assignment <= 10, bitsCode != 3, bytes[index + 3] & 1 == 0 else {
            return nil
        }
        bitsPerSample = [info.bitsPerSample, 8, 12, 0, 16, 20, 24, 32][bitsCode]
        // The coded number is as long as its first byte has ones at the top; one byte when it has none.
        let ones = (~bytes[index + 4]).leadingZeroBitCount
        guard ones != 1, ones != 8 else { return nil }
        var end = index + 4 + max(1, ones)
        let sizeBytes = blockCode == 6 ? 1 : blockCode == 7 ? 2 : 0
        let rateBytes = rateCode == 12 ? 1 : rateCode > 12 ? 2 : 0
        guard bytes.count > end + sizeBytes + rateBytes else { return nil }
        switch blockCode {
        case 1: samples = 192
        case 2...5: samples = 576 << (blockCode - 2)
        case 6: samples = Int(bytes[end]) + 1
        case 7: samples = (Int(bytes[end]) << 8 | Int(bytes[end + 1])) + 1
        default: samples = 256 << (blockCode - 8)
        }
        end += sizeBytes + rateBytes
        let crc = bytes[index..<end].reduce(UInt8(0)) { Self.crc8[Int($0 ^ $1)] }
        guard crc == bytes[end] else { return nil }
        self.bytes = end + 1 - index
        guard channels == info.channels else { return nil }
    }

    /// Polynomial 0x07, first bit first.
    private static let crc8: [UInt8] = (0..<256).map { byte in
        (0..<8).reduce(UInt8(byte)) { sum, _ in sum & 0x80 != 0 ? sum << 1 ^ 0x07 : sum << 1 }
    }
}

/// A walk through the bits of one frame, which goes on where it stopped when more bytes have come.
struct FLACFrameWalk {
    /// What the walk came to.
    enum Result: Equatable {
        case needsBytes
        /// The frame has so many bytes, and its sum is right.
        case whole(Int)
        case invalid
    }

    private enum Stage {
        case subframe
        case residual(order: Int)
        case partition(Int)
        case codes(partition: Int, left: Int, parameter: Int)
        case footer
    }

    private enum Step { case done, needsBytes, invalid }

    private let header: FLACFrameHeader
    private var stage = Stage.subframe
    private var channel = 0
    /// The place of the walk, in bits from the frame's first byte.
    private var bit: Int
    /// The residual at hand: its predictor's order, bits of its parameters, the order of its partitions.
    private var order = 0, parameterBits = 4, partitionOrder = 0

    /// A walk through the frame that has this header.
    init(_ header: FLACFrameHeader) {
        self.header = header
        bit = header.bytes * 8
    }

    /// The most bytes that the frame may have: more than its samples as they are take.
    private var mostBytes: Int { header.bytes + header.channels * (header.samples * 5 + 64) }

    /// Walks on; `bytes` begin with the frame's first.
    mutating func walk(_ bytes: UnsafeRawBufferPointer) -> Result {
        while true {
            let step: Step
            switch stage {
            case .subframe: step = channel == header.channels ? finish() : subframe(bytes)
            case .residual(let order): step = residual(bytes, order: order)
            case .partition(let partition): step = self.partition(bytes, partition)
            case .codes(let partition, let left, let parameter):
                step = codes(bytes, partition: partition, left: left, parameter: parameter)
            case .footer:
                let end = (bit + 7) / 8 + 2
                guard bytes.count >= end else { return .needsBytes }
                return Self.crc16(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == 0 ? .whole(end) : .invalid
            }
            switch step {
            case .done: continue
            case .needsBytes: return bytes.count > mostBytes ? .invalid : .needsBytes
            case .invalid: return .invalid
            }
        }
    }

    private mutating func finish() -> Step {
        stage = .footer
        return .done
    }

    /// The head of a subframe, with the samples that it has as they are.
    private mutating func subframe(_ bytes: UnsafeRawBufferPointer) -> Step {
        var bits = FLACBits(bytes, at: bit)
        guard let head = bits.read(8) else { return .needsBytes }
        guard head & 0x80 == 0 else { return .invalid }
        var wasted = 0
        if head & 1 != 0 {
            guard let zeros = bits.readUnary() else { return .needsBytes }
            wasted = zeros + 1
        }
        let size = header.bits(of: channel) - wasted
        guard size > 0 else { return .invalid }
        let type = head >> 1
        switch type {
        case 0: return next(bits.bit + size, bytes)
        case 1: return next(bits.bit + size * header.samples, bytes)
        case 8...12, 32...63: order = type < 32 ? type - 8 : type - 31
        default: return .invalid
        }
        guard order <= header.samples else { return .invalid }
        bits.bit += order * size
        if type >= 32 {
            guard let precision = bits.read(4) else { return .needsBytes }
            bits.bit += 5 + order * (precision + 1)
        }
        guard bits.bit <= bytes.count * 8 else { return .needsBytes }
        bit = bits.bit
        stage = .residual(order: order)
        return .done
    }

    /// The next subframe begins at `place`.
    private mutating func next(_ place: Int, _ bytes: UnsafeRawBufferPointer) -> Step {
        guard place <= bytes.count * 8 else { return .needsBytes }
        bit = place
        channel += 1
        stage = .subframe
        return .done
    }

    private mutating func residual(_ bytes: UnsafeRawBufferPointer, order: Int) -> Step {
        var bits = FLACBits(bytes, at: bit)
        guard let head = bits.read(6) else { return .needsBytes }
        guard head >> 4 < 2 else { return .invalid }
        parameterBits = 4 + head >> 4
        partitionOrder = head & 15
        guard header.samples % (1 << partitionOrder) == 0, header.samples >> partitionOrder >= order else {
            return .invalid
        }
        bit = bits.bit
        stage = .partition(0)
        return .done
    }

    private mutating func partition(_ bytes: UnsafeRawBufferPointer, _ partition: Int) -> Step {
        if partition == 1 << partitionOrder { return next(bit, bytes) }
        var bits = FLACBits(bytes, at: bit)
        let count = header.samples >> partitionOrder - (partition == 0 ? order : 0)
        guard let parameter = bits.read(parameterBits) else { return .needsBytes }
        if parameter == 1 << parameterBits - 1 {
            guard let size = bits.read(5), bits.bit + size * count <= bytes.count * 8 else { return .needsBytes }
            bit = bits.bit + size * count
            stage = .partition(partition + 1)
        } else {
            bit = bits.bit
            stage = .codes(partition: partition, left: count, parameter: parameter)
        }
        return .done
    }

    private mutating func codes(_ bytes: UnsafeRawBufferPointer, partition: Int, left: Int, parameter: Int) -> Step {
        var bits = FLACBits(bytes, at: bit)
        var left = left
        while left > 0 {
            guard bits.readUnary() != nil, bits.bit + parameter <= bytes.count * 8 else {
                stage = .codes(partition: partition, left: left, parameter: parameter)
                return .needsBytes
            }
            bits.bit += parameter
            bit = bits.bit
            left -= 1
        }
        stage = .partition(partition + 1)
        return .done
    }

    /// Polynomial 0x8005, first bit first; 0 for a frame with its sum.
    private static func crc16(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        table.withUnsafeBufferPointer { table in
            bytes.reduce(0) { $0 << 8 ^ table[Int(UInt8($0 >> 8) ^ $1)] }
        }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { sum, _ in sum & 0x8000 != 0 ? sum << 1 ^ 0x8005 : sum << 1 }
    }
}

/// Bits of a run of bytes, the most significant first.
private struct FLACBits {
    private let bytes: UnsafeRawBufferPointer
    /// The place, in bits from the first byte.
    var bit: Int

    init(_ bytes: UnsafeRawBufferPointer, at bit: Int) { (self.bytes, self.bit) = (bytes, bit) }

    /// A number of at most eight bits; nil when they are not all there.
    mutating func read(_ count: Int) -> Int? {
        guard bit + count <= bytes.count * 8 else { return nil }
        let first = bit / 8
        let pair = Int(bytes[first]) << 8 | (first + 1 < bytes.count ? Int(bytes[first + 1]) : 0)
        defer { bit += count }
        return pair >> (16 - bit % 8 - count) & (1 << count - 1)
    }

    /// The number of zeros before the next one, which is passed over too; nil when it has not come.
    mutating func readUnary() -> Int? {
        var zeros = 0
        var place = bit / 8
        var byte = place < bytes.count ? bytes[place] << (bit % 8) : 0
        var held = 8 - bit % 8
        while byte == 0 {
            zeros += held
            place += 1
            held = 8
            guard place < bytes.count else { return nil }
            byte = bytes[place]
        }
        zeros += byte.leadingZeroBitCount
        bit += zeros + 1
        return zeros
    }
}

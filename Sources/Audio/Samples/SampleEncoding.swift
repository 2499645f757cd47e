// One sample from bytes to Float, scaled as libsndfile's sf_read_float scales: integers are divided by
// 2^(bits-1), unsigned 8-bit is (x - 128) / 128, G.711 is expanded to 16 bits first, floats pass as they
// are. Equal to libsndfile to the bit. G.711: ITU-T G.711 (11/88), tables 1 and 2.

/// How one sample is written. The raw value is the name used by `--raw` and in reports (as in ffmpeg).
package enum SampleEncoding: String, Sendable, CaseIterable {
    /// Unsigned 8-bit, silence at 128.
    case u8
    /// Signed 16-bit, little-endian.
    case s16le
    /// Signed 24-bit in three bytes, little-endian.
    case s24le
    /// Signed 32-bit, little-endian.
    case s32le
    /// IEEE 754 single precision, little-endian.
    case f32le
    /// IEEE 754 double precision, little-endian.
    case f64le
    /// G.711 A-law.
    case alaw
    /// G.711 mu-law.
    case mulaw

    /// Bytes per sample.
    package var bytesPerSample: Int {
        switch self {
        case .u8, .alaw, .mulaw: 1
        case .s16le: 2
        case .s24le: 3
        case .s32le, .f32le: 4
        case .f64le: 8
        }
    }

    /// Decodes `output.count` samples from `bytes`, which may lie at any address.
    func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(bytes.count == output.count * bytesPerSample, "bytes and samples must agree")
        switch self {
        case .u8: each(bytes, output) { (Float($0 as UInt8) - 128) / 128 }
        case .s16le: each(bytes, output) { Float(Int16(littleEndian: $0)) / 0x8000 }
        case .s24le: decode24(bytes, output)
        case .s32le: each(bytes, output) { Float(Int32(littleEndian: $0)) / 0x8000_0000 }
        case .f32le: each(bytes, output) { Float(bitPattern: UInt32(littleEndian: $0)) }
        case .f64le: each(bytes, output) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
        case .alaw: each(bytes, output) { Self.expandALaw($0) }
        case .mulaw: each(bytes, output) { Self.expandMuLaw($0) }
        }
    }

    @inline(__always)
    private func each<Word: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ output: UnsafeMutableBufferPointer<Float>, _ convert: (Word) -> Float
    ) {
        let width = MemoryLayout<Word>.size
        for i in output.indices {
            output[i] = convert(bytes.loadUnaligned(fromByteOffset: i * width, as: Word.self))
        }
    }

    private func decode24(_ bytes: UnsafeRawBufferPointer, _ output: UnsafeMutableBufferPointer<Float>) {
        for i in output.indices {
            let low = UInt32(bytes[3 * i]) << 8 | UInt32(bytes[3 * i + 1]) << 16
            let word = Int32(bitPattern: low | UInt32(bytes[3 * i + 2]) << 24)
            output[i] = Float(word) / 0x8000_0000
        }
    }

    /// A-law: bits inverted at even places, sign, 3-bit segment, 4-bit step; the result is in [-1, 1).
    private static func expandALaw(_ byte: UInt8) -> Float {
        let code = Int32(byte ^ 0x55)
        let segment = (code >> 4) & 7
        var magnitude = (code & 15) << 4 + 8
        if segment > 0 { magnitude = (magnitude + 0x100) << (segment - 1) }
        return Float(code & 0x80 != 0 ? magnitude : -magnitude) / 0x8000
    }

    /// Mu-law: all bits inverted, sign, 3-bit segment, 4-bit step, bias 132; the result is in [-1, 1).
    private static func expandMuLaw(_ byte: UInt8) -> Float {
        let code = Int32(~byte)
        let magnitude = ((code & 15) << 3 + 132) << ((code >> 4) & 7) - 132
        return Float(code & 0x80 != 0 ? -magnitude : magnitude) / 0x8000
    }
}

// SHA-256 and SHA-1 (FIPS 180-4). SHA-256 names cached files and states what data a model was trained on, as
// `sha256sum` does; SHA-1 is what the Speech Commands set splits its names by. Neither guards a secret here.

import Foundation

/// The hash functions of this target.
package enum SecureHash {
    /// The 32 bytes of SHA-256.
    package static func sha256(_ message: some Collection<UInt8>) -> [UInt8] {
        var h: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        var w = [UInt32](repeating: 0, count: 64)
        forEachBlock(of: message, schedule: &w) { w in
            for t in 16..<64 {
                let s0 = rotated(w[t - 15], 25) ^ rotated(w[t - 15], 14) ^ (w[t - 15] >> 3)
                let s1 = rotated(w[t - 2], 15) ^ rotated(w[t - 2], 13) ^ (w[t - 2] >> 10)
                w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
            }
            var v = h
            for t in 0..<64 {
                let s1 = rotated(v[4], 26) ^ rotated(v[4], 21) ^ rotated(v[4], 7)
                let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
                let t1 = v[7] &+ s1 &+ choice &+ sha256Constants[t] &+ w[t]
                let s0 = rotated(v[0], 30) ^ rotated(v[0], 19) ^ rotated(v[0], 10)
                let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
                (v[7], v[6], v[5], v[4]) = (v[6], v[5], v[4], v[3] &+ t1)
                (v[3], v[2], v[1], v[0]) = (v[2], v[1], v[0], t1 &+ s0 &+ majority)
            }
            for i in 0..<8 { h[i] &+= v[i] }
        }
        return h.flatMap(bigEndian)
    }

    /// The 20 bytes of SHA-1.
    package static func sha1(_ message: some Collection<UInt8>) -> [UInt8] {
        var h: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        var w = [UInt32](repeating: 0, count: 80)
        forEachBlock(of: message, schedule: &w) { w in
            for t in 16..<80 { w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1) }
            var (a, b, c, d, e) = (h[0], h[1], h[2], h[3], h[4])
            for t in 0..<80 {
                let (mixed, constant): (UInt32, UInt32) =
                    switch t / 20 {
                    case 0: ((b & c) | (~b & d), 0x5a82_7999)
                    case 1: (b ^ c ^ d, 0x6ed9_eba1)
                    case 2: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
                    default: (b ^ c ^ d, 0xca62_c1d6)
                    }
                (a, b, c, d, e) = (rotated(a, 5) &+ mixed &+ e &+ constant &+ w[t], a, rotated(b, 30), c, d)
            }
            for (i, value) in [a, b, c, d, e].enumerated() { h[i] &+= value }
        }
        return h.flatMap(bigEndian)
    }

    /// SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal digits.
    package static func hexSHA256(_ text: String) -> String { hex(sha256(Array(text.utf8))) }

    /// The same of what something is in JSON, its keys sorted.
    package static func hexSHA256(ofJSON value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return hexSHA256(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Bytes as lower-case hexadecimal digits.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Calls `body` for each block of 64 bytes of the padded message, its 16 words at the front of `schedule`.
    private static func forEachBlock(
        of message: some Collection<UInt8>, schedule: inout [UInt32], _ body: (inout [UInt32]) -> Void
    ) {
        var padded = Array(message)
        let bits = UInt64(padded.count) * 8
        padded.append(0x80)
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        padded += stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
        for block in stride(from: 0, to: padded.count, by: 64) {
            for word in 0..<16 {
                schedule[word] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[block + 4 * word + $1]) }
            }
            body(&schedule)
        }
    }

    /// Rotated to the left.
    private static func rotated(_ x: UInt32, _ bits: UInt32) -> UInt32 { x << bits | x >> (32 - bits) }

    private static func bigEndian(_ x: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: x >> UInt32($0)) }
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let sha256Constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}

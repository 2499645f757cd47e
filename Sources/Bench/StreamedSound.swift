// The sound that benches of the daemon feed.

import ArgumentParser
import Foundation

/// The samples of some WAV files, one after the other, without an end.
struct StreamedSound {
    let rate: Int
    /// The bytes of all samples.
    let samples: [UInt8]

    init(_ files: [String]) throws {
        var rates: Set<Int> = []
        var samples: [UInt8] = []
        for file in files {
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            guard data.count > 44, data.subdata(in: 20..<24) == Data([1, 0, 1, 0]),
                data.subdata(in: 34..<36) == Data([16, 0])
            else {
                throw ValidationError("\(file) is no mono 16-bit WAV with a header of 44 bytes")
            }
            rates.insert(data.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt32.self)) })
            samples += data[44...]
        }
        guard let rate = rates.first, rates.count == 1 else { throw ValidationError("name WAV files of one rate") }
        self.rate = rate
        self.samples = samples.count % 2 == 0 ? samples : samples.dropLast()
    }

    /// A piece of `count` bytes from byte `offset` of the endless sound on.
    func piece(at offset: Int, count: Int) -> [UInt8] {
        (0..<count).map { samples[(offset + $0) % samples.count] }
    }

    /// A WAV header of 16-bit mono samples whose end is not known.
    var header: [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return Array("RIFF".utf8) + little(0xFFFF_FFFF, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
            + little(1, 2) + little(rate, 4) + little(2 * rate, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
            + little(0xFFFF_FFFF, 4)
    }
}

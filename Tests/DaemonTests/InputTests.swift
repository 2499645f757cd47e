import CSndFile
import Daemon
import Events
import TestSupport
import Testing

/// Every kind of sound and every kind of bad input, through a real socket. What a reader makes of the bytes is tested
/// in AudioTests; here, that the daemon says the same as a session in process, and says what is wrong.
@Suite struct InputTests {
    static let pcm = Sound.bursts(seconds: 0.8, rate: 16_000)
    static let wide = pcm.map { Float($0) / 32_768 }

    private static func format(_ body: [UInt8], _ data: [UInt8], size: Int? = nil, magic: String = "RIFF") -> [UInt8] {
        riff(chunk("fmt ", body), chunk("data", data, size: size), magic: magic)
    }

    private static func file(_ format: Int, rate: Int = 16_000, channels: Int = 1) throws -> [UInt8] {
        let samples = wide.flatMap { Array(repeating: $0, count: channels) }
        return try Oracle.write(samples, format: format, rate: rate, channels: channels)
    }

    /// Files that are right, by name.
    static let sounds: [(String, @Sendable () throws -> [UInt8])] = [
        ("u8", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_U8) }), ("s16", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_16) }),
        ("s24", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_24) }),
        ("s32", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_32) }),
        ("f32", { try file(SF_FORMAT_WAV | SF_FORMAT_FLOAT) }), ("f64", { try file(SF_FORMAT_WAV | SF_FORMAT_DOUBLE) }),
        ("A-law", { try file(SF_FORMAT_WAV | SF_FORMAT_ALAW) }),
        ("µ-law", { try file(SF_FORMAT_WAV | SF_FORMAT_ULAW) }),
        ("extensible", { try file(SF_FORMAT_WAVEX | SF_FORMAT_PCM_24, channels: 2) }),
        ("six channels", { try file(SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, channels: 6) }),
        ("RF64", { try file(SF_FORMAT_RF64 | SF_FORMAT_PCM_16) }),
        ("4 kHz", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, rate: 4000) }),
        ("192 kHz", { try file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, rate: 192_000) }),
        ("AU", { try file(SF_FORMAT_AU | SF_FORMAT_PCM_16) }),
        ("AIFF", { try file(SF_FORMAT_AIFF | SF_FORMAT_PCM_16) }),
        ("W64", { try file(SF_FORMAT_W64 | SF_FORMAT_PCM_16) }),
        ("CAF", { try file(SF_FORMAT_CAF | SF_FORMAT_PCM_16) }),
        ("FLAC", { try file(SF_FORMAT_FLAC | SF_FORMAT_PCM_16) }),
        ("Ogg Vorbis", { try file(SF_FORMAT_OGG | SF_FORMAT_VORBIS) }),
        ("Ogg Opus", { try file(SF_FORMAT_OGG | SF_FORMAT_OPUS) }),
        ("MP3", { try file(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III) }),
        ("length 0", { wave(pcm, declared: 0) }), ("length 7FFFF000", { wave(pcm, declared: 0x7FFF_F000) }),
        ("length 7FFFFFFF", { wave(pcm, declared: 0x7FFF_FFFF) }),
        ("length 80000000", { wave(pcm, declared: 0x8000_0000) }),
        ("length FFFFFFFF", { wave(pcm, declared: 0xFFFF_FFFF) }), ("length too small", { wave(pcm, declared: 1000) }),
        (
            "odd chunks before data",
            {
                riff(
                    chunk("JUNK", [1, 2, 3]), chunk("fmt ", formatBody()), chunk("LIST", [9]),
                    chunk("fact", [1, 0, 0, 0]), chunk("data", bytes(pcm)))
            }
        ),
    ]

    @Test func everySoundGivesTheLinesOfHeardLabel() async throws {
        try await withDaemon { daemon in
            for (name, make) in Self.sounds {
                let file = try make()
                let expected = try lines(daemon.model, file)
                let events = try await daemon.feed(Cut.random.pieces(file))
                #expect(events.map(comparable) == expected, "\(name)")
                #expect(!events.contains { $0.kind == .error } && events.contains { $0.kind == .final }, "\(name)")
            }
        }
    }

    /// Files that are wrong, with the code of the error that says so.
    static let faults: [(String, String, @Sendable () throws -> [UInt8])] = [
        ("nothing", "empty-stream", { [] }),
        ("text", "not-audio", { Array("<!DOCTYPE html>".utf8) }),
        ("header cut short", "header-cut-short", { Array(wave(pcm).prefix(30)) }),
        ("data cut short", "data-cut-short", { Array(wave(pcm).dropLast(5000)) }),
        ("half a sample", "data-cut-short", { wave(pcm, declared: 0xFFFF_FFFF) + [1] }),
        (
            "ADPCM", "unsupported-codec",
            { format(formatBody(tag: 0x11, bits: 4, block: 256), Array(repeating: 0, count: 512)) }
        ),
        ("no samples", "zero-samples", { wave([]) }),
        ("rate 0", "absurd-rate", { format(formatBody(rate: 0), bytes(pcm)) }),
        ("rate 10 MHz", "absurd-rate", { format(formatBody(rate: 10_000_000), bytes(pcm)) }),
        ("no channel", "absurd-channels", { format(formatBody(channels: 0, block: 2), bytes(pcm)) }),
        ("65535 channels", "absurd-channels", { format(formatBody(channels: 65_535, block: 2), bytes(pcm)) }),
        (
            "not a number", "undecodable",
            {
                format(formatBody(tag: 3, bits: 32), Array(repeating: 0, count: 4000) + [0, 0, 0xC0, 0x7F])
            }
        ),
        ("a FLAC of noise", "undecodable", { Array("fLaC".utf8) + Array(repeating: 7, count: 1000) }),
    ]

    @Test func everyFaultIsNamed() async throws {
        try await withDaemon { daemon in
            for (name, code, make) in Self.faults {
                let file = try make()
                for cut in Cut.allCases {
                    let events = try await daemon.feed(cut.pieces(file))
                    let codes = events.compactMap { if case .error(let code, _, _) = $0.body { code } else { nil } }
                    #expect(codes == [code], "\(name)")
                    #expect(events.last?.kind == .streamEnd, "\(name)")
                }
            }
            // What was read before the fault is labelled.
            let cut = try await daemon.feed([Array(wave(Self.pcm).dropLast(5000))])
            #expect(cut.contains { if case .final(let final) = $0.body { !final.text.isEmpty } else { false } })
            let missing = try await daemon.feed([wave(Self.pcm)], StreamRequest(channel: 3))
            #expect(
                missing.contains {
                    if case .error(let code, _, _) = $0.body { code == "no-such-channel" } else { false }
                })
        }
    }

    @Test func aBufferedFileOverTheLimitIsRefused() async throws {
        try await withDaemon {
            $0.bufferLimit = 4096
        } _: { daemon in
            let events = try await daemon.feed([try Self.file(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)])
            #expect(events.contains { if case .error(let code, _, _) = $0.body { code == "too-large" } else { false } })
        }
    }
}

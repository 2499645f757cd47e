import CSndFile
import Foundation
import Synchronization
import TestSupport
import Testing

import Training

@Suite struct DataStoreTests {
    @Test func soundsAreTheSamplesOfTheirFiles() throws {
        let folder = try DataFolder()
        let samples = (0..<1000).map { Float($0 % 100) / 128 - 0.375 }
        try folder.write(samples, to: "a.wav")
        let store = SoundStore(StoreOptions(), rate: 16_000)
        let sound = try store.load([folder.path + "/a.wav"])[0]
        #expect(sound.count == 1000)
        #expect(try store.samples(sound, 10..<60) == Array(samples[10..<60]))
        // At half the rate there are half as many.
        #expect(try SoundStore(StoreOptions(), rate: 8000).load([folder.path + "/a.wav"])[0].count == 500)
    }

    /// Recordings one after the other in a file are one clip; what is wrong with one of them is said.
    @Test func soundsInAnyContainerAreRead() throws {
        let folder = try DataFolder()
        func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/" + name))
            return folder.path + "/" + name
        }
        func encode(_ format: Int, _ count: Int) throws -> [UInt8] {
            let samples = (0..<count).map { Float($0 % 100) / 256 - 0.2 }
            return try Oracle.write(samples, format: format, rate: 16_000, channels: 1)
        }
        let mp3 = try encode(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 30_000)
        let ogg = try encode(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 20_000)
        let flac = try encode(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 10_000)
        let tag = Array("ID3".utf8) + [4, 0, 0, 0, 0, 0x46, 0x28] + [UInt8](repeating: 0x55, count: 9000)
        let paths = [
            try write("a.mp3", tag + mp3), try write("b.ogg", ogg + ogg + flac), try write("c.flac", flac + flac),
        ]
        let store = SoundStore(StoreOptions(), rate: 16_000)
        #expect(try store.load(paths).map(\.count) == [30_000, 50_000, 20_000])
        let m4a = try write("d.m4a", [0, 0, 0, 0x20] + Array("ftypM4A ".utf8) + [UInt8](repeating: 7, count: 500))
        var options = StoreOptions()
        options.ffmpeg = .never
        #expect {
            try SoundStore(options, rate: 16_000).load([m4a])
        } throws: {
            "\($0)".contains("MP4") && "\($0)".contains("ffmpeg -i FILE") && !"\($0)".contains("--raw")
        }
    }

    @Test func theCacheGivesTheSameBitsAndSurvivesDamage() throws {
        let folder = try DataFolder()
        try folder.writeClips(4)
        let paths = (0..<4).map { folder.path + "/c\($0).wav" }
        let cache = folder.path + "/cache"
        func all() throws -> [[Float]] {
            let store = SoundStore(StoreOptions(cache: cache), rate: 16_000)
            return try store.load(paths).map { try store.samples($0, 0..<$0.count) }
        }
        func files() -> [String] {
            (FileManager.default.enumerator(atPath: cache)?.allObjects as? [String] ?? []).filter { $0.count > 10 }
                .sorted().map { cache + "/" + $0 }
        }
        let first = try all()
        #expect(files().count == 4)
        let stored = try files().map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(try all() == first)
        // Cut short, changed in one bit, empty, and of another version.
        try stored[0].dropLast().write(to: URL(fileURLWithPath: files()[0]))
        var changed = stored[1]
        changed[changed.count / 2] ^= 4
        try changed.write(to: URL(fileURLWithPath: files()[1]))
        try Data().write(to: URL(fileURLWithPath: files()[2]))
        var other = stored[3]
        other[4] = 99
        try other.write(to: URL(fileURLWithPath: files()[3]))
        #expect(try all() == first)
        #expect(try files().map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == stored, "written anew")
        // It is the cache that is read: what it holds under the right checksum is believed.
        DataCache(folder: cache).write([Int16(5), 6], under: URL(fileURLWithPath: files()[0]).lastPathComponent)
        #expect(try all().filter { $0.count == 2 } == [[5.0 / 32768, 6.0 / 32768]])
    }

    @Test func aChangedFileIsDecodedAgain() throws {
        let folder = try DataFolder()
        try folder.write([0.25, 0.5], to: "a.wav")
        func load() throws -> [Float] {
            let store = SoundStore(StoreOptions(cache: folder.path + "/cache"), rate: 16_000)
            let sound = try store.load([folder.path + "/a.wav"])[0]
            return try store.samples(sound, 0..<sound.count)
        }
        #expect(try load() == [0.25, 0.5])
        try folder.write([0.125, 0.5, 0.75], to: "a.wav")
        #expect(try load() == [0.125, 0.5, 0.75])
    }

    @Test func whatDoesNotFitIntoMemoryIsReadAgain() throws {
        let folder = try DataFolder()
        try folder.writeClips(3)
        let paths = (0..<3).map { folder.path + "/c\($0).wav" }
        let roomy = SoundStore(StoreOptions(), rate: 16_000)
        let counted = Mutex<[Int]>([])
        _ = try roomy.load(paths + paths) { done, all in counted.withLock { $0 += [done, all] } }
        #expect(counted.withLock { $0.sorted() } == [1, 2, 3, 3, 3, 3])
        var options = StoreOptions()
        options.memoryBytes = 20_000
        let tight = SoundStore(options, rate: 16_000)
        let wanted = try roomy.load(paths).map { try roomy.samples($0, 100..<$0.count) }
        #expect(try tight.load(paths).map { try tight.samples($0, 100..<$0.count) } == wanted)
        #expect(tight.bytes <= 20_000 && tight.bytes > 0)
    }

    @Test func soundsThatCannotBeReadAreNamed() throws {
        let folder = try DataFolder()
        try folder.write("this is no sound at all", to: "bad.wav")
        let store = SoundStore(StoreOptions(), rate: 16_000)
        let bad = #expect(throws: DataError.self) { try store.load([folder.path + "/bad.wav"]) }
        #expect(bad?.description.contains("bad.wav") == true)
        let missing = #expect(throws: DataError.self) { try store.load([folder.path + "/none.wav"]) }
        #expect(missing?.description.contains("No such file") == true)
        try folder.write([Float](), to: "empty.wav")
        #expect(throws: DataError.self) { try store.load([folder.path + "/empty.wav"]) }
    }
}

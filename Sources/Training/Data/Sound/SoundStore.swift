// Decoded sounds of clips, mono at the front end's rate, 16 bits a sample: to decode 7 hours takes a minute of a core,
// to read them from the disk cache three seconds. What does not fit into memory is read again from the cache, or
// decoded again.

import Audio
import Dispatch
import Glibc
import Synchronization

/// Where and how much to keep.
package struct StoreOptions: Sendable, Equatable {
    /// The folder of the disk cache; nil: none. `DataCache.defaultFolder` is the usual one.
    package var cache: String?
    /// Bytes of sound to keep in memory. Default 2 GiB, 18 hours at 16 kHz.
    package var memoryBytes = 2 << 30
    /// Threads that decode.
    package var threads = 2
    /// Whether sounds that are not decoded here are read through ffmpeg. Default: when it is on the PATH.
    package var ffmpeg = FFmpegUse.auto

    package init(cache: String? = nil) { self.cache = cache }
}

/// A sound that has been decoded once.
package struct Sound: Sendable {
    package let path: String
    /// Its samples at the store's rate.
    package let count: Int
    /// Says which bytes of which file these are: SHA-256 of path, size, and time of change.
    package let key: String
    /// What has been decoded of the whole file, if there was room; and which part of it this is.
    fileprivate let kept: [Int16]?
    fileprivate let first: Int
    fileprivate let whole: Int

    fileprivate init(path: String, decoded: (samples: [Int16], key: String), isKept: Bool) {
        (self.path, key, kept) = (path, decoded.key, isKept ? decoded.samples : nil)
        (count, first, whole) = (decoded.samples.count, 0, decoded.samples.count)
    }

    /// A part of another.
    private init(_ other: Sound, _ part: Range<Int>) {
        (path, kept, first, whole) = (other.path, other.kept, part.lowerBound, other.whole)
        count = part.count
        key = part.count == whole ? other.key : SecureHash.hexSHA256("part \(other.key) \(part)")
    }

    /// What a clip is of its whole recording, decoded at `rate`.
    /// - Throws: `DataError` where the recording ends before.
    package func part(_ clip: Clip, rate: Int) throws(DataError) -> Sound {
        Sound(self, try clip.samples(of: whole, rate: rate))
    }
}

/// The decoded sounds of a run; its data sets may share one.
package final class SoundStore: Sendable {
    /// Samples per second of all sounds.
    package let rate: Int
    /// The disk cache, also for features.
    let cache: DataCache?
    private let options: StoreOptions
    private let state = Mutex(State())

    private struct State {
        var sounds: [String: Sound] = [:]
        var bytes = 0
    }

    package init(_ options: StoreOptions, rate: Int) {
        precondition(rate > 0 && options.threads > 0, "a store has a rate, and a thread to decode with")
        self.options = options
        self.rate = rate
        cache = options.cache.map { DataCache(folder: $0) }
    }

    /// Bytes of sound held in memory.
    package var bytes: Int { state.withLock { $0.bytes } }

    /// Decodes the sounds of these paths that it does not have yet, and gives all of them in the paths' order.
    /// `progress` is called from any thread, after each sound, with the number done.
    package func load(_ paths: [String], progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil)
        throws(DataError) -> [Sound]
    {
        let missing = state.withLock { state in
            var seen: Set<String> = []
            return paths.filter { state.sounds[$0] == nil && seen.insert($0).inserted }
        }
        let next = Atomic(0), done = Atomic(0)
        let failure = Mutex<(index: Int, error: DataError)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(options.threads, max(missing.count, 1))) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < missing.count else { return }
                do throws(DataError) {
                    keep(try decode(missing[index]), at: missing[index])
                } catch {
                    // The first in the order of the paths, whoever came first. No sound after it is begun.
                    failure.withLock { if $0 == nil || index < $0!.index { $0 = (index, error) } }
                    next.store(missing.count, ordering: .relaxed)
                }
                progress?(done.add(1, ordering: .relaxed).newValue, missing.count)
            }
        }
        if let (_, error) = failure.withLock({ $0 }) { throw error }
        return state.withLock { state in paths.map { state.sounds[$0]! } }
    }

    /// Samples `range` of a sound, in -1 to 1.
    package func samples(_ sound: Sound, _ range: Range<Int>) throws(DataError) -> [Float] {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= sound.count, "samples beyond the end of \(sound.path)")
        let range = range.lowerBound + sound.first..<range.upperBound + sound.first
        if let kept = sound.kept { return Self.floats(kept, range) }
        let all = try decode(sound.path).samples
        guard all.count == sound.whole else {
            throw .badSound(path: sound.path, reason: "the file has changed since the run began")
        }
        return Self.floats(all, range)
    }

    private static func floats(_ samples: [Int16], _ range: Range<Int>) -> [Float] {
        [Float](unsafeUninitializedCapacity: range.count) { floats, count in
            samples.withUnsafeBufferPointer { samples in
                for (i, j) in range.enumerated() {
                    floats.initializeElement(at: i, to: Float(samples[j]) * (1 / 32768))
                }
            }
            count = range.count
        }
    }

    private func keep(_ decoded: (samples: [Int16], key: String), at path: String) {
        let bytes = 2 * decoded.samples.count
        state.withLock { state in
            let fits = state.bytes + bytes <= options.memoryBytes
            if fits { state.bytes += bytes }
            state.sounds[path] = Sound(path: path, decoded: decoded, isKept: fits)
        }
    }

    /// From the disk cache if it is there, else from the file.
    private func decode(_ path: String) throws(DataError) -> (samples: [Int16], key: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        let changed = status.st_mtim
        let key = SecureHash.hexSHA256(
            "sound 1 \(rate) \(status.st_size) \(changed.tv_sec).\(changed.tv_nsec) \(absolute(path))")
        if let samples = cache?.read(key, as: Int16.self), !samples.isEmpty { return (samples, key) }
        let samples = try SoundFileReader.read(path, rate: rate, ffmpeg: options.ffmpeg)
        cache?.write(samples, under: key)
        return (samples, key)
    }

    private func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// Decodes whole files.
struct SoundFileReader: ~Copyable {
    private var reader: AudioReader
    private var recording: [Int16] = [], samples: [Float] = []
    private var problem: AudioError?

    /// All samples of a file, mono, at `rate`, rounded to 16 bits.
    static func read(_ path: String, rate: Int, ffmpeg use: FFmpegUse) throws(DataError) -> [Int16] {
        var options = AudioOptions()
        options.outputRate = rate
        var sound = SoundFileReader(reader: AudioReader(options))
        if let ffmpeg = FFmpeg(for: path, use: use) {
            do {
                try ffmpeg.read { bytes in sound.append(bytes) }
            } catch {
                throw .badSound(path: path, reason: "\(error)")
            }
        } else {
            try sound.append(contentsOf: path)
        }
        sound.reader.finish()
        sound.drain()
        if let problem = sound.problem { throw .badSound(path: path, reason: "\(problem)") }
        if sound.recording.isEmpty { throw .badSound(path: path, reason: "it has no samples") }
        return sound.recording
    }

    private init(reader: consuming AudioReader) { self.reader = reader }

    /// Decodes more bytes; false when no more are of use.
    private mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        reader.append(bytes)
        drain()
        return problem == nil
    }

    private mutating func append(contentsOf path: String) throws(DataError) {
        guard let file = fopen(path, "re") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0, chunk[..<count].withUnsafeBytes({ append($0) }) else { break }
        }
        if ferror(file) != 0 { throw .unreadable(path: path, reason: "an error while reading") }
    }

    /// Takes what the bytes so far give, up to the first problem.
    private mutating func drain() {
        while problem == nil {
            switch reader.next(&samples) {
            case .samples: recording += samples.map { Int16(max(-32768, min(32767, ($0 * 32768).rounded()))) }
            case .begin, .warning, .end(nil): continue
            case .end(let error): problem = error
            case .failure(let error): problem = error
            case .needsBytes, .finished: return
            }
        }
    }
}

// Containers that libsndfile reads rightly only when it may seek: the bytes are kept in memory and decoded when the last
// has come, through libsndfile's virtual file. FLAC and CAF fail on a pipe. Two more go wrong there in libsndfile 1.2.0, both
// found with AudioFuzz: MP3 makes it read before the start of its own header buffer, for every file tried, and a W64
// header that is cut short makes it loop without end.

import CSndFile
import Glibc

/// A sound kept whole, then decoded a block at a time.
final class BufferedDecoder {
    /// The container's name.
    let container: String
    /// The stream offset of the first byte.
    let offset: Int
    private let options: AudioOptions
    private let memory = MemoryFile()
    private var file: SoundFile?

    /// An empty store.
    init(container: String, offset: Int, options: AudioOptions) {
        (self.container, self.offset, self.options) = (container, offset, options)
    }

    /// Keeps a copy of `bytes`. Throws `tooLarge` past the limit.
    func append(_ bytes: UnsafeRawBufferPointer) throws(AudioError) {
        guard bytes.count <= options.bufferLimitBytes - memory.bytes.count else {
            throw .tooLarge(container: container, limitBytes: options.bufferLimitBytes)
        }
        memory.bytes.append(contentsOf: bytes)
    }

    /// Opens what was kept and returns its format. Throws as `SoundFile` does.
    func open() throws(AudioError) -> AudioFormat {
        let file = try SoundFile(memory: memory, container: container, offset: offset, options: options)
        let format = file.format
        self.file = consume file
        return format
    }

    /// Reads up to `limit` frames; 0 at the end.
    func read(into interleaved: UnsafeMutableBufferPointer<Float>, limit: Int) -> Int {
        file?.read(into: interleaved, limit: limit) ?? 0
    }

    /// Why the sound ended too early, or nil.
    func endFault() -> AudioError? { file?.endFault(at: offset + memory.bytes.count) }
}

/// Bytes that libsndfile reads as a file: the four calls of its virtual input.
final class MemoryFile {
    /// The file's contents.
    var bytes: [UInt8] = []
    /// Where the next read begins, in bytes from the start.
    private var position = 0

    /// The calls; libsndfile passes them the `context` of the file.
    static var calls: SF_VIRTUAL_IO {
        SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(MemoryFile.at($0).bytes.count) },
            seek: { MemoryFile.at($2).seek(Int($0), $1) },
            read: { MemoryFile.at($2).read($0, Int($1)) },
            write: { _, _, _ in 0 },
            tell: { sf_count_t(MemoryFile.at($0).position) })
    }

    /// What libsndfile passes to the calls. The file must outlive its use.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    private static func at(_ context: UnsafeMutableRawPointer?) -> MemoryFile {
        Unmanaged<MemoryFile>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Like lseek: any place from the start on, even beyond the end.
    private func seek(_ distance: Int, _ from: Int32) -> sf_count_t {
        let base = from == SEEK_CUR ? position : from == SEEK_END ? bytes.count : 0
        let (target, overflows) = base.addingReportingOverflow(distance)
        guard !overflows, target >= 0 else { return -1 }
        position = target
        return sf_count_t(target)
    }

    private func read(_ target: UnsafeMutableRawPointer?, _ count: Int) -> sf_count_t {
        let held = max(0, min(count, bytes.count - position))
        guard held > 0 else { return 0 }
        bytes.withUnsafeBytes { target?.copyMemory(from: $0.baseAddress! + position, byteCount: held) }
        position += held
        return sf_count_t(held)
    }
}

// Containers that libsndfile reads rightly only when it may seek: the bytes are kept in memory and decoded when the
// last has come, through libsndfile's virtual file. FLAC and CAF fail on a pipe; a W64 header that is cut short makes
// libsndfile 1.2.0 loop there without end (found with AudioFuzz).

import CSndFile
import Glibc

/// A sound kept whole, then decoded a block at a time.
final class BufferedDecoder: SoundDecoder {
    let offset: Int
    private let container: String
    private let options: AudioOptions
    private let memory = MemoryFile()
    private var file: SoundFile?
    private(set) var format: AudioFormat?

    /// An empty store.
    init(container: String, offset: Int, options: AudioOptions) {
        (self.container, self.offset, self.options) = (container, offset, options)
    }

    deinit { options.bufferBudget?.giveBack(memory.allocated) }

    /// Keeps a copy of `bytes`. Throws `tooLarge` past the limit, and `noRoom` where other readers have what they
    /// share.
    func send(_ bytes: UnsafeRawBufferPointer) throws(AudioError) -> Int {
        guard bytes.count <= options.bufferLimitBytes - memory.count else {
            throw .tooLarge(container: container, limitBytes: options.bufferLimitBytes)
        }
        let more = memory.allocation(for: bytes.count)
        if let budget = options.bufferBudget, more > 0, !budget.take(more) {
            throw .noRoom(container: container, limitBytes: budget.limit)
        }
        memory.append(bytes)
        return bytes.count
    }

    /// Opens what was kept. Throws as `SoundFile` does.
    func finishSending() throws(AudioError) {
        let file = try SoundFile(memory: memory, container: container, offset: offset, options: options)
        format = file.format
        self.file = consume file
    }

    func hasEnded() -> Bool { false }

    func receive(into interleaved: UnsafeMutableBufferPointer<Float>, channels: Int, limit: Int) -> Decoded {
        let frames = file?.read(into: interleaved, limit: limit) ?? 0
        return frames > 0 ? .frames(frames) : .end
    }

    /// Nothing is ever waited for: it is decoded as it is received.
    func wait(orSend: Bool) {}

    func fault() -> AudioError? { file?.endFault(at: offset + memory.count) }
}

/// Bytes that libsndfile reads as a file: the four calls of its virtual input. They are kept in blocks: one run of
/// bytes would be copied to a longer one again and again, and take twice its length.
final class MemoryFile {
    private static let blockBytes = 65_536

    private var blocks: [[UInt8]] = []
    /// Bytes of the file.
    private(set) var count = 0
    /// Bytes of memory for them.
    var allocated: Int { blocks.count * Self.blockBytes }
    /// Where the next read begins, in bytes from the start.
    private var position = 0

    /// Bytes of memory that `count` more bytes will take.
    func allocation(for count: Int) -> Int {
        (self.count + count + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes - allocated
    }

    /// Adds a copy of `bytes` at the end.
    func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            if count == allocated {
                var block: [UInt8] = []
                block.reserveCapacity(Self.blockBytes)
                blocks.append(block)
            }
            let piece = min(rest.count, allocated - count)
            blocks[blocks.count - 1].append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<piece]))
            count += piece
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
        }
    }

    /// The calls; libsndfile passes them the `context` of the file.
    static var calls: SF_VIRTUAL_IO {
        SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(MemoryFile.at($0).count) },
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
        let base = from == SEEK_CUR ? position : from == SEEK_END ? count : 0
        let (target, overflows) = base.addingReportingOverflow(distance)
        guard !overflows, target >= 0 else { return -1 }
        position = target
        return sf_count_t(target)
    }

    private func read(_ target: UnsafeMutableRawPointer?, _ wanted: Int) -> sf_count_t {
        let held = max(0, min(wanted, count - position))
        var copied = 0
        while copied < held {
            let start = position % Self.blockBytes
            let piece = min(held - copied, Self.blockBytes - start)
            blocks[position / Self.blockBytes].withUnsafeBytes {
                (target! + copied).copyMemory(from: $0.baseAddress! + start, byteCount: piece)
            }
            copied += piece
            position += piece
        }
        return sf_count_t(held)
    }
}

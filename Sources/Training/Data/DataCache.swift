// Files of numbers on disk, each under the SHA-256 of what it was made from. A file that is short, damaged or of
// another version counts as missing and is written anew; files appear whole, by renaming.
//
// A file is: "HRDC", version, number of bytes (8 bytes), checksum (8 bytes), then the numbers as they are in memory.

import Glibc

/// A folder of cached blocks.
package struct DataCache: Sendable {
    private static let magic: UInt64 = 0x4352_4448 | 1 << 32
    private static let headerBytes = 24
    /// The folder, made when the first block is written.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// `$XDG_CACHE_HOME/heard`, or `~/.cache/heard`.
    package static var defaultFolder: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/heard" }
        return (variable("HOME") ?? "/tmp") + "/.cache/heard"
    }

    /// The numbers stored under a key, or nil.
    package func read<Number: BitwiseCopyable>(_ key: String, as type: Number.Type) -> [Number]? {
        let descriptor = open(path(of: key), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var header = [UInt64](repeating: 0, count: 3)
        guard header.withUnsafeMutableBytes({ Self.read(descriptor, into: $0) }), header[0] == Self.magic else {
            return nil
        }
        var status = stat()
        let bytes = Int(truncatingIfNeeded: header[1]), size = MemoryLayout<Number>.stride
        guard bytes >= 0, bytes % size == 0, fstat(descriptor, &status) == 0,
            Int(status.st_size) == bytes + Self.headerBytes
        else { return nil }
        var isWhole = false
        let numbers = [Number](unsafeUninitializedCapacity: bytes / size) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: bytes)
            isWhole = Self.read(descriptor, into: raw) && Self.checksum(UnsafeRawBufferPointer(raw)) == header[2]
            count = isWhole ? bytes / size : 0
        }
        return isWhole ? numbers : nil
    }

    /// Stores numbers under a key. A cache that cannot be written is no reason to stop: false.
    @discardableResult
    package func write<Number: BitwiseCopyable>(_ numbers: [Number], under key: String) -> Bool {
        let path = path(of: key)
        let temporary = path + ".\(getpid())-\(pthread_self()).tmp"
        Self.makeFolders(for: path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        let isWritten = numbers.withUnsafeBytes { bytes in
            let header = [Self.magic, UInt64(bytes.count), Self.checksum(bytes)]
            return header.withUnsafeBytes { Self.write(descriptor, $0) } && Self.write(descriptor, bytes)
        }
        let isClosed = close(descriptor) == 0
        if isWritten, isClosed, rename(temporary, path) == 0 { return true }
        unlink(temporary)
        return false
    }

    /// Where a block is: spread over 256 folders.
    func path(of key: String) -> String { folder + "/" + key.prefix(2) + "/" + key }

    /// 64 bits over all bytes, eight at a time: FNV-1a's steps on words. It tells damage, not intent.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ word: UInt64) { hash = ((hash ^ word) &* 0x0000_0100_0000_01b3) ^ (hash >> 29) }
        let whole = bytes.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            mix(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        for offset in whole..<bytes.count { mix(UInt64(bytes[offset])) }
        return hash
    }

    private static func makeFolders(for path: String) {
        for (index, character) in path.utf8.enumerated() where character == UInt8(ascii: "/") && index > 0 {
            mkdir(String(path.utf8.prefix(index)) ?? path, 0o755)
        }
    }

    private static func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.read(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}

// A file of whole lines that has an end: when the next line would make it longer than it may be it becomes FILE.1, what
// was FILE.1 becomes FILE.2, and so on, and a new one begins. Nothing but whole lines is ever left in it: one that was
// cut, by a full disk or a kill, is taken away before the next is written.

import Glibc

/// Why lines cannot be written.
struct FileFault: Error, CustomStringConvertible {
    let path: String
    let reason: String
    /// Lines of those to be written that are in the file all the same.
    var linesWritten = 0

    /// What the last call has failed with.
    init(_ path: String) { self.init(path, reason: String(cString: strerror(errno))) }
    init(_ path: String, reason: String) { (self.path, self.reason) = (path, reason) }

    var description: String { "\(path): \(reason)" }
}

/// An open file of lines, for one thread.
final class RotatingFile {
    struct Options: Sendable, Equatable {
        var path: String
        /// Bytes of a file at the most, save where one line is longer.
        var bytes: Int
        /// Files that are kept beside it.
        var count: Int
    }

    /// Of a file that is made: its owner writes, its group reads, whatever the umask.
    private static let mode: mode_t = 0o640
    private static let newline = UInt8(ascii: "\n")

    private let options: Options
    private var descriptor: Int32 = -1
    private var size = 0
    /// Bytes of a line without an end that stood in the file when it was opened, and are gone.
    private(set) var torn = 0

    init(_ options: Options) throws(FileFault) {
        self.options = options
        try open()
    }

    deinit { close() }

    private func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func open() throws(FileFault) {
        let path = options.path
        // Without O_NONBLOCK a FIFO would wait for its reader.
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK
        descriptor = Glibc.open(path, flags)
        if descriptor < 0, errno == ENOENT {
            descriptor = Glibc.open(path, flags | O_CREAT | O_EXCL, Self.mode)
            guard descriptor >= 0, fchmod(descriptor, Self.mode) == 0 else { throw FileFault(path) }
        }
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw FileFault(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileFault(path, reason: "it is no regular file") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw FileFault(path, reason: "another process writes to it")
        }
        size = Int(status.st_size)
        let whole = wholeLines(of: size)
        guard whole == size || ftruncate(descriptor, whole) == 0 else { throw FileFault(path) }
        (torn, size) = (size - whole, whole)
    }

    /// The size of the file, which has `size` bytes, up to its last line end.
    private func wholeLines(of size: Int) -> Int {
        var end = size
        var piece = [UInt8](repeating: 0, count: 4096)
        while end > 0 {
            let start = max(0, end - piece.count)
            let count = pread(descriptor, &piece, end - start, start)
            guard count == end - start else { return size }
            if let last = piece[..<count].lastIndex(of: Self.newline) { return start + last + 1 }
            end = start
        }
        return 0
    }

    /// Appends whole lines.
    func append(_ lines: [UInt8]) throws(FileFault) {
        var rest = lines[...]
        do throws(FileFault) {
            while let first = rest.firstIndex(of: Self.newline) {
                let room = options.bytes - size
                if size > 0, first - rest.startIndex >= room { try rotate() }
                let fitting = rest.prefix(max(options.bytes - size, 0)).lastIndex(of: Self.newline) ?? first
                let end = fitting + 1
                try write(rest[..<end], written: &rest)
            }
        } catch {
            _ = ftruncate(descriptor, wholeLines(of: size))
            var fault = error
            fault.linesWritten = lines[..<rest.startIndex].count { $0 == Self.newline }
            throw fault
        }
    }

    /// Takes what has been written from `rest`.
    private func write(_ lines: ArraySlice<UInt8>, written rest: inout ArraySlice<UInt8>) throws(FileFault) {
        while rest.startIndex < lines.endIndex {
            let count = lines[rest.startIndex...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw FileFault(options.path)
            }
            size += count
            rest = rest.dropFirst(count)
        }
    }

    private func rotate() throws(FileFault) {
        let path = options.path
        let names = [path] + (0..<options.count).map { "\(path).\($0 + 1)" }
        for (old, new) in zip(names, names.dropFirst()).reversed() where rename(old, new) != 0 && errno != ENOENT {
            throw FileFault(old)
        }
        if options.count == 0 { unlink(path) }
        close()
        try open()
    }
}

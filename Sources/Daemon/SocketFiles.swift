// The files that a daemon without a service manager makes: the runtime directory, sockets with tight modes, the FIFO.

import Glibc

/// Makes and clears socket files.
enum SocketFiles {
    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Makes the directory, and those above it, for its owner alone. One that exists must be ours, and nobody else's to write.
    static func makeDirectory(_ path: String) throws(DaemonError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            partial += "/\(component)"
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
                throw .cannotMake(path: partial, reason: reason())
            }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .cannotMake(path: path, reason: "something that is not a directory stands there; remove it")
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw .cannotMake(
                path: path, reason: "it belongs to another user, or others may write to it; chmod it to 700")
        }
    }

    /// Removes a socket that a daemon has left behind.
    /// - Throws: ``DaemonError/alreadyRunning(path:)`` when it is answered.
    static func clear(_ path: String) throws(DaemonError) {
        guard path.utf8.count <= UnixAddress.longestPath else {
            throw .cannotMake(
                path: path,
                reason:
                    "the path of a Unix socket has at most \(UnixAddress.longestPath) bytes, this one has \(path.utf8.count)"
            )
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .cannotMake(path: path, reason: "something that is not a socket stands there; remove it")
        }
        if (try? UnixConnection(path)) != nil { throw .alreadyRunning(path: path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw .cannotMake(path: path, reason: reason()) }
    }

    static func restrict(_ path: String, mode: UInt32) throws(DaemonError) {
        guard chmod(path, mode) == 0 else { throw .cannotMake(path: path, reason: reason()) }
    }

    /// Makes the FIFO and opens it read-write, as systemd does: it then never has an end of file.
    static func openFIFO(_ path: String, mode: UInt32) throws(DaemonError) -> Int32 {
        guard mkfifo(path, mode) == 0 || errno == EEXIST else { throw .cannotMake(path: path, reason: reason()) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            throw .cannotMake(path: path, reason: "something that is not a FIFO stands there; remove it")
        }
        try restrict(path, mode: mode)
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotMake(path: path, reason: reason()) }
        return descriptor
    }
}

/// What the kernel says of this process.
package enum ProcessMemory {
    /// Bytes of memory in use (resident set), 0 when unknown.
    package static var resident: Int { resident(of: "self") }

    /// The same of another process.
    package static func resident(of process: String) -> Int {
        guard let file = fopen("/proc/\(process)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
            separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
    }
}

/// The version of this build.
package let heardVersion = "0.1.0"

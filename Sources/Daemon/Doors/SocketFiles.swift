// The files that a daemon without a service manager makes: the runtime directory, sockets with tight modes, the FIFO.

import Glibc

/// Makes and clears socket files.
enum SocketFiles {
    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Makes the directory, and those above it, for its owner alone. One that exists must be ours, and nobody else's to
    /// write.
    private static func makeDirectory(_ path: String) throws(DaemonError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            partial += "/\(component)"
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
                throw .cannotMake(path: partial, reason: reason())
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .cannotMake(
                path: path, reason: "something that is not a directory stands there, perhaps a symbolic link; remove it"
            )
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw .cannotMake(
                path: path, reason: "it belongs to another user, or others may write to it; chmod it to 700")
        }
    }

    /// A file that the daemon has made, and which one it is: another daemon may put its own in that place.
    struct Made: Sendable {
        let path: String
        let device: dev_t
        let inode: ino_t

        /// What stands at `path` now.
        init?(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            (self.path, device, inode) = (path, status.st_dev, status.st_ino)
        }

        /// Removes the file, if it is still this one.
        func remove() {
            guard let now = Made(path), now.device == device, now.inode == inode else { return }
            unlink(path)
        }
    }

    /// Makes the directory and the files of doors. Two daemons that start at once take turns.
    static func make(_ doors: [any Door.Type], in directory: String, mode: UInt32) throws(DaemonError) -> (
        DoorDescriptors, [Made]
    ) {
        try makeDirectory(directory)
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw .cannotMake(path: directory, reason: reason()) }
        defer { close(lock) }
        for door in doors where door.file == .socket { try clear("\(directory)/\(door.name)") }
        var descriptors = DoorDescriptors(), made: [Made] = []
        do throws(DaemonError) {
            for door in doors {
                let path = "\(directory)/\(door.name)"
                descriptors[door.name] =
                    switch door.file {
                    case .socket: try bind(path, mode: mode, noting: &made)
                    case .fifo: try openFIFO(path, mode: mode, noting: &made)
                    }
            }
        } catch {
            for file in made { file.remove() }
            descriptors.close()
            throw error
        }
        return (descriptors, made)
    }

    /// Removes a socket that a daemon has left behind.
    /// - Throws: ``DaemonError/alreadyRunning(path:)`` when it is answered.
    private static func clear(_ path: String) throws(DaemonError) {
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

    /// A socket with its file, which nobody can connect to before it has its permissions.
    private static func bind(_ path: String, mode: UInt32, noting made: inout [Made]) throws(DaemonError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, UnixAddress.with(path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            let error = DaemonError.cannotMake(path: path, reason: reason())
            close(descriptor)
            throw error
        }
        if let file = Made(path) { made.append(file) }
        do throws(DaemonError) {
            try restrict(path, mode: mode)
            guard listen(descriptor, 128) == 0 else { throw DaemonError.cannotMake(path: path, reason: reason()) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func restrict(_ path: String, mode: UInt32) throws(DaemonError) {
        guard chmod(path, mode) == 0 else { throw .cannotMake(path: path, reason: reason()) }
    }

    /// Makes the FIFO and opens it read-write, as systemd does: it then never has an end of file.
    private static func openFIFO(_ path: String, mode: UInt32, noting made: inout [Made]) throws(DaemonError) -> Int32 {
        guard mkfifo(path, mode) == 0 || errno == EEXIST else { throw .cannotMake(path: path, reason: reason()) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            throw .cannotMake(path: path, reason: "something that is not a FIFO stands there; remove it")
        }
        try restrict(path, mode: mode)
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotMake(path: path, reason: reason()) }
        if let file = Made(path) { made.append(file) }
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

// The open files of doors, inherited from a service manager or made by the daemon.

import Glibc

/// Descriptors by the names of their doors.
package struct DoorDescriptors: Sendable {
    private var byName: [String: Int32] = [:]

    package var isEmpty: Bool { byName.isEmpty }

    package init() {}

    subscript(name: String) -> Int32? {
        get { byName[name] }
        set { byName[name] = newValue }
    }

    func close() { for descriptor in byName.values { Glibc.close(descriptor) } }

    /// Tells inherited descriptors apart: sockets by the names that they are bound to; there is one FIFO.
    /// - Throws: ``DaemonError/unknownDescriptor(descriptor:)``.
    package init(inherited descriptors: Range<Int32>) throws(DaemonError) {
        for descriptor in descriptors {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            var status = stat()
            let isFIFO = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
            let bound = Self.boundName(of: descriptor)
            guard let door = Doors.all.first(where: { isFIFO ? $0.file == .fifo : $0.name == bound }) else {
                throw .unknownDescriptor(descriptor: descriptor)
            }
            byName[door.name] = descriptor
        }
    }

    /// The last component of the path that a Unix socket is bound to.
    private static func boundName(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
        let path = withUnsafeBytes(of: address.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return path.split(separator: "/").last.map(String.init)
    }
}

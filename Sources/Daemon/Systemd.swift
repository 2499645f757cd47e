// The two conversations with systemd, each a few lines of its documented protocol: sd_notify(3), messages to the
// datagram socket $NOTIFY_SOCKET, and sd_listen_fds(3), sockets inherited from descriptor 3 on.

import Glibc

/// Messages to the service manager; silent when there is none.
package enum Systemd {
    /// Sends e.g. `READY=1`.
    package static func notify(_ message: String) {
        guard let path = environment("NOTIFY_SOCKET"), path.utf8.count <= UnixAddress.longestPath else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        _ = UnixAddress.with(path) { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }

    /// `RELOADING=1` wants the time, in microseconds of the monotonic clock.
    package static func notifyReloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        notify("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
    }

    /// How often the watchdog wants to hear from us at the least; nil when it does not.
    package static var watchdogMicroseconds: Int64? {
        if let pid = environment("WATCHDOG_PID"), pid != "\(getpid())" { return nil }
        return environment("WATCHDOG_USEC").flatMap(Int64.init).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The descriptors that were passed to this process.
    package static var inheritedDescriptors: Range<Int32> {
        guard environment("LISTEN_PID") == "\(getpid())", let count = environment("LISTEN_FDS").flatMap(Int32.init),
            (1...64).contains(count)
        else { return 3..<3 }
        return 3..<(3 + count)
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// The sockets of a daemon by what happens on them.
package struct InheritedSockets: Sendable {
    package var audio: Int32?
    package var labels: Int32?
    package var control: Int32?
    package var fifo: Int32?

    package var isEmpty: Bool { audio == nil && labels == nil && control == nil && fifo == nil }

    package init() {}

    mutating func set(_ descriptor: Int32, for name: String) {
        switch name {
        case SocketName.audio: audio = descriptor
        case SocketName.labels: labels = descriptor
        default: control = descriptor
        }
    }

    func close() { for case let descriptor? in [audio, labels, control, fifo] { Glibc.close(descriptor) } }

    /// Tells inherited descriptors apart by the names that they are bound to.
    /// - Throws: ``DaemonError/unknownDescriptor(descriptor:)``.
    package init(descriptors: Range<Int32>) throws(DaemonError) {
        for descriptor in descriptors {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            var status = stat()
            if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO {
                fifo = descriptor
                continue
            }
            switch Self.boundName(of: descriptor) {
            case SocketName.audio: audio = descriptor
            case SocketName.labels: labels = descriptor
            case SocketName.control: control = descriptor
            default: throw .unknownDescriptor(descriptor: descriptor)
            }
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

/// File names of the sockets in the runtime directory.
package enum SocketName {
    package static let audio = "audio.sock"
    package static let labels = "labels.sock"
    package static let control = "control.sock"
    package static let fifo = "audio.fifo"
}

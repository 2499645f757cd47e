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

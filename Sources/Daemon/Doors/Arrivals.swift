// What has come through a descriptor and has not been read yet.

import Glibc

/// The state of a descriptor's input.
struct Arrivals {
    /// Bytes that can be read at once.
    let bytes: Int
    /// Nothing will come after them: the other end has finished writing.
    let isAll: Bool

    init(descriptor: Int32) {
        var count: Int32 = 0
        bytes = ioctl(descriptor, Self.countRequest, &count) == 0 ? Int(count) : 0
        var state = pollfd(fd: descriptor, events: Self.remoteEnd, revents: 0)
        isAll = poll(&state, 1, 0) == 1 && state.revents & (Self.remoteEnd | Int16(POLLHUP)) != 0
    }

    /// FIONREAD and POLLRDHUP, which Glibc's overlay does not have everywhere.
    private static let countRequest: UInt = 0x541B
    private static let remoteEnd: Int16 = 0x2000
}

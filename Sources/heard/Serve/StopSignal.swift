// Ctrl-C and SIGTERM for commands that have something to bring to an end: the first asks, the second ends the program
// at once.

import Glibc
import Synchronization
import Terminal

/// Whether Ctrl-C or SIGTERM came. A second one ends the program at once, with status 130.
final class StopSignal: Sendable {
    private static let count = Atomic(0)
    /// A pipe's two ends: into it goes a byte with the first signal.
    private static let wake: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        return (ends[0], ends[1])
    }()
    private static let numbers = [SIGINT, SIGTERM]

    /// Becomes readable when the first one comes, and stays so.
    var descriptor: Int32 { Self.wake.read }
    var isSet: Bool { Self.count.load(ordering: .relaxed) > 0 }

    /// Takes the signals until it is gone.
    init() {
        // Made here: a handler must not be the first to ask for it.
        _ = (Self.wake, isSet)
        for number in Self.numbers {
            signal(number) { _ in
                if StopSignal.count.add(1, ordering: .relaxed).newValue > 1 {
                    StatusLine.close()
                    _exit(130)
                }
                var byte: UInt8 = 0
                _ = write(StopSignal.wake.write, &byte, 1)
            }
        }
    }

    deinit { for number in Self.numbers { signal(number, SIG_DFL) } }
}

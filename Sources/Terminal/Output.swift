// Standard output, the same for all commands: each line is written at once, so that who reads it through a pipe has it;
// what cannot be written is told and fails; and where nobody reads any more the program ends as every filter does, by
// SIGPIPE.

import Foundation

/// The name that the program was started by.
private let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "heard").lastPathComponent

/// Writes a line to standard output.
package func printLine(_ text: String) {
    var rest = Array("\(text)\n".utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            // Whoever shares the descriptor has made it non-blocking.
            var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            poll(&output, 1, -1)
        } else if errno != EINTR {
            failOutput(errno)
        }
    }
}

@available(*, unavailable, message: "printLine says when a line cannot be written")
package func print(_ items: Any...) {}

/// Writes a line to standard error, after the name of the program.
package func printError(_ text: String) { printNote("\(program): \(text)") }

/// The same without the program's name.
package func printNote(_ text: String) {
    StatusLine.close()
    _ = "\(text)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// What is left to do with standard output when all is written: file systems that write later say now what went wrong.
package func closeOutput() {
    // An interrupted close has closed.
    if close(STDOUT_FILENO) != 0, errno != EINTR, errno != EBADF { failOutput(errno) }
}

/// Ends the program as soon as nobody reads standard output any more, also when there is nothing to write: for commands
/// that wait.
package func endWithReader() {
    Thread.detachNewThread {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        while poll(&output, 1, -1) < 0, errno == EINTR {}
        if output.revents & Int16(POLLERR | POLLHUP) != 0 { failOutput(EPIPE) }
    }
}

/// Gives standard input, output and error, where the program was started without them, a descriptor on which every read
/// or write fails: else a file or socket opened later would take its place, and be written to.
package func holdStandardDescriptors() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
        _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
}

/// Ends the program because standard output cannot be written to.
private func failOutput(_ reason: Int32) -> Never {
    StatusLine.close()
    if reason == EPIPE {
        signal(SIGPIPE, SIG_DFL)
        kill(getpid(), SIGPIPE)
        // Only where the signal is blocked.
        _exit(128 + SIGPIPE)
    }
    printError(
        "cannot write to standard output: \(reason == EBADF ? "it is closed" : String(cString: strerror(reason)))")
    exit(EXIT_FAILURE)
}

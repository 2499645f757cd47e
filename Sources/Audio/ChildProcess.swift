// A program that writes to a pipe while it is read. It lives no longer than its reader: a shell between the two holds
// the end of a pipe whose other end is ours, and kills the program when that closes, be it because we are done or
// because we were killed. Nothing is kept but what the kernel's two queues hold, and the first of what it says on its
// standard error.

import Glibc

/// A child process and the pipes to it.
final class ChildProcess {
    /// Bytes of its standard error that are kept.
    static let mostComplaintBytes = 1000

    /// Why it came to nothing.
    struct Failure: Error {
        let detail: String
    }

    private var pid = pid_t(0)
    private var output: Int32, complaints: Int32, lifeline: Int32
    private var complaint: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    private static let script = """
        exec 3<&0
        "$@" </dev/null 3<&- & child=$!
        { read -r _ <&3; kill -KILL "$child"; } >/dev/null 2>&1 & guard=$!
        wait "$child"; status=$?
        kill "$guard" 2>/dev/null
        exit "$status"
        """

    /// Starts `command`, a path and arguments. Throws when the system refuses.
    init(_ command: [String]) throws(Failure) {
        let (input, output, complaints) = (try Self.pipe(), try Self.pipe(), try Self.pipe())
        (lifeline, self.output, self.complaints) = (input.write, output.read, complaints.read)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            for descriptor in [input.read, output.write, complaints.write] { close(descriptor) }
        }
        for (place, descriptor) in [input.read, output.write, complaints.write].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
        }
        // It gets no signal that we ignore or hold back.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = (["/bin/sh", "-c", Self.script, "sh"] + command).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, environ)
        if code != 0 { throw Failure(detail: "\(command[0]): \(String(cString: strerror(code)))") }
    }

    deinit {
        for descriptor in [lifeline, output, complaints] where descriptor >= 0 { close(descriptor) }
        if pid > 0 { _ = Self.wait(for: pid) }
    }

    /// A socket pair, for unlike a pipe it can be made such that no other child gets it.
    private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(detail: "socketpair: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// The next bytes of its output, handed to `body`; false at the end. Throws what it said on its standard error when
    /// it ended with a status that is not 0.
    func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        while output >= 0 || complaints >= 0 {
            var polls = [output, complaints].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, 2, -1) > 0 else { continue }
            if polls[1].revents != 0 { readComplaint() }
            guard polls[0].revents != 0 else { continue }
            let count = Glibc.read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count > 0 {
                try buffer[..<count].withUnsafeBytes(body)
                return true
            }
            close(output)
            output = -1
        }
        let status = Self.wait(for: pid)
        pid = 0
        if status != 0 { throw Failure(detail: said(status)) }
        return false
    }

    private func readComplaint() {
        var text = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(complaints, &text, text.count)
        if count > 0 {
            complaint += text[..<min(count, Self.mostComplaintBytes - complaint.count)]
        } else if count == 0 || errno != EINTR {
            close(complaints)
            complaints = -1
        }
    }

    /// What it said, on one line, or its status when it said nothing.
    private func said(_ status: Int32) -> String {
        let lines = String(decoding: complaint, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "exit status \(status)" : lines.joined(separator: "; ")
    }

    /// Its exit status, or 128 and the signal that ended it.
    private static func wait(for pid: pid_t) -> Int32 {
        var status = Int32(0)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}

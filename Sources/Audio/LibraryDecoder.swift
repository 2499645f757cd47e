// libsndfile as a push decoder. It wants to pull bytes from a descriptor, so it runs on a thread of its own at one end
// of a socket pair: bytes go in, interleaved floats come back, and the kernel's two buffers are the only queues.
//
//     reader --send--> | socket pair | --read--> sf_open_fd, sf_readf_float
//     reader <--recv-- |             | <--send-- interleaved floats
//
// A socket rather than two pipes, because it is full duplex and MSG_NOSIGNAL keeps SIGPIPE away; libsndfile treats both
// as not seekable. Nothing can deadlock: this side never blocks in send or recv but in poll, on both directions at
// once, and the thread, when it is done or has failed, reads on to the end of input. What comes out is libsndfile's, so
// it does not depend on how the bytes went in; only the moment at which samples are ready does.

import Glibc
import Synchronization

/// A sound being decoded by libsndfile on a thread while its bytes arrive.
final class LibraryDecoder: SoundDecoder {
    /// Bytes sent at a time: small, so that what is decoded is collected soon.
    private static let pieceBytes = 4096

    /// The container's name.
    let container: String
    /// Where the sound starts in the stream.
    let offset: Int
    private let socket: Int32
    private let work: DecoderWork
    private var thread: pthread_t?
    private var partial: [UInt8] = []
    private var outputEnded = false

    /// Starts the thread. `offset` is where the sound starts in the stream. Throws `AudioError.system`.
    init(container: String, offset: Int, options: AudioOptions) throws(AudioError) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw .system(detail: "socketpair: \(String(cString: strerror(errno)))")
        }
        self.container = container
        self.offset = offset
        socket = pair[0]
        work = DecoderWork(socket: pair[1], container: container, offset: offset, options: options)
        do throws(AudioError) {
            thread = try work.start()
        } catch {
            close(pair[0])
            close(pair[1])
            throw error
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        join()
        close(socket)
    }

    /// The format, once the header has been read.
    var format: AudioFormat? { work.report.withLock { $0.format } }

    /// Sends as many of `bytes` as there is room for now, at most 4 KiB, and returns how many.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = Glibc.send(
            socket, bytes.baseAddress, min(bytes.count, Self.pieceBytes), Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        if count >= 0 { return count }
        precondition(errno == EAGAIN || errno == EINTR, "the decoder's thread reads to the end of its input")
        return 0
    }

    /// Says that no more bytes will be sent.
    func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Whether all output has been received: the fault and the format, if there are any, can be seen now.
    ///
    /// Asked before the format is known, where `receive` might bring samples too soon.
    func hasEnded() -> Bool {
        var byte: UInt8 = 0
        if !outputEnded { outputEnded = recv(socket, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) == 0 }
        return outputEnded
    }

    func receive(into interleaved: UnsafeMutableBufferPointer<Float>, channels: Int, limit: Int) -> Decoded {
        if outputEnded { return .end }
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(interleaved)[..<(limit * channels * 4)])
        bytes.copyBytes(from: partial)
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[partial.count...])
        let count = recv(socket, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
        if count == 0 { outputEnded = true }
        guard count > 0 else { return count == 0 ? .end : .none }
        let total = partial.count + count
        let whole = total - total % (4 * channels)
        partial.removeAll(keepingCapacity: true)
        partial.append(contentsOf: bytes[whole..<total])
        return .frames(whole / (4 * channels))
    }

    /// Waits until samples can be received or, with `orSend`, bytes be sent.
    func wait(orSend: Bool) {
        let events = (outputEnded ? 0 : POLLIN) | (orSend ? Int32(POLLOUT) : 0)
        var poll = pollfd(fd: socket, events: Int16(events), revents: 0)
        _ = Glibc.poll(&poll, 1, -1)
    }

    /// What was wrong with the sound, or nil. Waits for the thread to end, so no more may be to send.
    func fault() -> AudioError? {
        shutdown(socket, Int32(SHUT_WR))
        join()
        return work.report.withLock { $0.error }
    }

    private func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }
}

/// The thread's side.
private final class DecoderWork: Sendable {
    struct Report: Sendable {
        var format: AudioFormat?
        var error: AudioError?
    }

    let report = Mutex(Report())
    private let socket: Int32
    private let container: String
    private let offset: Int
    private let options: AudioOptions

    init(socket: Int32, container: String, offset: Int, options: AudioOptions) {
        (self.socket, self.container, self.offset, self.options) = (socket, container, offset, options)
    }

    /// Starts the thread, with all signals blocked so that the program's own threads get them.
    func start() throws(AudioError) -> pthread_t {
        var thread = pthread_t()
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let context = Unmanaged.passRetained(self)
        let fault = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<DecoderWork>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard fault == 0 else {
            context.release()
            throw .system(detail: "pthread_create: \(String(cString: strerror(fault)))")
        }
        return thread
    }

    /// The thread's whole life. A fault is told before the output ends, so that it is seen when the end is.
    private func run() {
        do throws(AudioError) {
            try decode()
        } catch {
            report.withLock { $0.error = error }
        }
        shutdown(socket, Int32(SHUT_WR))
        let rest = drain()
        if container == "Ogg", rest > 0 {
            let detail = "libsndfile stopped \(rest) bytes before the end of the sound"
            report.withLock { $0.error = $0.error ?? .undecodable(offset: offset, detail: detail) }
        }
        close(socket)
    }

    private func decode() throws(AudioError) {
        var file = try SoundFile(
            descriptor: socket, container: container, offset: offset, options: options)
        let format = file.format
        report.withLock { $0.format = format }
        var interleaved = [Float](repeating: 0, count: SoundFile.blockFrames * format.channels)
        while true {
            let frames = interleaved.withUnsafeMutableBufferPointer {
                file.read(into: $0, limit: SoundFile.blockFrames)
            }
            if frames == 0 || !sendAll(interleaved, frames * format.channels) { break }
        }
        if let fault = file.endFault(at: offset) { throw fault }
    }

    /// Sends the first `count` samples; false when nobody listens any more.
    private func sendAll(_ samples: [Float], _ count: Int) -> Bool {
        samples.withUnsafeBytes { bytes in
            var sent = 0
            while sent < count * 4 {
                let result = Glibc.send(socket, bytes.baseAddress! + sent, count * 4 - sent, Int32(MSG_NOSIGNAL))
                if result < 0 && errno == EINTR { continue }
                if result < 0 { return false }
                sent += result
            }
            return true
        }
    }

    /// Reads the input to its end; how many bytes that were.
    private func drain() -> Int {
        var total = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return total }
            total += count
        }
    }
}

// The sink of event-file: the events of all streams, the lines of labels.sock, appended to a file that is rotated by
// size. A thread of its own writes, so a disk that is slow or full holds nobody. What is not written is lost: it is
// counted, said once in the log, and stands in the file as `dropped` as soon as that can be written again.

import Schema
import Events
import Logging
import NIOCore
import Synchronization

/// Appends events to a file.
final class EventFile: EventSink {
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part? {
        guard options.eventFile != nil else { return nil }
        // What waits, and what is being written.
        return .init(name: "event file", bytes: 2 * options.eventQueueBytes, settings: ["event-queue-bytes"])
    }

    private let log: Logger
    private let pen: Pen
    /// Nil until there is a file.
    private var writer: LineWriter?
    private var path: String?

    init(_ options: DaemonOptions, _ rights: Rights, epoch: String, log: Logger) {
        self.log = log
        pen = Pen(log)
        reload(options, rights)
    }

    func reload(_ options: DaemonOptions, _ rights: Rights) {
        path = options.eventFile
        pen.options.withLock {
            $0 = .some(
                options.eventFile.map { .init(path: $0, bytes: options.eventFileSize, count: options.eventFileCount) })
        }
        let limit = options.eventQueueBytes
        if writer == nil, path != nil {
            let pen = pen
            writer = LineWriter("heard-events", limit: limit) { pen.write($0) }
        }
        writer?.wake(limit: limit)
    }

    func take(_ event: PublishedEvent) {
        if path != nil { writer?.add(event.line.readableBytesView, number: event.seq) }
    }

    func report(to answer: inout JSONLine) {
        guard let path else { return }
        answer.add("event_file", path)
        answer.add("event_file_lost", pen.lostInAll.load(ordering: .relaxed))
    }

    func close() { writer?.close() }
    var isWritten: Bool { writer?.isWritten ?? true }

    deinit { writer?.close() }
}

/// What the writing thread has of the file.
private final class Pen: @unchecked Sendable {
    // Sendable: `let`s, and variables that are touched on the writing thread alone.

    /// A fault that comes back before so many bytes have been written is the same one, and is not said again.
    private static let recovered = 65_536

    /// What a reload has brought since the last line; nil for no news, and none for no file.
    let options = Mutex<RotatingFile.Options??>(nil)
    /// Lines that are not in the file.
    let lostInAll = Atomic(0)

    private let log: Logger
    private var current: RotatingFile.Options?
    private var file: RotatingFile?
    /// Bytes that have been written since a fault; nil when there is none.
    private var sinceFault: Int?
    /// Lines that were lost since the file last said so, and the number of the last.
    private var lost = 0
    private var lastLost: UInt64 = 0

    init(_ log: Logger) { self.log = log }

    func write(_ batch: LineWriter.Batch?) {
        if let news = options.withLock({ $0.take() }) {
            (file, sinceFault) = (nil, nil)
            current = news
        }
        guard let batch, let current else { return file = nil }
        put(batch.bytes, last: batch.last, in: current)
        guard batch.lost > 0 else { return }
        lose(batch.lost, batch.lastLost)
        put([], last: batch.last, in: current)
    }

    /// Writes lines, before them what was lost.
    private func put(_ lines: [UInt8], last: UInt64, in options: RotatingFile.Options) {
        let notice = lost == 0 ? "" : Event(seq: lastLost, stream: "*", body: .dropped(count: lost)).json + "\n"
        do {
            if file == nil { try open(options) }
            try file?.append(Array(notice.utf8) + lines)
            lost = 0
            endFault(lines.count, options.path)
        } catch {
            file = nil
            beginFault(error)
            var written = error.linesWritten
            if written > 0, lost > 0 { (written, lost) = (written - 1, 0) }
            lose(lines.count { $0 == UInt8(ascii: "\n") } - written, last)
        }
    }

    private func open(_ options: RotatingFile.Options) throws(FileFault) {
        file = try RotatingFile(options)
        guard let torn = file?.torn, torn > 0 else { return }
        log.warning(
            "the last line of the event file was cut off, and is taken away",
            metadata: ["file": "\(options.path)", "bytes": "\(torn)"])
    }

    private func beginFault(_ fault: FileFault) {
        if sinceFault == nil {
            log.error(
                "events are not written; make room, or name another event-file", metadata: ["reason": "\(fault)"])
        }
        sinceFault = 0
    }

    private func endFault(_ bytes: Int, _ path: String) {
        guard let before = sinceFault else { return }
        sinceFault = before + bytes
        guard before + bytes >= Self.recovered else { return }
        sinceFault = nil
        log.notice("events are written again", metadata: ["file": "\(path)"])
    }

    private func lose(_ count: Int, _ last: UInt64) {
        guard count > 0 else { return }
        lost += count
        lastLost = last
        lostInAll.add(count, ordering: .relaxed)
    }
}

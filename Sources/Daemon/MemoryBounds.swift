// The most memory that a daemon of some options can take, by what takes it. Every queue has a bound in bytes, so this
// is a sum; it is what must fit MemoryMax of the unit.

import Foundation
import Glibc

/// The bounds of a daemon's memory, in bytes.
package struct MemoryBounds: Sendable {
    /// One thing that takes memory, and the settings that lower it.
    package struct Part: Sendable {
        package let name: String
        package let bytes: Int
        package let settings: [String]
    }

    package let parts: [Part]
    package var total: Int { parts.reduce(0) { $0 + $1.bytes } }

    /// What the program takes without a stream, and how many times the model's file: read, packed for the machine, and
    /// the next at a reload.
    private static let program = 64 << 20
    private static let modelCopies = 4
    /// A session: its buffers, the state of its network, its decoder's hypotheses, and the events of a slice.
    private static let session = 1 << 20
    /// Three utterances of a stream that is read again: one at hand and two that wait; and the reading itself, of one
    /// at a time.
    private static let utterances = 8 << 20
    private static let reading = 64 << 20
    /// What the kernel and the event loop hold of a connection: both directions of a Unix socket, and one read.
    static let connection = (512 << 10) + (64 << 10)

    package init(_ options: DaemonOptions) {
        let files = [options.model, options.gate, options.offlineModel, options.languageModel].compactMap(\.self)
        let weights = files.reduce(0) { $0 + Self.size(of: $1) }
        let fixed = [
            Part(name: "program and models", bytes: Self.program + Self.modelCopies * weights, settings: ["model"]),
            Part(
                name: "streams", bytes: options.maximumStreams * (options.inboxBytes + Self.session),
                settings: ["maximum-streams", "inbox-bytes"]),
            Part(
                name: "second readings", bytes: options.maximumStreams * Self.utterances + Self.reading,
                settings: ["maximum-streams"]),
            Part(name: "buffered files", bytes: options.bufferTotal, settings: ["buffer-total"]),
        ]
        parts =
            fixed + Doors.all.compactMap { $0.memory(options) } + EventSinks.all.compactMap { $0.memory(options) }
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// What is said of a sum that is more than `limit` bytes: by how much, and what to lower; nil when it is not.
    package func excess(over limit: Int) -> String? {
        guard total > limit, let greatest = parts.max(by: { $0.bytes < $1.bytes }) else { return nil }
        return "the bounds of memory add up to \(total >> 20) MiB, more than the limit of \(limit >> 20) MiB; most is "
            + "for \(greatest.name), \(greatest.bytes >> 20) MiB: lower \(greatest.settings.joined(separator: ", "))"
    }

    /// - Throws: ``DaemonError/tooMuchMemory(excess:)`` when the options have a limit, and its sum is more.
    package static func check(_ options: DaemonOptions) throws(DaemonError) {
        if let limit = options.memoryLimit, let excess = Self(options).excess(over: limit) {
            throw .tooMuchMemory(excess: excess)
        }
    }

    /// MemoryMax of the unit that this process runs in, as its control group says; nil when there is none.
    package static var ofControlGroup: Int? {
        guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
            let group = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })?.dropFirst(3),
            let limit = try? String(contentsOfFile: "/sys/fs/cgroup\(group)/memory.max", encoding: .utf8)
        else { return nil }
        return Int(limit.filter { !$0.isNewline })
    }
}

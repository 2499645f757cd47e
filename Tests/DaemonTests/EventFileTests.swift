import Daemon
import Events
import Foundation
import Glibc
import TestSupport
import Testing

/// Events appended to a file, which is rotated by its size.
@Suite struct EventFileTests {
    /// Runs a daemon with an event file in a folder that is there.
    private func withFile(
        _ change: (inout DaemonOptions) -> Void = { _ in }, _ body: (TestDaemon, String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "heard-events-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/events.jsonl"
        try await withDaemon { options in
            options.eventFile = path
            change(&options)
        } _: { daemon in
            try await body(daemon, path)
        }
    }

    private let sound = Sound.wav(Sound.bursts(seconds: 2))

    /// The lines of a file; nil when it is not there or does not end with a line.
    private func lines(_ path: String) -> [String]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.isEmpty ? [] : text.hasSuffix("\n") ? text.dropLast().components(separatedBy: "\n") : nil
    }

    private func numbers(_ lines: [String]) throws -> [UInt64] { try lines.map { try Event(json: $0).seq } }

    /// Waits until the file has what `isDone` wants.
    private func wait(_ path: String, _ isDone: ([String]) throws -> Bool) async throws {
        try await waitUntil { try lines(path).map(isDone) ?? false }
    }

    /// Has these options loaded anew.
    private func reload(_ daemon: TestDaemon, _ change: (inout DaemonOptions) -> Void) async throws {
        var options = try daemon.currentOptions()
        change(&options)
        daemon.setNextLoad(.success(options))
        await daemon.server.reload()
    }

    @Test func itHasTheLinesOfLabelsSock() async throws {
        try await withFile { daemon, path in
            let subscriber = try await daemon.subscribe()
            let names = ["a", "b"]
            for name in names { _ = try await daemon.feed([sound], StreamRequest(stream: name)) }
            let told = try await offThePool {
                var said: [String] = []
                var ends = 0
                subscriber.readLines {
                    said.append($0)
                    ends += $0.contains(#""kind":"stream-end""#) ? 1 : 0
                    return ends < 2
                }
                return said
            }
            try await wait(path) { $0.count >= told.count }
            #expect(lines(path) == told)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
            #expect(try await daemon.status("event_file_lost") == 0)
        }
    }

    @Test func whatIsSaidLastIsWrittenBeforeTheEnd() async throws {
        let path = "/tmp/heard-events-\(UUID().uuidString).jsonl"
        defer { unlink(path) }
        var told: [UInt64] = []
        try await withDaemon {
            $0.eventFile = path
        } _: {
            told = try await $0.feed([sound]).map(\.seq)
        }
        #expect(try numbers(lines(path) ?? []) == told)
    }

    @Test(arguments: [0, 2]) func aFileThatIsFullBecomesAnOldOne(count: Int) async throws {
        let size = 1500
        try await withFile {
            ($0.eventFileSize, $0.eventFileCount) = (size, count)
        } _: { daemon, path in
            var last: UInt64 = 0
            for _ in 0..<8 { last = try await daemon.feed([sound]).last?.seq ?? 0 }
            try await wait(path) { try numbers($0).last == last }
            let paths = (1...count + 1).reversed().map { "\(path).\($0)" } + [path]
            #expect(lines(paths[0]) == nil, "\(count) old files are kept, and no more")
            let kept = try paths.dropFirst().map { path in
                let own = try #require(lines(path))
                #expect(!own.isEmpty && own.reduce(0) { $0 + $1.utf8.count + 1 } <= size)
                return try numbers(own)
            }
            // Nothing is missing from the first line that is kept on.
            let all = kept.flatMap(\.self)
            #expect(all == Array(all[0]...last) && all[0] > 1)
        }
    }

    @Test func aFileThatCannotBeWrittenIsToldAndFollowedUp() async throws {
        try await withFile { daemon, path in
            let missing = "\(path).d/events.jsonl"
            try await reload(daemon) { $0.eventFile = missing }
            let lost = try await daemon.feed([sound])
            try await waitUntil { try await daemon.status("event_file_lost") == lost.count }
            try FileManager.default.createDirectory(atPath: "\(path).d", withIntermediateDirectories: true)
            let written = try await daemon.feed([sound])
            try await wait(missing) { $0.count == written.count + 1 }
            let first = try Event(json: try #require(lines(missing)?.first))
            guard case .dropped(count: lost.count) = first.body else {
                Issue.record("\(first)")
                return
            }
            #expect(first.seq == lost.last?.seq && first.stream == "*")
            #expect(try await daemon.status("event_file_lost") == lost.count)
        }
    }

    @Test func whatFindsNoRoomInTheQueueIsCounted() async throws {
        try await withFile {
            $0.eventQueueBytes = 1
        } _: { daemon, path in
            let subscriber = try await daemon.subscribe(EventFilter(kinds: ["stream-end"]))
            _ = try await daemon.feed([sound])
            let lost = try await offThePool { try subscriber.readEvents { _ in true } }
            let last = try #require(lost.first?.seq)
            try await waitUntil { try await daemon.status("event_file_lost") == Int(last) }
            var dropped = 0
            try await wait(path) { lines in
                dropped = try lines.reduce(0) {
                    if case .dropped(let count?) = try Event(json: $1).body { $0 + count } else { $0 }
                }
                return dropped >= last
            }
            #expect(try dropped == last && lines(path)?.last.map { try Event(json: $0).seq } == last)
            try await reload(daemon) { $0.eventQueueBytes = 1 << 20 }
            let events = try await daemon.feed([sound])
            try await wait(path) { try numbers($0).last == events.last?.seq }
        }
    }

    @Test func aReloadOpensItAnew() async throws {
        try await withFile { daemon, path in
            let first = try await daemon.feed([sound])
            try await wait(path) { $0.count == first.count }
            // As logrotate does.
            #expect(rename(path, "\(path)-old") == 0)
            await daemon.server.reload()
            try await wait(path) { $0.isEmpty }
            let second = try await daemon.feed([sound])
            try await wait(path) { $0.count == second.count }
            #expect(try numbers(lines("\(path)-old") ?? []) == first.map(\.seq))
            #expect(try numbers(lines(path) ?? []) == second.map(\.seq))
            try await reload(daemon) { $0.eventFile = nil }
            _ = try await daemon.feed([sound])
            #expect(lines(path)?.count == second.count)
            #expect(try await daemon.status("event_file_lost") == -1, "a file that is not there has no count")
        }
    }

    @Test func aLineThatWasCutOffIsTakenAway() async throws {
        let whole = #"{"seq":1,"stream":"a","kind":"stream-start"}"#
        try await withFile { daemon, path in
            let torn = "\(path)-torn"
            // Longer than what is looked through at once.
            try (whole + "\n" + String(repeating: "x", count: 10_000)).write(
                toFile: torn, atomically: false, encoding: .utf8)
            try await reload(daemon) { $0.eventFile = torn }
            try await wait(torn) { $0 == [whole] }
            let events = try await daemon.feed([sound])
            try await wait(torn) { $0.count == events.count + 1 }
            #expect(lines(torn)?.first == whole)
        }
    }

    @Test(arguments: ["/dev/null", "/tmp"]) func whatIsNoRegularFileIsLeftAlone(path: String) async throws {
        try await withFile {
            $0.eventFile = path
        } _: { daemon, _ in
            let events = try await daemon.feed([sound])
            try await waitUntil { try await daemon.status("event_file_lost") == events.count }
        }
    }

    @Test func twoDaemonsDoNotMixTheirLines() async throws {
        try await withFile { daemon, path in
            let own = try await daemon.feed([sound])
            try await wait(path) { $0.count == own.count }
            try await withDaemon {
                $0.eventFile = path
            } _: { other in
                let events = try await other.feed([sound])
                try await waitUntil { try await other.status("event_file_lost") == events.count }
            }
            #expect(lines(path)?.count == own.count)
        }
    }
}

import Daemon
import Foundation
import TestSupport
import Testing

/// The bounds add up.
@Suite struct MemoryBoundTests {
    private var unit: String {
        get throws {
            return try String(
                contentsOf: Repository.root.appendingPathComponent("systemd/heard.service"), encoding: .utf8)
        }
    }

    /// MemoryMax of the unit is more than what a daemon with the defaults can take.
    @Test func defaultsFitTheUnit() throws {
        let line = try #require(try unit.split(separator: "\n").first { $0.hasPrefix("MemoryMax=") })
        let value = line.dropFirst("MemoryMax=".count)
        #expect(value.hasSuffix("G"))
        let limit = try #require(Int(value.dropLast())) << 30
        let bounds = MemoryBounds(DaemonOptions())
        #expect(bounds.total < limit)
        #expect(bounds.excess(over: limit) == nil)
    }

    /// Every setting that makes room for more shows in the sum, by as much as it can take.
    @Test func everySettingCounts() {
        let before = MemoryBounds(DaemonOptions()).total
        func more(_ change: (inout DaemonOptions) -> Void) -> Int {
            var options = DaemonOptions()
            change(&options)
            return MemoryBounds(options).total - before
        }
        #expect(more { $0.historyBytes += 1000 } == 1000)
        #expect(more { $0.bufferTotal += 1000 } == 1000)
        #expect(more { $0.inboxBytes += 1000 } == 64_000)
        #expect(more { $0.eventQueueBytes += 1000 } >= 3 * 64_000)
        #expect(more { $0.lineLimit += 1000 } >= 3 * 64_000)
        #expect(more { $0.maximumStreams += 1 } >= DaemonOptions().inboxBytes + 2 * DaemonOptions().eventQueueBytes)
        #expect(more { $0.maximumSubscribers += 1 } >= DaemonOptions().eventQueueBytes)
    }

    /// What is too much says what to lower, and keeps a daemon from starting when the limit was asked for.
    @Test func tooMuchIsRefused() async throws {
        var options = DaemonOptions()
        options.bufferTotal = 8 << 30
        let excess = try #require(MemoryBounds(options).excess(over: 2 << 30))
        #expect(excess.contains("buffer-total") && excess.contains("2048 MiB"))
        await #expect(throws: DaemonError.self) {
            try await withDaemon {
                $0.memoryLimit = 1 << 20
            } _: { _ in
            }
        }
    }
}

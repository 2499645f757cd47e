// heard-events(7): every example is an event as the code writes it, and every kind has one.

import Foundation
import Testing
import Wire

@Suite struct ManualTests {
    private static let lines: [String] = {
        let path = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../../systemd/heard-events.7").standardized
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map {
            $0.replacingOccurrences(of: "\\-", with: "-").replacingOccurrences(of: "\\e", with: "\\")
        }
    }()

    @Test func examplesAreEvents() throws {
        let examples = Self.lines.filter { $0.hasPrefix(#"{"seq""#) }
        var kinds: Set<Event.Kind> = []
        for line in examples {
            let event = try Event(json: line)
            #expect(event.json == line)
            kinds.insert(event.kind)
        }
        #expect(kinds == Set(Event.Kind.allCases))
    }

    @Test func examplesAreRequests() throws {
        var count = 0
        for line in Self.lines {
            if line.hasPrefix("HEARD {") {
                _ = try StreamRequest(line: line.utf8)
            } else if line.hasPrefix(#"{"request""#) {
                _ = try ControlRequest(line: line.utf8)
            } else if line.hasPrefix(#"{"streams""#) {
                _ = try EventFilter(line: line.utf8)
            } else {
                continue
            }
            count += 1
        }
        #expect(count >= 6)
    }
}

// heard-events(7): every example is an event as the code writes it, and every kind has one.

import Events
import Foundation
import TestSupport
import Testing

@Suite struct ManualTests {
    private static let lines: [String] = {
        let path = Repository.root.appendingPathComponent("systemd/heard-events.7")
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

/// The guides: what they link to is there, and the first of them is short.
@Suite struct GuideTests {
    private static let root = Repository.root.path

    private static let guides: [String] =
        ["", "samples/", "samples/recipes/"].map { "\($0)README.md" }
        + ["HeardKit/Heard", "Pipeline/Pipeline", "Recurrent/Recurrent", "Training/Training"].flatMap { target in
            let folder = "Sources/\(target).docc"
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
            return files.filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
        }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
    }

    /// Headings as a link names them.
    private func anchors(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-")
                    .filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            })
    }

    @Test(arguments: guides) func linksLeadSomewhere(guide: String) throws {
        let text = try text(guide), folder = URL(fileURLWithPath: "/\(guide)").deletingLastPathComponent().path
        for link in text.matches(of: #/\]\(([^)\s]*)\)/#).map(\.1) where !link.hasPrefix("http") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let path =
                parts[0].isEmpty
                ? guide : String(URL(fileURLWithPath: "\(folder)/\(parts[0])").standardized.path.dropFirst())
            #expect(FileManager.default.fileExists(atPath: "\(Self.root)/\(path)"), "\(link)")
            if parts.count > 1 { #expect(try anchors(self.text(path)).contains(parts[1]), "\(link)") }
        }
        for name in text.matches(of: #/<doc:([A-Za-z]+)>/#).map(\.1) {
            #expect(FileManager.default.fileExists(atPath: "\(Self.root)\(folder)/\(name).md"), "\(name)")
        }
    }

    /// Files of the source that a guide names with their folder.
    @Test(arguments: guides) func namedFilesAreThere(guide: String) throws {
        for name in try text(guide).matches(of: #/`((?:Sources/)?[A-Z]\w+/[\w/+]+\.(?:swift|c|h))`/#).map(\.1)
        where !name.contains("NAME") {
            let isThere = ["", "Sources/", "Tests/"].contains {
                FileManager.default.fileExists(atPath: "\(Self.root)/\($0)\(name)")
            }
            #expect(isThere, "\(name)")
        }
    }

    @Test func theFirstIsShort() throws {
        #expect(Self.guides.count > 15)
        #expect(try text("README.md").utf8.count <= 8192)
    }
}

// Log lines on standard error. Under systemd each begins with its level as sd-daemon(3) has it (<3> error … <7> debug), which
// the journal takes off; at a terminal it begins with the level's name.

import Glibc
import Logging

/// Writes log lines to standard error.
package struct JournalLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let isJournal: Bool

    package init(level: Logger.Level) {
        logLevel = level
        isJournal = getenv("JOURNAL_STREAM") != nil
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let tail = fields.map { " \($0.key)=\($0.value)" }.joined()
        let head = isJournal ? "<\(Self.priority(event.level))>" : "heard: \(event.level): "
        // One line a message: a line end inside would begin a record of its own.
        let line = "\(event.message)\(tail)".split(whereSeparator: \.isNewline).joined(separator: " ")
        let bytes = Array("\(head)\(line)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

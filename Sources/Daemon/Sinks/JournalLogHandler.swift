// Log lines on standard error. Under systemd each begins with its level as sd-daemon(3) has it (<3> error … <7> debug),
// which the journal takes off; at a terminal it begins with the level's name.

import Glibc
import Logging

/// Writes log lines to standard error, without waiting for who reads it.
package struct JournalLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private static let isJournal = getenv("JOURNAL_STREAM") != nil
    /// Bytes of a line, at the most: the journal's own limit is more, and a client can make us say some of them.
    private static let longestLine = 4096

    package init(level: Logger.Level) { logLevel = level }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let tail = fields.map { " \($0.key)=\($0.value)" }.joined()
        LogWriter.standardError.add(Self.line(event.level, "\(event.message)\(tail)"))
    }

    /// One line of at most ``longestLine`` bytes, whatever the message holds: a line end inside would begin a record of
    /// its own, and other control characters would speak to a terminal.
    package static func line(_ level: Logger.Level, _ message: String) -> [UInt8] {
        var line = Array((isJournal ? "<\(priority(level))>" : "heard: \(level): ").utf8)
        for scalar in message.unicodeScalars {
            guard line.count < longestLine - 16 else {
                line += Array(" …".utf8)
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: line.append(UInt8(ascii: " "))
            default: line += Array(UTF8.encode(scalar)!)
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
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

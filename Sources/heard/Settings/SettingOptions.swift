// The settings as options of the command line. Their names are those of the table in Settings.swift, which also has
// their help and reads their values; a test holds the two together.

import ArgumentParser

private func help(_ key: String) -> ArgumentHelp {
    guard let setting = Setting.all.first(where: { $0.key == key }) else { return "" }
    return ArgumentHelp(stringLiteral: "\(setting.help) Default: \(setting.show(Setting.defaults)).")
}

/// Where settings are read from.
struct ConfigOption: ParsableArguments {
    @Option(help: "The configuration file. Default: \(Configuration.defaultPath), if it is there.") var config: String?
}

/// What a daemon and its clients need to find each other.
struct CommonOptions: ParsableArguments {
    @OptionGroup var file: ConfigOption
    @Option(help: help("runtime-directory")) var runtimeDirectory: String?
    @Option(help: help("daemon-user")) var daemonUser: String?
}

/// The settings that say how sound is read.
struct ReadingOptions: ParsableArguments {
    @Option(help: help("model")) var model: String?
    @Option(help: help("gate")) var gate: String?
    @Option(help: help("offline-model")) var offlineModel: String?
    @Option(help: help("language-model")) var languageModel: String?
    @Option(help: help("mode")) var mode: String?
    @Option(help: help("lookahead")) var lookahead: String?
    @Option(help: help("state-reset")) var stateReset: String?
    @Option(help: help("gates")) var gates: String?
    @Option(help: help("raw")) var raw: String?
    @Option(help: help("endpoint-silence")) var endpointSilence: String?
    @Option(help: help("threshold")) var threshold: String?
    @Option(help: help("beam-width")) var beamWidth: String?
    @Option(help: help("lm-weight")) var lmWeight: String?
    @Option(help: help("lm-mixture")) var lmMixture: String?
    @Option(help: help("word-bonus")) var wordBonus: String?
    @Option(help: help("buffer-limit")) var bufferLimit: String?
}

/// The settings of the daemon alone.
struct DaemonSettingOptions: ParsableArguments {
    @Option(help: help("threads")) var threads: String?
    @Option(help: help("gather")) var gather: String?
    @Option(help: help("fifo")) var fifo: String?
    @Option(help: help("fifo-idle")) var fifoIdle: String?
    @Option(help: help("socket-mode")) var socketMode: String?
    @Option(help: help("access-feed")) var accessFeed: String?
    @Option(help: help("access-read")) var accessRead: String?
    @Option(help: help("access-control")) var accessControl: String?
    @Option(help: help("maximum-streams")) var maximumStreams: String?
    @Option(help: help("maximum-subscribers")) var maximumSubscribers: String?
    @Option(help: help("user-share")) var userShare: String?
    @Option(help: help("maximum-lookahead")) var maximumLookahead: String?
    @Option(help: help("maximum-ahead")) var maximumAhead: String?
    @Option(help: help("line-limit")) var lineLimit: String?
    @Option(help: help("idle-timeout")) var idleTimeout: String?
    @Option(help: help("event-queue")) var eventQueue: String?
    @Option(help: help("event-queue-bytes")) var eventQueueBytes: String?
    @Option(help: help("history")) var history: String?
    @Option(help: help("history-bytes")) var historyBytes: String?
    @Option(help: help("event-file")) var eventFile: String?
    @Option(help: help("event-file-size")) var eventFileSize: String?
    @Option(help: help("event-file-count")) var eventFileCount: String?
    @Option(help: help("inbox-bytes")) var inboxBytes: String?
    @Option(help: help("buffer-total")) var bufferTotal: String?
    @Option(help: help("memory-limit")) var memoryLimit: String?
    @Option(help: help("sequence-limit")) var sequenceLimit: String?
    @Option(help: help("reload-timeout")) var reloadTimeout: String?
    @Option(help: help("stop-timeout")) var stopTimeout: String?
}

extension ParsableArguments {
    /// The settings that were given, by key: `maximumStreams` is `maximum-streams`.
    var given: [String: String] {
        var values: [String: String] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, let value = (child.value as? Option<String?>)?.wrappedValue else { continue }
            let name = label.drop { $0 == "_" }
            let key = name.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
            values[key] = value
        }
        return values
    }
}

/// The settings in force, with the options of `more`.
func loadConfiguration(_ file: ConfigOption, _ more: any ParsableArguments...) throws -> Configuration {
    try Configuration(file: file.config, given: more.reduce(into: [:]) { $0.merge($1.given) { $1 } })
}

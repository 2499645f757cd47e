// What a setting of the daemon is. From the table of them (Settings+Table.swift) the configuration file, the
// environment and the options are read; `heard config`, the example file and the manual page are printed. A setting
// `line-limit` is `line-limit: 4096` in the file, HEARD_LINE_LIMIT in the environment and --line-limit as an option.

import Audio
import Daemon
import Events
import Foundation

/// One setting: how its text becomes an option of the daemon, and back.
struct Setting: Sendable {
    /// Why a text cannot be a setting's value: what would be right.
    struct BadValue: Error {
        let expected: String
    }

    /// Settings under one heading, and what holds for all of them.
    struct Section: Sendable {
        let title: String
        let about: String
        let settings: [Setting]

        init(_ title: String, _ about: String, _ settings: [Setting]) {
            (self.title, self.about, self.settings) = (title, about, settings)
        }
    }

    let key: String
    /// A sentence, for the option's help.
    let help: String
    /// What the manual says beside it.
    private(set) var note = ""
    /// The values that are right, for an error and the manual; empty where the help says them.
    private(set) var expected = ""
    let apply: @Sendable (String, inout DaemonOptions) throws(BadValue) -> Void
    let show: @Sendable (DaemonOptions) -> String

    var variable: String { "HEARD_" + key.uppercased().replacingOccurrences(of: "-", with: "_") }

    init(
        _ key: String, _ help: String,
        apply: @escaping @Sendable (String, inout DaemonOptions) throws(BadValue) -> Void,
        show: @escaping @Sendable (DaemonOptions) -> String
    ) {
        self.key = key
        self.help = help
        self.apply = apply
        self.show = show
    }

    /// The same setting, of which the manual says more.
    func noting(_ note: String) -> Setting {
        var setting = self
        setting.note = note
        return setting
    }

    private func expecting(_ expected: String) -> Setting {
        var setting = self
        setting.expected = expected
        return setting
    }

    /// A whole number between two limits.
    static func count(
        _ key: String, _ help: String, _ range: ClosedRange<Int>, _ path: WritableKeyPath<DaemonOptions, Int> & Sendable
    ) -> Setting {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Setting(key, help) { (text, options) throws(BadValue) in
            guard let value = Int(text), range.contains(value) else { throw BadValue(expected: expected) }
            options[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
        .expecting(expected)
    }

    /// A time in seconds.
    static func seconds(
        _ key: String, _ help: String, _ range: ClosedRange<Double>,
        _ path: WritableKeyPath<DaemonOptions, Double> & Sendable
    ) -> Setting {
        let expected = "seconds from \(range.lowerBound) to \(range.upperBound)"
        return Setting(key, help) { (text, options) throws(BadValue) in
            guard let value = Double(text), range.contains(value) else { throw BadValue(expected: expected) }
            options[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
        .expecting(expected)
    }

    static func string(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, String> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard !text.isEmpty else { throw BadValue(expected: "a path") }
            options[keyPath: path] = text
        } show: {
            $0[keyPath: path]
        }
    }

    /// A file, or none.
    static func pathOrNone(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, String?> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard !text.isEmpty else { throw BadValue(expected: "a path, or none") }
            options[keyPath: path] = text == "none" ? nil : text
        } show: {
            $0[keyPath: path] ?? "none"
        }
    }

    /// Who may do something.
    static func rights(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, AccessList> & Sendable
    ) -> Setting {
        Setting(key, "\(help) \(AccessList.expected).") { (text, options) throws(BadValue) in
            guard let list = AccessList(parsing: text) else { throw BadValue(expected: AccessList.expected) }
            options[keyPath: path] = list
        } show: {
            $0[keyPath: path].text
        }
    }

    /// A length of time, or none.
    static func orNone(
        _ key: String, _ help: String, limit: Double, _ path: WritableKeyPath<DaemonOptions, Double?> & Sendable
    ) -> Setting {
        let expected = "\(TimeSpan.expected), up to \(limit) s"
        return Setting(key, help) { (text, options) throws(BadValue) in
            do {
                options[keyPath: path] = try TimeSpan.seconds(text, limit: limit)
            } catch {
                throw BadValue(expected: expected)
            }
        } show: {
            TimeSpan.text($0[keyPath: path])
        }
        .expecting(expected)
    }

    /// A number for which the model has a value of its own.
    static func orModel<Number: Comparable & LosslessStringConvertible & Sendable & SendableMetatype>(
        _ key: String, _ help: String, _ range: ClosedRange<Number>,
        _ path: WritableKeyPath<DaemonOptions, Number?> & Sendable
    ) -> Setting {
        let expected = "\(range.lowerBound) to \(range.upperBound), or model"
        return Setting(key, help) { (text, options) throws(BadValue) in
            guard text != "model" else { return options[keyPath: path] = nil }
            guard let value = Number(text), range.contains(value) else { throw BadValue(expected: expected) }
            options[keyPath: path] = value
        } show: {
            $0[keyPath: path].map { "\($0)" } ?? "model"
        }
        .expecting(expected)
    }

    /// The defaults on this machine, for this user.
    static var defaults: DaemonOptions {
        var options = DaemonOptions()
        options.model = "/usr/local/share/heard/model.safetensors"
        options.runtimeDirectory = defaultRuntimeDirectory
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        return options
    }

    /// systemd's, or the user's own, or the machine's. The latter also for a user who may not open its sockets, and is
    /// then told so.
    private static var defaultRuntimeDirectory: String {
        let environment = ProcessInfo.processInfo.environment
        if let directory = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first { return String(directory) }
        let system = "/run/heard"
        if getuid() == 0 { return system }
        let own = environment["XDG_RUNTIME_DIR"].map { "\($0)/heard" } ?? "/tmp/heard-\(getuid())"
        let hasOwn = FileManager.default.fileExists(atPath: "\(own)/\(SocketName.control)")
        return !hasOwn && access("\(system)/\(SocketName.audio)", F_OK) == 0 ? system : own
    }
}

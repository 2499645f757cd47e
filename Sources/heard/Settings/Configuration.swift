// The settings in force: defaults, then the configuration file, then the environment, then options; each is stronger
// than the one before.

import Daemon
import Foundation
import Recurrent
import Schema
import Yams

/// What is wrong with a setting, and where it stands.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String
}

/// The settings in force and where each value comes from.
struct Configuration {
    static let defaultPath = "/etc/heard/heard.yaml"
    static let pathVariable = "HEARD_CONFIG"

    private(set) var options = Setting.defaults
    /// Where a setting's value comes from, by key; absent for a default.
    private(set) var origins: [String: String] = [:]

    /// Reads all sources. `file` is named by the user; nil means the default one, if it is there.
    /// - Throws: ``ConfigurationError``.
    init(file: String?, given: [String: String], environment: [String: String] = ProcessInfo.processInfo.environment)
        throws
    {
        if let path = file ?? environment[Self.pathVariable] {
            try read(file: path)
        } else if FileManager.default.fileExists(atPath: Self.defaultPath) {
            try read(file: Self.defaultPath)
        }
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("HEARD_") && name != Self.pathVariable && name != Kernels.variable {
            guard let setting = Setting.all.first(where: { $0.variable == name }) else {
                let known = Setting.all.map(\.variable).joined(separator: ", ")
                throw ConfigurationError(
                    description: "the environment variable \(name) is no setting; there are \(known)")
            }
            try apply(setting, value, from: name)
        }
        for setting in Setting.all {
            if let value = given[setting.key] { try apply(setting, value, from: "--\(setting.key)") }
        }
    }

    private mutating func apply(_ setting: Setting, _ value: String, from origin: String) throws {
        do {
            try setting.apply(value, &options)
        } catch {
            throw ConfigurationError(
                description: "\(origin): \(setting.key) is \"\(excerpt(value))\", but must be \(error.expected)")
        }
        origins[setting.key] = origin
    }

    private mutating func read(file path: String) throws {
        // By a handle: what is no regular file, such as /dev/null, can be read too.
        guard let handle = FileHandle(forReadingAtPath: path), let bytes = try? handle.readToEnd() ?? Data() else {
            throw ConfigurationError(
                description: "cannot read the configuration \(path); check that it is there and readable")
        }
        let text: String
        do { text = try String(text: [UInt8](bytes)) } catch {
            throw ConfigurationError(description: "the configuration \(path), \(error)")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError(description: "\(path) is not YAML: \(error)")
        }
        guard let node, node.null == nil else { return }
        guard let mapping = node.mapping else {
            throw ConfigurationError(
                description: "\(path):\(node.mark?.line ?? 1): settings are written as \"key: value\"")
        }
        for (key, value) in mapping {
            let line = key.mark?.line ?? 1
            let name = key.string ?? ""
            guard let setting = Setting.all.first(where: { $0.key == name }) else {
                let known = Setting.all.map(\.key).joined(separator: ", ")
                throw ConfigurationError(
                    description: "\(path):\(line): there is no setting \"\(excerpt(name))\"; there are \(known)")
            }
            guard let scalar = value.scalar else {
                throw ConfigurationError(
                    description: "\(path):\(line): \(name) takes one value, not a list or a mapping")
            }
            try apply(setting, scalar.string, from: "\(path):\(line)")
        }
    }
}

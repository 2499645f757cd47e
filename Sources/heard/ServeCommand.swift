// heard serve: the daemon.

import ArgumentParser
import Daemon
import Foundation
import Logging
import Pipeline
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the daemon: sound, text or vectors in on one socket, labels out on another.",
        discussion: """
            SIGTERM and SIGINT stop it in order: running streams say what they have heard. SIGHUP reloads configuration and
            model; new streams use them. Each setting can also stand in /etc/heard/heard.yaml or the environment: see heard config.
            """)

    @Option(help: "Least severe log level: debug, info, notice, warning or error.") var logLevel = LogLevel.notice
    @OptionGroup(title: "Settings") var common: CommonOptions
    @OptionGroup(title: "Settings") var reading: ReadingOptions
    @OptionGroup(title: "Settings") var daemon: DaemonSettingOptions

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case debug, info, notice, warning, error
    }

    func run() async throws {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .notice
        let log = Logger(label: "heard") { _ in JournalLogHandler(level: level) }
        // Trapped before READY, so that no signal finds its default action.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let loader = loader
        let server: Server
        do {
            let sockets = try InheritedSockets(descriptors: Systemd.inheritedDescriptors)
            server = try await Server.start(sockets, log: log, loader: loader)
        } catch {
            log.error("not started: \(error)")
            throw ExitCode.failure
        }
        server.reportReady()
        log.notice("ready")
        for await signal in signals {
            guard signal == .sighup else { break }
            await server.reload()
        }
        log.notice("stopping")
        await server.stop()
    }

    /// Reads the configuration anew, loads the model and runs its self-test.
    private var loader: Server.Loader {
        let config = common.file.config
        let given = common.given.merging(reading.given) { $1 }.merging(daemon.given) { $1 }
        return {
            let options = try Configuration(file: config, given: given).options
            return (try ServedModel(options), options)
        }
    }
}

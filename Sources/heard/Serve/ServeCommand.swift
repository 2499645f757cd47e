// heard serve: the daemon.

import ArgumentParser
import Daemon
import Foundation
import Glibc
import Logging
import Pipeline
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the daemon: sound, text or vectors in on one socket, labels out on another.",
        discussion: """
            SIGTERM and SIGINT stop it in order: running streams say what they have heard, and end with the error "stopping" where more was
            to come; a second one stops it at once. SIGHUP reloads configuration and
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
        // Of an event file that grows beyond LimitFSIZE: writing fails then, and that is told.
        signal(SIGXFSZ, SIG_IGN)
        // What was said last is written before the end, if anybody reads it.
        defer { LogWriter.standardError.flush(within: .seconds(1)) }
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .notice
        let log = Logger(label: "heard") { _ in JournalLogHandler(level: level) }
        // Trapped before READY, so that no signal finds its default action.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let (happenings, happen) = AsyncStream.makeStream(of: Happening.self)
        Task { for await signal in signals { happen.yield(.signal(signal)) } }
        let loader = loader
        Task {
            do {
                let inherited = try DoorDescriptors(inherited: Systemd.inheritedDescriptors)
                happen.yield(.started(try await Server.start(inherited, log: log, loader: loader)))
            } catch {
                happen.yield(.failed(error))
            }
        }
        var server: Server?
        var isStopping = false
        for await happening in happenings {
            switch happening {
            case .started(let started):
                server = started
                started.reportReady()
                log.notice("ready")
            case .failed(let error):
                log.error("not started: \(error)")
                throw ExitCode.failure
            // Before it is ready everything is being loaded.
            case .signal(.sighup): server?.beginReload()
            case .signal:
                guard let server, !isStopping else {
                    log.notice(isStopping ? "stopped at once" : "stopped before it was ready")
                    server?.removeFiles()
                    LogWriter.standardError.flush(within: .milliseconds(500))
                    // Without what is done at an orderly exit, which would wait for threads that do not end.
                    _exit(EXIT_FAILURE)
                }
                isStopping = true
                log.notice("stopping")
                Task {
                    await server.stop()
                    happen.yield(.stopped)
                }
            case .stopped: return
            }
        }
    }

    /// What the daemon's main thread waits for.
    private enum Happening: Sendable {
        case started(Server), failed(any Error), signal(UnixSignal), stopped
    }

    /// Reads the configuration anew, loads the model and runs its self-test.
    private var loader: Server.Loader {
        let config = common.file.config
        let given = common.given.merging(reading.given) { $1 }.merging(daemon.given) { $1 }
        return {
            let options = try Configuration(file: config, given: given).options
            do {
                return (try options.loadModel(), options)
            } catch {
                guard let advice = ServiceSandbox.advice(options) else { throw error }
                throw ConfigurationError(description: "\(error); \(advice)")
            }
        }
    }
}

// What systemd/heard.service does not let the daemon see, for errors that would otherwise speak of files that are
// there.

import Daemon
import Foundation

/// The service's view of the machine.
enum ServiceSandbox {
    /// ProtectHome= hides the first three, PrivateTmp= replaces the others.
    private static let hidden = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"]

    /// The folder that the service does not see and `path` lies in; nil where there is none.
    static func hiddenFolder(of path: String) -> String? {
        let path = URL(fileURLWithPath: path).standardizedFileURL.path
        return hidden.first { path.hasPrefix($0 + "/") }
    }

    /// What to say, in a service, of the first model of `options` that it cannot read; nil when it can read all.
    static func advice(_ options: DaemonOptions) -> String? {
        guard getenv("NOTIFY_SOCKET") != nil else { return nil }
        let models = [options.model, options.gate, options.offlineModel, options.languageModel].compactMap { $0 }
        for path in models where access(path, R_OK) != 0 {
            let isForbidden = errno == EACCES
            if let folder = hiddenFolder(of: path) {
                return "the service does not see \(folder): sudo heard model install \(path)"
            }
            if isForbidden { return "the service's user may not read \(path): sudo heard model install \(path)" }
        }
        return nil
    }
}

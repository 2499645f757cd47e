// How a client goes to its daemon: only into a folder that nobody but root or the user could have made, and only to one
// who listens there by their leave. In /tmp anybody may have been first.

import Glibc

/// Connections to a daemon that is trusted.
package enum DaemonDoor {
    /// Connects to one of the daemon's sockets.
    /// - Throws: ``ConnectionError``, also when the folder or who listens there is not to be trusted.
    package static func connect(_ socket: String, _ options: DaemonOptions) throws(ConnectionError) -> UnixConnection {
        let directory = options.runtimeDirectory, trusted = options.daemonUser
        let owner = try check(directory, trusted: trusted)
        let connection = try UnixConnection("\(directory)/\(socket)")
        let listener = Peer(descriptor: connection.descriptor).user
        guard mayListen(listener, inFolderOf: owner ?? .max, trusted: trusted) else {
            throw ConnectionError(
                description:
                    "user \(listener) listens on \(directory)/\(socket), and not you or root; nothing was sent: "
                    + "remove the folder, or trust that user by --daemon-user")
        }
        return connection
    }

    /// Whether what is sent to `listener` is in good hands. In a folder of root's nobody listens but by root's leave.
    package static func mayListen(_ listener: UInt32, inFolderOf owner: UInt32, trusted: UInt32?) -> Bool {
        owner == 0 || isTrusted(listener, trusted)
    }

    private static func isTrusted(_ user: UInt32, _ trusted: UInt32?) -> Bool {
        user == 0 || user == geteuid() || user == trusted
    }

    /// The folder's owner; nil when there is none.
    private static func check(_ directory: String, trusted: UInt32?) throws(ConnectionError) -> UInt32? {
        // With a slash at its end a link would be followed.
        let path = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let fault: String
        if status.st_mode & S_IFMT == S_IFLNK {
            fault = "is a symbolic link, which may lead anywhere: name the folder itself by --runtime-directory"
        } else if !isTrusted(status.st_uid, trusted) {
            fault =
                "belongs to user \(status.st_uid), and not to you or root: remove it, name another one by "
                + "--runtime-directory, or trust that user by --daemon-user"
        } else if status.st_mode & (S_IWGRP | S_IWOTH) != 0 {
            fault = "may be written to by others, who could listen there: chmod it to 755 or less"
        } else {
            return status.st_uid
        }
        throw ConnectionError(description: "the runtime directory \(path) \(fault); nothing was sent")
    }
}

// Who may do what. Everybody reads and sets the streams that are their own; root and the daemon's own user may do
// everything; for the rest there are three lists.

import Glibc

/// The users and groups of one setting such as `access-read`.
package struct AccessList: Sendable, Equatable {
    /// Everybody who can connect.
    package var isEveryone = false
    package var users: [UInt32] = []
    package var groups: [String] = []

    /// What a text may be, for messages.
    package static let expected = "everyone, own, or groups' names and users' numbers such as heard-admins,1000"

    package static let everyone = AccessList(isEveryone: true)
    /// Nobody but root, the daemon's user, and each user for what is their own.
    package static let own = AccessList()

    package init(isEveryone: Bool = false, users: [UInt32] = [], groups: [String] = []) {
        (self.isEveryone, self.users, self.groups) = (isEveryone, users, groups)
    }

    /// nil when the text names nobody.
    package init?(parsing text: String) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = word.drop { $0 == " " }.prefix { $0 != " " }
            switch word {
            case "": return nil
            case "everyone": isEveryone = true
            case "own": continue
            default:
                if word.allSatisfy(\.isNumber) {
                    guard let user = UInt32(word), user != .max else { return nil }
                    users.append(user)
                } else {
                    groups.append(String(word))
                }
            }
        }
    }

    /// As ``init(parsing:)`` reads it.
    package var text: String {
        if isEveryone { return "everyone" }
        let names = groups + users.map(String.init)
        return names.isEmpty ? "own" : names.joined(separator: ",")
    }
}

/// What users may do, with groups as numbers. Made at the start and at each reload: group files are read then.
package struct Rights: Sendable {
    /// One list, resolved.
    private struct Members: Sendable {
        var isEveryone: Bool
        var users: Set<UInt32>
        var groups: Set<UInt32>

        init(_ list: AccessList) {
            isEveryone = list.isEveryone
            users = Set(list.users)
            groups = Set(list.groups.compactMap(Self.number))
        }

        func contains(_ peer: Peer) -> Bool {
            isEveryone || users.contains(peer.user) || peer.groups.contains(where: groups.contains)
        }

        /// The number of a group; nil where there is no such group.
        static func number(of group: String) -> UInt32? {
            var entry = group_entry()
            var found: UnsafeMutablePointer<group_entry>?
            var buffer = [CChar](repeating: 0, count: 1 << 16)
            guard getgrnam_r(group, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
            return entry.gr_gid
        }
        private typealias group_entry = Glibc.group
    }

    private let feeders: Members
    private let readers: Members
    private let controllers: Members
    /// Groups of the lists that this machine does not have, but for the one that a list names by default.
    package let unknownGroups: [String]
    private let daemon: UInt32

    package init(_ options: DaemonOptions, daemon: UInt32 = geteuid()) {
        feeders = Members(options.accessFeed)
        readers = Members(options.accessRead)
        controllers = Members(options.accessControl)
        self.daemon = daemon
        let named = options.accessFeed.groups + options.accessRead.groups + options.accessControl.groups
        unknownGroups = Set(named).subtracting([DaemonOptions.adminGroup]).filter { Members.number(of: $0) == nil }
            .sorted()
    }

    /// root, or the daemon's own user.
    func isMaster(_ peer: Peer) -> Bool { peer.user == 0 || peer.user == daemon }

    func mayFeed(_ peer: Peer) -> Bool { isMaster(peer) || feeders.contains(peer) }

    /// Whether the events of all users' streams are for `peer`.
    func mayReadAll(_ peer: Peer) -> Bool { isMaster(peer) || readers.contains(peer) }

    func mayRead(_ peer: Peer, of owner: UInt32) -> Bool { peer.user == owner || mayReadAll(peer) }

    /// Whether `peer` may set every stream, and have the daemon load anew.
    func mayControlAll(_ peer: Peer) -> Bool { isMaster(peer) || controllers.contains(peer) }

    func mayControl(_ peer: Peer, of owner: UInt32) -> Bool { peer.user == owner || mayControlAll(peer) }
}

// What users may ask of the daemon, and how much of it one user may have.

import Events

extension Server {
    /// - Throws: ``Rejection`` when `peer` may not feed a stream of this name, or has as many as one user may have.
    func checkFeeding(_ name: String, by peer: Peer) throws(Rejection) {
        guard rights.mayFeed(peer) else {
            throw Rejection(
                code: Rejection.notPermitted,
                text: "user \(peer.user) may not feed streams; that is for root, the daemon's user and access-feed")
        }
        if let owner = hub.owner(of: name), owner != peer.user, !rights.isMaster(peer) {
            throw Rejection(
                code: Rejection.notPermitted,
                text:
                    "the name \"\(name)\" is another user's for as long as its events are remembered; choose another name"
            )
        }
        let taken = streams.values.count { $0.owner == peer.user }
        guard !isGreedy(peer, taken: taken, of: options.maximumStreams) else {
            throw Rejection(
                code: "too-many-streams",
                text:
                    "\(taken) streams of user \(peer.user) are running, which is one user's share; wait, or raise user-share"
            )
        }
    }

    /// - Throws: ``WireError/notPermitted(what:)``.
    func checkReload(by peer: Peer) throws(WireError) {
        guard rights.mayControlAll(peer) else { throw .notPermitted(what: "a reload") }
    }

    /// What one user may have of `count`.
    private func share(of count: Int) -> Int { max(1, Int(Double(count) * options.userShare)) }

    /// Whether `peer` has all of `limit` that one user may have, when `taken` are its own.
    func isGreedy(_ peer: Peer, taken: Int, of limit: Int) -> Bool {
        !rights.isMaster(peer) && taken >= share(of: limit)
    }

    /// A group that is not there has no members; the default one need not be there.
    func tellUnknownGroups() {
        for name in rights.unknownGroups {
            log.warning("there is no group of this name: nobody is in it", metadata: ["group": "\(name)"])
        }
    }
}

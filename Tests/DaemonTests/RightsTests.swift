import Daemon
import Events
import Foundation
import Glibc
import TestSupport
import Testing

/// What users may do with their own streams, with those of others, and with the daemon.
@Suite struct RightsTests {
    private let anna = Peer(user: 70_001, groups: [70_001])
    private let berta = Peer(user: 70_002, groups: [70_002])
    /// In the group of the admins, which in these tests is the group 0 that every machine has.
    private let admin = Peer(user: 70_003, groups: [70_003, 0])
    private let bytes = Sound.wav(Sound.bursts(seconds: 1))

    private func code(_ event: Event?) -> String? {
        switch event?.body {
        case .rejected(let code, _), .error(let code, _, _), .warning(let code, _, _): code
        default: nil
        }
    }

    private func withAdmins(
        _ change: (inout DaemonOptions) -> Void = { _ in }, _ body: (TestDaemon) async throws -> Void
    ) async throws {
        try await withDaemon { options in
            options.accessRead = AccessList(groups: ["root"])
            options.accessControl = AccessList(groups: ["root"])
            change(&options)
        } _: {
            try await body($0)
        }
    }

    /// Events that are remembered for `peer` from `since` on, up to the end of the stream that is fed last, by `peer`.
    private func history(_ daemon: TestDaemon, _ peer: Peer) async throws -> [Event] {
        let connection = try daemon.connect(SocketName.labels, as: peer)
        _ = connection.write(EventFilter(since: 0).line)
        connection.finishWriting()
        let last = "last of \(peer.user)"
        _ = try await daemon.feed([bytes], StreamRequest(stream: last), as: peer)
        return try await offThePool { try connection.readEvents { $0.stream == last && $0.kind == .streamEnd } }
    }

    @Test func onlyTheirOwnStreamsAreForUsersWithoutTheRight() async throws {
        try await withAdmins { daemon in
            #expect(try await daemon.feed([bytes], StreamRequest(stream: "a"), as: anna).last?.kind == .streamEnd)
            let own = try await history(daemon, anna)
            #expect(Set(own.map(\.stream)) == ["a", "last of 70001"] && own.map(\.seq) == own.map(\.seq).sorted())
            let other = try await history(daemon, berta)
            #expect(code(other.first) == "not-permitted" && Set(other.map(\.stream)) == ["*", "last of 70002"])
        }
    }

    @Test func adminsReadAndOthersAreTold() async throws {
        try await withAdmins { daemon in
            _ = try await daemon.feed([bytes], StreamRequest(stream: "a"), as: anna)
            let read = try await history(daemon, admin)
            #expect(Set(read.map(\.stream)) == ["a", "last of 70003"])
            // Of another's stream nothing is sent but that there is something.
            let connection = try daemon.connect(SocketName.labels, as: berta)
            _ = connection.write(EventFilter(since: 0).line)
            _ = try await daemon.feed([bytes], StreamRequest(stream: "b"), as: berta)
            let seen = try await offThePool { try connection.readEvents { $0.kind == .streamEnd } }
            #expect(seen.filter { code($0) == "not-permitted" && $0.stream == "*" }.count == 1)
            #expect(Set(seen.map(\.stream)) == ["*", "b"])
            // A stream that is named is refused.
            let named = try await daemon.ask(SocketName.labels, #"{"streams":["a"]}"#, as: berta)
            #expect(named.count == 1 && named[0].contains(#""kind":"rejected","code":"not-permitted""#))
        }
    }

    @Test func settingAndReloadingNeedTheRight() async throws {
        try await withAdmins { daemon in
            let stream = try daemon.connect(SocketName.audio, as: anna)
            _ = stream.write(StreamRequest(stream: "a").line)
            try await waitUntil { try await daemon.status("streams") == 1 }
            func ask(_ line: String, _ peer: Peer) async throws -> String {
                try await daemon.ask(SocketName.control, line, as: peer).first ?? ""
            }
            let one = #"{"request":"set","stream":"a","mode":"both"}"#, all = #"{"request":"set","mode":"both"}"#
            let reload = #"{"request":"reload"}"#
            for line in [one, all, reload] {
                #expect(try await ask(line, berta).hasPrefix(#"{"error":"not-permitted""#))
            }
            for line in [all, reload] {
                #expect(try await ask(line, anna).hasPrefix(#"{"error":"not-permitted""#))
            }
            #expect(try await ask(one, anna) == #"{"mode":"both","streams":["a"]}"#)
            for line in [one, all, reload] { #expect(!(try await ask(line, admin)).contains("error")) }
        }
    }

    @Test func statusAndStreamsSayLittleOfOthers() async throws {
        try await withAdmins { daemon in
            let stream = try daemon.connect(SocketName.audio, as: anna)
            _ = stream.write(StreamRequest(stream: "a").line)
            try await waitUntil { try await daemon.status("streams") == 1 }
            func ask(_ request: String, _ peer: Peer) async throws -> String {
                try await daemon.ask(SocketName.control, #"{"request":"\#(request)"}"#, as: peer).first ?? ""
            }
            #expect(try await ask("streams", berta) == #"{"streams":[],"others":1}"#)
            #expect(try await ask("streams", anna).hasPrefix(#"{"streams":[{"stream":"a","mode":"online""#))
            #expect(try await ask("streams", admin).hasPrefix(#"{"streams":[{"stream":"a""#))
            let status = try await ask("status", berta)
            #expect(status.contains(#""streams":0"#) && !status.contains("model") && !status.contains("events"))
            #expect(try await ask("status", admin).contains(#""model""#))
        }
    }

    @Test func feedingNeedsTheRight() async throws {
        try await withAdmins {
            $0.accessFeed = AccessList(users: [70_001])
        } _: { daemon in
            #expect(try await daemon.feed([bytes], as: anna).last?.kind == .streamEnd)
            let refused = try await daemon.feed([bytes], as: berta)
            #expect(refused.count == 1 && code(refused.first) == "not-permitted")
            #expect(try await daemon.feed([bytes]).last?.kind == .streamEnd)
        }
    }

    @Test func aNameIsItsUsersUntilItIsForgotten() async throws {
        try await withAdmins {
            $0.history = 64
        } _: { daemon in
            #expect(try await daemon.feed([bytes], StreamRequest(stream: "kitchen"), as: anna).last?.kind == .streamEnd)
            let refused = try await daemon.feed([bytes], StreamRequest(stream: "kitchen"), as: berta)
            #expect(refused.count == 1 && code(refused.first) == "not-permitted")
            #expect(try await daemon.feed([bytes], StreamRequest(stream: "kitchen"), as: anna).last?.kind == .streamEnd)
            let long = Sound.wav(Sound.bursts(seconds: 60))
            _ = try await daemon.feed([long], as: berta)
            #expect(
                try await daemon.feed([bytes], StreamRequest(stream: "kitchen"), as: berta).last?.kind == .streamEnd)
        }
    }

    @Test(arguments: ["fifo", "stream-1", "stream-007", "stream-", "-", "*"])
    func theDaemonsNamesAreItsOwn(name: String) async throws {
        try await withDaemon { daemon in
            let events = try await daemon.feed([bytes], StreamRequest(stream: name))
            #expect(events.count == 1 && code(events.first) == "bad-request")
            #expect(try await daemon.feed([bytes]).first?.stream == "stream-1")
        }
    }

    @Test func oneUserHasAShare() async throws {
        try await withAdmins {
            ($0.maximumStreams, $0.maximumSubscribers, $0.userShare) = (4, 4, 0.5)
        } _: { daemon in
            func start(_ name: String, _ peer: Peer) throws -> UnixConnection {
                let connection = try daemon.connect(SocketName.audio, as: peer)
                _ = connection.write(StreamRequest(stream: name).line)
                return connection
            }
            let first = [try start("a", anna), try start("b", anna)]
            try await waitUntil { try await daemon.status("streams") == 2 }
            let refused = try await daemon.feed([bytes], as: anna)
            #expect(refused.count == 1 && code(refused.first) == "too-many-streams")
            #expect(try await daemon.feed([bytes], as: berta).last?.kind == .streamEnd)
            // Half of the 32 connections of control.sock.
            let mute = try (0..<20).map { _ in try daemon.connect(SocketName.control, as: anna) }
            try await waitUntil {
                try await daemon.ask(SocketName.control, #"{"request":"status"}"#, as: anna).isEmpty
            }
            #expect(try await daemon.feed([bytes], as: berta).last?.kind == .streamEnd)
            withExtendedLifetime((first, mute)) {}
        }
    }

    /// What was withheld is sent when a reload gives the right.
    @Test func aReloadChangesRights() async throws {
        try await withAdmins { daemon in
            var options = try daemon.currentOptions()
            options.accessRead = .everyone
            daemon.setNextLoad(.success(options))
            await daemon.server.reload()
            _ = try await daemon.feed([bytes], StreamRequest(stream: "a"), as: anna)
            #expect(Set(try await history(daemon, berta).map(\.stream)) == ["a", "last of 70002"])
        }
    }

    @Test func theKernelSaysWhoAsks() throws {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let peer = Peer(descriptor: ends[0])
        #expect(peer.user == geteuid() && peer.groups.first == getegid())
        var groups = [gid_t](repeating: 0, count: Int(getgroups(0, nil)))
        getgroups(Int32(groups.count), &groups)
        #expect(Set(groups).isSubset(of: peer.groups))
        #expect(Peer(descriptor: -1) == .unknown)
    }

    @Test func listsAreReadAndWritten() {
        #expect(AccessList(parsing: "everyone") == .everyone)
        #expect(AccessList(parsing: "own") == .own)
        #expect(AccessList(parsing: "heard-admins, 1000") == AccessList(users: [1000], groups: ["heard-admins"]))
        for text in ["", "a,,b", "99999999999", "4294967295"] { #expect(AccessList(parsing: text) == nil, "\(text)") }
        for list in [.everyone, .own, AccessList(users: [7], groups: ["audio"])] {
            #expect(AccessList(parsing: list.text) == list)
        }
    }
}

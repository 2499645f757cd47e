import Schema
import Testing

@Suite struct ExcerptTests {
    @Test func aShortTextIsItself() {
        #expect(excerpt("naïve 🐻, \"so\"") == "naïve 🐻, \"so\"")
        #expect(excerpt("") == "")
        #expect(excerpt(String(repeating: "é", count: 32)) == String(repeating: "é", count: 32))
    }

    @Test func aLongTextIsABeginningOfBytes() {
        #expect(excerpt(String(repeating: "a", count: 65)) == String(repeating: "a", count: 64) + "…")
        #expect(excerpt(String(repeating: "🐻", count: 5), limit: 10) == "🐻🐻…")
        // One character to Swift, and 60 KB.
        #expect(excerpt("e" + String(repeating: "\u{301}", count: 30_000)).utf8.count <= 64 + 3)
        #expect(excerpt(bytes: [UInt8](repeating: 0x61, count: 1 << 20), limit: 3) == "aaa…")
        #expect(excerpt(bytes: "ééé".utf8, limit: 6) == "ééé")
        #expect(excerpt(bytes: [0x61, 0xFF]) == "a\u{FFFD}")
    }

    @Test func whatIsNotSeenIsSpeltOut() {
        #expect(excerpt("a\nb\u{1B}[31m\u{202E}\u{7F}\u{85}") == "a\\u{A}b\\u{1B}[31m\\u{202E}\\u{7F}\\u{85}")
        // What is spelt out counts as what it was: the whole is still bounded.
        #expect(excerpt(String(repeating: "\u{1}", count: 1000)).utf8.count <= 64 * 6 + 3)
    }

    @Test func listsAreBounded() {
        #expect(excerpt(list: ["a", "b"]) == "a, b")
        #expect(excerpt(list: (1...1000).map(String.init), limit: 2) == "1, 2 and 998 more")
    }
}

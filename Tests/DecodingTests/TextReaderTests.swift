import Decoding
import Schema
import Testing

@Suite struct TextReaderTests {
    /// All items of some bytes, cut to pieces of `size`; what was thrown stands after them.
    private func read(_ bytes: [UInt8], _ units: TokenUnits, size: Int = 1 << 20) -> (
        [TextReader.Item], TextReader.Failure?
    ) {
        var reader = TextReader(units), items: [TextReader.Item] = [], rest = bytes[...]
        do {
            while true {
                let item = try reader.next()
                if item == .finished { return (items, nil) }
                guard item == .needsBytes else {
                    items.append(item)
                    continue
                }
                if rest.isEmpty { reader.finish() }
                reader.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
        } catch {
            return (items, error)
        }
    }

    @Test func wordsAndLines() {
        let text = "He said ,\r\n\n  Teddy\tRoosevelt\u{2003}🐻 naïve \n last"
        let expected: [TextReader.Item] =
            ["He", "said", ","].map { .token($0) } + [.lineEnd, .lineEnd]
            + ["Teddy", "Roosevelt", "🐻", "naïve"].map { .token($0) } + [.lineEnd, .token("last")]
        for size in [1, 2, 3, 7, 1000] {
            let (items, failure) = read(Array(text.utf8), .words, size: size)
            #expect(items == expected && failure == nil)
        }
    }

    @Test func aByteOrderMarkIsPassedOver() {
        for size in [1, 100] {
            #expect(
                read(Array("\u{FEFF}a\u{FEFF}".utf8), .characters, size: size).0 == [.token("a"), .token("\u{FEFF}")])
        }
    }

    @Test func charactersAndLines() {
        let expected: [TextReader.Item] = [
            .token("a"), .token(" "), .token("é"), .lineEnd, .lineEnd, .token("🐻"), .lineEnd, .lineEnd, .lineEnd,
            .token("b"), .lineEnd,
        ]
        for size in [1, 2, 3, 7, 1000] {
            let (items, failure) = read(Array("a é\r\n\r🐻\n\n\rb\r\r\n".utf8), .characters, size: size)
            #expect(items == expected && failure == nil)
        }
    }

    @Test(
        arguments: [[0xf8], [0x61, 0x0a, 0xc3], [0x0a, 0xc3, 0x28, 0x61], [0xed, 0xa0, 0x80], [0x61, 0x80]] as [[UInt8]]
    )
    func whatIsNoTextIsSaid(bytes: [UInt8]) {
        let line = bytes.prefix { $0 == 0x61 || $0 == 0x0a }.count { $0 == 0x0a } + 1
        for size in [1, 2, 100] {
            for units in TokenUnits.allCases {
                #expect(read(bytes, units, size: size).1 == .badText(.notUTF8(line: line)))
            }
        }
        #expect("\(TextReader.Failure.badText(.notUTF8(line: 2)))".contains("line 2 is not UTF-8"))
    }

    @Test func utf16IsNamed() {
        for size in [1, 2, 100] {
            for units in TokenUnits.allCases {
                #expect(read([0xFF, 0xFE, 0x61, 0], units, size: size).1 == .badText(.wide(encoding: "UTF-16")))
                #expect(read([0x61, 0, 0x62, 0], units, size: size).1 == .badText(.wide(encoding: "UTF-16LE")))
                #expect(read([0xE9, 0, 0x62, 0], units, size: size).1 == .badText(.wide(encoding: "UTF-16LE")))
                #expect(read(Array("abc\nde\0".utf8), units, size: size).1 == .badText(.nul(line: 2)))
            }
        }
    }

    @Test func aWordHasAnEnd() {
        let limit = TextReader.longestWord
        #expect(read(Array(repeating: 0x61, count: limit), .words, size: 1000).1 == nil)
        let (items, failure) = read(Array("a ".utf8) + Array(repeating: 0x61, count: limit + 1), .words, size: 1000)
        #expect(items == [.token("a")] && failure == .longWord(line: 1, limit: limit))
        #expect(read([], .words).0.isEmpty)
    }
}

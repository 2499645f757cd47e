import Schema
import Testing

@Suite struct TextLineTests {
    /// All lines of some bytes, cut to pieces of `size`, and what was thrown after them.
    private func read(_ bytes: some Sequence<UInt8>, size: Int, limit: Int = .max) -> ([String], TextFault?) {
        var reader = TextLineReader(limit: limit), lines: [String] = [], rest = Array(bytes)[...]
        do {
            while true {
                while let line = try reader.next() {
                    lines.append(String(decoding: line, as: UTF8.self))
                    #expect(reader.number == lines.count)
                }
                if rest.isEmpty {
                    reader.finish()
                    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
                    return (lines, nil)
                }
                reader.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
        } catch {
            // After an error nothing follows.
            #expect((try? reader.next()) == .some(nil))
            return (lines, error)
        }
    }

    private static let plain = ["one", "", "twö", "three"]
    private static let texts = [
        "one\n\ntwö\nthree", "one\n\ntwö\nthree\n", "one\r\n\r\ntwö\r\nthree\r\n", "one\r\rtwö\rthree\r",
        "one\r\r\n\r\r\ntwö\r\r\nthree\r\r\n", "one\n\r\ntwö\r\nthree",
    ]

    @Test(arguments: texts, ["", "\u{FEFF}"])
    func everyEndAndAnyCut(text: String, mark: String) throws {
        for size in [1, 2, 3, 5, 1000] {
            let (lines, fault) = read((mark + text).utf8, size: size)
            #expect(lines == Self.plain && fault == nil, "\(text.debugDescription) cut to \(size)")
        }
        #expect(try NumberedLine.all(of: Array((mark + text).utf8)).map(\.text) == Self.plain)
        #expect(NumberedLine.all(of: text).map(\.text) == Self.plain)
        let whole = Self.plain.joined(separator: "\n")
        #expect(try String(text: (mark + text).utf8) == whole + (text.hasSuffix("three") ? "" : "\n"))
    }

    @Test func aMarkInsideIsText() throws {
        #expect(read("\u{FEFF}\u{FEFF}a\n\u{FEFF}b".utf8, size: 1).0 == ["\u{FEFF}a", "\u{FEFF}b"])
        #expect(read("".utf8, size: 1).0 == [])
        #expect(read("\u{FEFF}".utf8, size: 1).0 == [])
        #expect(read("\u{2028}\u{85}\u{B}".utf8, size: 1).0 == ["\u{2028}\u{85}\u{B}"])
    }

    @Test func emptyLinesOfCarriageReturns() {
        for size in [1, 2, 100] {
            #expect(read("a\r\r\rb".utf8, size: size).0 == ["a", "", "", "b"])
            #expect(read("a\r\r\r".utf8, size: size).0 == ["a", "", ""])
            #expect(read("\r\r\n\n\r".utf8, size: size).0 == ["", "", ""])
        }
    }

    private func utf16(_ text: String, isBig: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let bytes = [UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)]
            return isBig ? bytes : bytes.reversed()
        }
    }

    @Test func otherEncodingsAreNamed() throws {
        let cases: [([UInt8], TextFault)] = [
            (utf16("\u{FEFF}a\n", isBig: false), .wide(encoding: "UTF-16")),
            (utf16("\u{FEFF}a\n", isBig: true), .wide(encoding: "UTF-16")),
            ([0xFF, 0xFE], .wide(encoding: "UTF-16")),
            ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], .wide(encoding: "UTF-32")),
            ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], .wide(encoding: "UTF-32")),
            (utf16("ab\n", isBig: false), .wide(encoding: "UTF-16LE")),
            (utf16("ab\n", isBig: true), .wide(encoding: "UTF-16BE")),
            (Array("one\ntwo\0\n".utf8), .nul(line: 2)),
            (Array("one\n".utf8) + [0xE9, 0x74, 0x0A], .notUTF8(line: 2)),
            ([0xFF, 0x61, 0x0A], .notUTF8(line: 1)), ([0xEF, 0xBB], .notUTF8(line: 1)),
        ]
        for (bytes, expected) in cases {
            for size in [1, 3, 100] { #expect(read(bytes, size: size).1 == expected, "\(bytes)") }
            #expect(throws: expected) { try String(text: bytes) }
        }
        #expect("\(TextFault.wide(encoding: "UTF-16LE"))".contains("iconv -f UTF-16LE -t UTF-8"))
    }

    @Test func linesHaveALimitOfBytes() {
        for size in [1, 2, 100] {
            #expect(read("éé\nabcd\n".utf8, size: size, limit: 4) == (["éé", "abcd"], nil))
            let (lines, fault) = read("éé\nabcde".utf8, size: size, limit: 4)
            #expect(lines == ["éé"] && fault == .longLine(line: 2, limit: 4))
        }
    }
}

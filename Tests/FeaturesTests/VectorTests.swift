import Features
import Foundation
import TestSupport
import Testing

/// Vectors from text and NumPy arrays, in any cut, and every fault by its name.
@Suite struct VectorTests {
    private enum Seen: Equatable {
        case step([Float])
        case end
    }

    /// What `bytes` hold, fed in pieces of `size`.
    private func read(
        _ bytes: some Sequence<UInt8>, _ options: VectorOptions, size: Int = 1 << 20, lineLimit: Int = 1 << 20
    )
        throws -> [Seen]
    {
        let bytes = Array(bytes)
        var reader = VectorReader(options, lineLimit: lineLimit), seen: [Seen] = []
        let row = UnsafeMutableBufferPointer<Float>.allocate(capacity: options.width)
        defer { row.deallocate() }
        for start in stride(from: 0, through: bytes.count, by: size) {
            if start < bytes.count { reader.append(bytes[start..<min(start + size, bytes.count)]) }
            if start + size >= bytes.count { reader.finish() }
            loop: while true {
                switch try reader.next(into: row) {
                case .step: seen.append(.step(Array(row)))
                case .endOfSequence: seen.append(.end)
                case .needsBytes, .finished: break loop
                }
            }
        }
        return seen
    }

    private func npy(_ header: String, _ data: [UInt8]) -> [UInt8] {
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
            + Array(header.utf8)
            + data
    }

    private func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    }

    private let two = VectorOptions(width: 2)
    private let expected: [Seen] = [.step([1, 2.5]), .step([-3e4, 0]), .end, .step([7, 8]), .end]

    @Test func everyForm() throws {
        let forms = [
            "[1, 2.5]\n[-3e4, 0]\n\n[7,8]\n", "[1,2.5]\r\n[-30000,false]\r\n\r\n\r\n[7,8]",
            "[[1,2.5],[-3e4,0]]\n[[7,8]]\n", "{\"name\":\"x\",\"frames\":[[1,2.5],[-3e4,0]]}\n{\"frames\":[[7,8]]}",
            "left,right\n1,2.5\n-3e4,0\n\n7,8\n", "1;2.5\n-3e4;0\n\n7;8", "1\t2.5\n-3e4\t0\n\n7\t8\n",
            "1 2.5\n-3e4  0\n\n7 8\n",
        ]
        for form in forms {
            for size in [1, 3, 1000] { #expect(try read(form.utf8, two, size: size) == expected, "\(form)") }
        }
    }

    @Test func arrays() throws {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n"
        let floats = { (values: [Float]) in bytes(values.map(\.bitPattern)) }
        let first = npy(header, floats([1, 2.5, -3e4, 0]))
        let second = npy(header.replacingOccurrences(of: "(2, 2)", with: "(1, 2)"), floats([7, 8]))
        for size in [1, 5, 1000] { #expect(try read(first + second, two, size: size) == expected) }
        let cube = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1, 2)}", bytes([1, 2, 3, 4] as [Int16]))
        #expect(try read(cube, two) == [.step([1, 2]), .end, .step([3, 4]), .end])
        let column = npy("{'descr': '>u2', 'fortran_order': False, 'shape': (3,)}", [0, 1, 1, 0, 0, 2])
        #expect(try read(column, VectorOptions(width: 1)) == [.step([1]), .step([256]), .step([2]), .end])
        let halves = npy(
            "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2)}",
            bytes([0x3C00, 0xC100, 0x0001, 0x7BFF] as [UInt16]))
        #expect(try read(halves, two) == [.step([1, -2.5]), .step([0x1p-24, 65504]), .end])
        let doubles = npy(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}", bytes([0.5, -2].map(\Double.bitPattern)))
        #expect(try read(doubles, two) == [.step([0.5, -2]), .end])
        let bits = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1, 2)}", [1, 0])
        #expect(try read(bits, two) == [.step([1, 0]), .end])
        #expect(try read(npy(header.replacingOccurrences(of: "(2, 2)", with: "(0, 2)"), []) + first, two).count == 3)
    }

    @Test func indices() throws {
        let keys = VectorOptions(width: 4, encoding: .indices, first: 21)
        #expect(
            try read("{\"frames\":[[21,24],[],[22]]}\n[23]\n[]\n".utf8, keys)
                == [
                    .step([1, 0, 0, 1]), .step([0, 0, 0, 0]), .step([0, 1, 0, 0]), .end, .step([0, 0, 1, 0]),
                    .step([0, 0, 0, 0]), .end,
                ])
    }

    @Test func faultsAreNamed() {
        let keys = VectorOptions(width: 4, encoding: .indices, first: 21)
        let cases: [([UInt8], VectorOptions, String)] = [
            (Array("[1]\n".utf8), two, "wrong-width"), (Array("[1,2,3]\n".utf8), two, "wrong-width"),
            (Array("1,2\n1,x\n".utf8), two, "not-vectors"), (Array("[1,\"a\"]\n".utf8), two, "not-vectors"),
            (Array("[1,2\n".utf8), two, "not-vectors"), (Array("{\"x\":[1,2]}\n".utf8), two, "not-vectors"),
            (Array("[1,1e99]\n".utf8), two, "not-finite"), (Array("1,nan\n".utf8), two, "not-finite"),
            (Array("1,\n".utf8) + Array("1,\n".utf8), two, "not-vectors"),
            (Array("[20]\n".utf8), keys, "bad-index"), (Array("[25]\n".utf8), keys, "bad-index"),
            (Array("[21.5]\n".utf8), keys, "not-vectors"), ([], two, "empty-stream"),
            (Array("\n\n".utf8), two, "empty-stream"),
            (Array("a,b\n".utf8), two, "not-vectors"),
            (Array(repeating: UInt8(ascii: "1"), count: 2 << 20), two, "line-too-long"),
            (npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", []), two, "bad-array"),
            (npy("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2)}", []), two, "bad-array"),
            (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", []), two, "bad-array"),
            (npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", []), two, "bad-array"),
            (
                npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999, 2)}", []), two,
                "bad-array"
            ),
            (npy("nonsense", []), two, "bad-array"), (Array(npy("{'descr'", []).dropLast(3)), two, "bad-array"),
            (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", [0, 0, 0]), two, "data-cut-short"),
            (npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}", [0, 0, 1]), two, "bad-array"),
            (
                npy(
                    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}", bytes([Float.infinity.bitPattern, 0])),
                two, "not-finite"
            ),
        ]
        for (bytes, options, code) in cases {
            let error = #expect(throws: VectorError.self) { try read(bytes, options) }
            #expect(error?.code == code, "\(String(decoding: bytes.prefix(80), as: UTF8.self))")
            #expect(error.map { "\($0)".count > 15 } ?? false)
        }
    }

    /// Damaged bytes of every form end in steps or in an error, never in a crash or a loop, and any cut gives the same.
    @Test func damagedBytes() throws {
        let forms = [
            Array("[1, 2.5]\n[-3e4, 0]\n\n[7,8]\n".utf8), Array("{\"frames\":[[1,2.5],[-3e4,0]]}\n".utf8),
            Array("1,2.5\n-3e4,0\n".utf8),
            npy(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n",
                bytes([1, 2, 3, 4].map { Float($0).bitPattern })),
        ]
        var random = Random(seed: 4)
        for _ in 0..<3000 {
            var bytes = forms[Int.random(in: forms.indices, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            let whole = Result { try read(bytes, two) }, cut = Result { try read(bytes, two, size: 1) }
            switch (whole, cut) {
            case (.success(let a), .success(let b)): #expect(a == b)
            case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)")
            default: Issue.record("\(bytes) depends on its cut")
            }
        }
    }

    /// A byte-order mark, other line ends and comments change nothing.
    @Test func marksLineEndsAndComments() throws {
        let plain = [
            "[1, 2.5]\n[-3e4, 0]\n\n[7,8]\n", "left,right\n1,2.5\n-3e4,0\n\n7,8\n", "[[1,2.5],[-3e4,0]]\n[[7,8]]\n",
        ]
        for text in plain {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            for end in ["\n", "\r\n", "\r", "\r\r\n"] {
                for size in [1, 3, 1000] {
                    let bytes = "\u{FEFF}# numbers, as numpy.savetxt writes them\(end)" + lines.joined(separator: end)
                    #expect(try read(bytes.utf8, two, size: size) == expected, "\(bytes.debugDescription)")
                }
            }
        }
    }

    /// Only names are passed over as names: anything else in a first line is a step, or an error.
    @Test func aFirstLineIsPassedOverIfItIsNames() throws {
        let step: [Seen] = [.step([1, 2]), .end]
        for names in ["a,b", "\"a, b\",\"c\"", "x y", "x_1;y(m/s)", "Zeit\tHöhe", "\u{FEFF}a,b", "# a b c", "_a,_b"] {
            #expect(try read("\(names)\n1,2\n".utf8, two) == step, "\(names)")
        }
        let faults = [
            (",2", "not-vectors", "value 1 is empty"), ("1,", "not-vectors", "value 2 is empty"),
            ("NA,1", "not-vectors", "value 1, \"NA\", is no number"), ("a,NA", "not-vectors", "value 1, \"a\""),
            ("#N/A,1", "not-vectors", "value 1, \"#N/A\", is no number"),
            ("1,null", "not-vectors", "value 2, \"null\""),
            ("a,1", "not-vectors", "value 1, \"a\""), ("1,b", "not-vectors", "value 2, \"b\""),
            ("a,", "not-vectors", "value 1"),
            ("a,b,c", "wrong-width", "line 1 has 3 values"), ("a", "wrong-width", "line 1 has 1 values"),
            ("\"1\",\"2\"", "not-vectors", "value 1"), ("nan,1", "not-finite", "number 1"),
            ("1,inf", "not-finite", "number 2"),
            ("1.5x,2", "not-vectors", "1.5x"),
        ]
        for (line, code, says) in faults {
            let error = #expect(throws: VectorError.self, "\(line)") { try read("\(line)\n".utf8, two) }
            #expect(
                error?.code == code && error.map { "\($0)".contains(says) } == true,
                "\(line): \(String(describing: error))")
        }
        // Names stand before the numbers alone.
        #expect(throws: VectorError.self) { try read("1,2\na,b\n".utf8, two) }
    }

    /// What JSON does not have, and many programs write.
    @Test func numbersThatAreNoneAreNamed() {
        for (line, code) in [
            ("[1,NaN]", "not-finite"), ("[1,Infinity]", "not-finite"), ("[-Infinity,1]", "not-finite"),
            ("{\"frames\":[[1,2],[nan,1]]}", "not-finite"), ("[1,1e400]", "not-finite"), ("[1,null]", "not-vectors"),
            ("[1,[2]]", "not-vectors"), ("[[1,2],3]", "not-vectors"), ("[1,2]]", "not-vectors"),
            ("[1,2,]", "not-vectors"),
            ("[[1,2],]", "not-vectors"), ("[1 2]", "not-vectors"), ("[0x10,2]", "not-vectors"), ("{}", "not-vectors"),
            ("{\"frames\":3}", "not-vectors"), ("{\"a\":[}],\"frames\":[1,2]}", "not-vectors"),
            ("[-,1]", "not-vectors"),
            ("{\"frames\":[1,2]", "not-vectors"), ("[[[1]]]", "not-vectors"), ("[[1,2]", "not-vectors"),
        ] {
            let error = #expect(throws: VectorError.self, "\(line)") { try read("\(line)\n".utf8, two) }
            #expect(error?.code == code, "\(line): \(String(describing: error))")
        }
    }

    @Test func objectsMayHoldMore() throws {
        let line =
            #"{"a":{"b":[1,{"frames":[9]}]},"t":"}]\"\\","x":null , "frames" : [ [1, 2.5] , [-3e4,0] ],"n":-1.5e3,"z":[]}"#
        for size in [1, 1000] { #expect(try read("\(line)\n[[7,8]]\n".utf8, two, size: size) == expected) }
    }

    /// Numbers at the ends of their types are no places, and no traps.
    @Test func placesOutsideAreNamed() throws {
        for first in [0, 21, -21, 1_000_000, -1_000_000] {
            let keys = VectorOptions(width: 88, encoding: .indices, first: first)
            for number in [
                "-9223372036854775808", "9223372036854775807", "9223372036854774784", "9.3e18", "1e300", "-1e300", "-1",
                "\(first + 88)", "\(first - 1)",
            ] where first != -21 || number != "-1" {
                let error = #expect(throws: VectorError.self, "\(first) \(number)") {
                    try read("[\(number)]\n".utf8, keys)
                }
                #expect(error?.code == "bad-index")
            }
        }
        for first in [Int.min, .max, .min + 1, -1_000_001] {
            let text = #"{"width":88,"encoding":"indices","first":\#(first)}"#
            #expect(throws: FeatureError.self) { try JSONDecoder().decode(VectorOptions.self, from: Data(text.utf8)) }
        }
    }

    /// However long a line is, a message quotes a beginning, and a reader keeps no more than the line.
    @Test func longLinesAreQuotedInPart() throws {
        let keys = VectorOptions(width: 88, encoding: .indices), many = 200_000
        let long = String(repeating: "\u{7F}\u{301}", count: many)
        for line in ["[\"\(long)\"]", "[\(long)]", "{\"\(long)\":1}", long, "1,\(long)", "a\(long),b"] {
            for options in [keys, two] {
                let error = #expect(throws: VectorError.self) {
                    try read("\(line)\n".utf8, options, lineLimit: 8 << 20)
                }
                #expect(error.map { "\($0)".utf8.count < 600 } == true)
            }
        }
        let empty = "[" + String(repeating: "[],", count: many) + "[3]]"
        let steps = try read("\(empty)\n".utf8, keys, lineLimit: 8 << 20)
        #expect(steps.count == many + 2 && steps[many] == .step((0..<88).map { $0 == 3 ? 1 : 0 }))
    }

    @Test func otherEncodingsAreNamed() {
        let utf16: [UInt8] = "1,2\n".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }
        for (bytes, says) in [
            ([0xFF, 0xFE] + utf16, "iconv -f UTF-16 "), (utf16, "iconv -f UTF-16LE "),
            ([0x48, 0xF6, 0x2C, 0x31, 0x0A], "LATIN1"),
        ] as [([UInt8], String)] {
            for size in [1, 100] {
                let error = #expect(throws: VectorError.self) { try read(bytes, two, size: size) }
                #expect(error?.code == "not-text" && error.map { "\($0)".contains(says) } == true, "\(bytes)")
            }
        }
    }

    @Test func optionsAreChecked() throws {
        let good = try JSONDecoder().decode(
            VectorOptions.self, from: Data(#"{"width":88,"encoding":"indices","first":21}"#.utf8))
        #expect(good == VectorOptions(width: 88, encoding: .indices, first: 21))
        for bad in [#"{"width":0}"#, #"{"width":2,"rate":0}"#, #"{"width":2,"encoding":"loud"}"#, "{}"] {
            #expect(throws: (any Error).self) { try JSONDecoder().decode(VectorOptions.self, from: Data(bad.utf8)) }
        }
    }
}

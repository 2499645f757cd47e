// Pictures: what the panels draw and where; the same drawing as SVG that a parser reads, and as dots.

import Evaluation
import Foundation
import FoundationXML
import Testing

import Training

struct PictureTests {
    private func texts(_ shapes: [Drawing.Shape]) -> [(String, Drawing.Point, Drawing.Colour)] {
        shapes.compactMap { if case .text(let words, let at, _, let colour) = $0 { (words, at, colour) } else { nil } }
    }

    private func lines(_ shapes: [Drawing.Shape]) -> [([Drawing.Point], Drawing.Stroke)] {
        shapes.compactMap { if case .line(let points, let stroke) = $0 { (points, stroke) } else { nil } }
    }

    @Test func axisHasRoundTimes() {
        let axis = PictureAxis(seconds: 2)
        #expect(axis.x(0) == axis.left && axis.x(2) == axis.right && axis.x(9) == axis.right && axis.right > 600)
        #expect(axis.x(1) == (axis.left + axis.right) / 2)
        #expect(axis.ticks == [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2].map { ($0 * 5).rounded() * 0.2 })
        // Never so narrow that words touch, however long.
        #expect(PictureAxis(seconds: 60).right > 60 * 100)
        #expect(texts(axis.shapes(top: 0)).map(\.0).contains("1.4"))
    }

    @Test func labelsHaveColourSignAndTick() throws {
        let axis = PictureAxis(seconds: 4)
        let panel = LabelPanel(
            "online",
            [
                .init(text: "STOP", start: 0.5, end: 1, decided: 1.25, mark: .changed),
                .init(text: "GO", start: 2, end: 2.5, mark: .removed), .init(text: "UP", start: 3, end: 3.5),
            ], place: .above)
        let shapes = panel.shapes(top: 100, on: axis), bottom = 100 + panel.height(on: axis)
        #expect(panel.lanes(on: axis) == [0, 0, 0])
        #expect(texts(shapes).map(\.0) == ["~ STOP", "- GO", "UP"])
        #expect(texts(shapes).map(\.2) == [.vermilion, .blue, .ink])
        #expect(texts(shapes)[0].1.x == axis.x(0.75))
        // From the label's end to when it was decided, and from there down to the sound.
        let ticks = lines(shapes).filter { $0.1.width == 1 }
        #expect(ticks.count == 2 && ticks.allSatisfy { !$0.1.dashes.isEmpty })
        #expect(ticks[0].0.map(\.x) == [axis.x(1), axis.x(1.25)])
        #expect(ticks[1].0.map(\.x) == [axis.x(1.25), axis.x(1.25)] && ticks[1].0[1].y == bottom)
        let bars = lines(shapes).filter { $0.1.width > 1 }
        #expect(bars.map { $0.0.map(\.x) } == [[0.5, 1], [2, 2.5], [3, 3.5]].map { $0.map(axis.x) })
        // What two see as one colour differs in its sign and dash.
        #expect(Set(LabelMark.allCases.map(\.sign)).count == 4 && !bars[1].1.dashes.isEmpty)
        #expect(panel.keys.map(\.text) == ["kept", "~ changed", "- removed", "+ added", "decided (online)"])
        #expect(LabelPanel("x", [], place: .below, hasMarks: false).keys.isEmpty)
    }

    @Test func textsThatWouldTouchGoIntoLanes() {
        let axis = PictureAxis(seconds: 4)
        func item(_ start: Double) -> LabelPanel.Item { .init(text: "SEVENTEEN", start: start, end: start + 0.1) }
        var panel = LabelPanel("", [item(1), item(1.1), item(1.2), item(2), item(4)], place: .below)
        #expect(panel.lanes(on: axis) == [0, 1, 2, 0, 0])
        let height = panel.height(on: axis), tops = texts(panel.shapes(top: 0, on: axis)).map(\.1.y)
        #expect(tops[0] < tops[1] && tops[1] < tops[2] && tops[2] < height && tops[3] == tops[0])
        // Above the sound the first lane is the lowest. No text leaves the picture.
        panel.place = .above
        let above = texts(panel.shapes(top: 0, on: axis)).map(\.1)
        #expect(above[0].y > above[1].y && above[2].y > 0 && above[4].x <= axis.right - 27)
        #expect(LabelPanel("", [], place: .below).height(on: axis) > 0)
    }

    @Test func curvesAreScaledAndBroken() throws {
        let axis = PictureAxis(seconds: 2)
        let values: [Double] = [0, 0.5, 1, .nan, 2, -1]
        let points = values.enumerated().map { (seconds: Double($0) * 0.25, value: $1) }
        let panel = CurvePanel("update gate", [.init("unit 3", points)])
        let shapes = panel.shapes(top: 10, on: axis), curves = lines(shapes)
        #expect(panel.height(on: axis) == 56 && curves.count == 2)
        #expect(curves[0].0 == [.init(axis.x(0), 66), .init(axis.x(0.25), 38), .init(axis.x(0.5), 10)])
        // Outside of the scale: at its ends.
        #expect(curves[1].0.map(\.y) == [10, 66])
        #expect(texts(shapes).map(\.0) == ["1", "0"])
        let own = CurvePanel("norm", [.init("a", points), .init("b", [(0, 8), (9, 80)])], range: nil)
        #expect(own.range == -1...80 && own.height(on: axis) == 70)
        // Each curve has a key of its colour; a curve with one point inside of the picture has no line.
        #expect(texts(own.shapes(top: 0, on: axis)).map(\.0) == ["a", "b", "80", "-1"])
        #expect(lines(own.shapes(top: 0, on: axis)).count == 4)
        #expect(CurvePanel("", [.init("", [(0, 3)])], range: nil).range == 2.5...3.5)
    }

    private func picture() throws -> Picture {
        let image = try #require(GreyImage(spectrogram: (0..<60).map(Float.init), bands: 6))
        return Picture(
            title: "a<b>.wav & \u{1F600}", seconds: 2,
            panels: [
                LabelPanel(
                    "online", [.init(text: "ÜBER", start: 0.5, end: 1, decided: 1.5, mark: .added)], place: .above),
                SpectrogramPanel(image, start: 0.1, end: 1.9),
                LabelPanel("offline", [.init(text: "UP", start: 0.5, end: 1, mark: .removed)], place: .below),
                CurvePanel("gates", [.init("z", [(0, 0), (2, 1)]), .init("r", [(0, 1), (2, 0)])]),
            ])
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var names: [String: Int] = [:]
        var addresses: [String] = []
        var isInside = true
        var size = (0.0, 0.0)

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            names[name, default: 0] += 1
            addresses += attributes["href"].map { [$0] } ?? []
            func number(_ key: String) -> Double { attributes[key].flatMap(Double.init) ?? 0 }
            if name == "svg" { size = (number("width"), number("height")) }
            isInside = isInside && number("x") <= size.0 && number("y") <= size.1
        }
    }

    @Test func svgIsWellFormedAndSelfContained() throws {
        let svg = try picture().drawing.svgFile, parser = XMLParser(data: Data(svg.utf8)), reader = Reader()
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
        #expect(reader.names["svg"] == 1 && reader.names["image"] == 1 && reader.names["polyline"] ?? 0 > 10)
        #expect(reader.names["script"] == nil && reader.isInside)
        #expect(reader.addresses.count == 1 && reader.addresses[0].hasPrefix("data:image/png;base64,"))
        #expect(svg.components(separatedBy: "http").count == 2 && svg.contains(#"xmlns="http://www.w3.org/2000/svg""#))
        for words in [">+ ÜBER<", ">- UP<", ">online<", ">mel bands<", ">1.4<", ">~ changed<", "a&lt;b&gt;.wav &amp;"] {
            #expect(svg.contains(words), "\(words)")
        }
        #expect(svg.contains("stroke-dasharray=\"2 2\"") && svg.contains("#009e73") && svg.contains("#0072b2"))
        // On a page the namespace is HTML's affair.
        var inline = ""
        try picture().drawing.svg.write(to: &inline)
        #expect(!inline.contains("http"))
    }

    @Test func pngHoldsTheDots() throws {
        let image = PixelImage(try picture().drawing), drawing = try picture().drawing
        #expect(image.width == Int(2 * drawing.width) && image.height == Int((2 * drawing.height).rounded(.up)))
        let png = try PNGReader(image.png)
        #expect(png.width == image.width && png.height == image.height && png.channels == 3)
        #expect(png.samples == image.samples)
        let colours = Set(
            stride(from: 0, to: png.samples.count, by: 3).map {
                png.samples[$0..<($0 + 3)].reduce(0) { $0 << 8 | Int($1) }
            })
        #expect(colours.contains(0x009E73) && colours.contains(0xD55E00))
    }

    @Test func shapesAreTheirDots() {
        func dots(_ shape: Drawing.Shape, scale: Int = 1) -> [String] {
            let image = PixelImage(Drawing(width: 8, height: 8, shapes: [shape]), scale: scale)
            return (0..<image.height).map { y in
                String((0..<image.width).map { image[$0, y] == .white ? "." : "#" })
            }
        }
        let empty = "........"
        #expect(
            dots(.rectangle(.init(left: 1, top: 2, width: 3, height: 2), fill: .ink))
                == [empty, empty, ".###....", ".###....", empty, empty, empty, empty])
        #expect(
            dots(.rectangle(.init(left: 5, top: 5, width: 9, height: 9), fill: .ink)).suffix(3)
                == [".....###", ".....###", ".....###"])
        #expect(dots(.line([.init(0, 3), .init(8, 3)], .init(.ink, dashes: [2, 1])))[3] == "##.##.##")
        // A dash's gap stays open in a thick line.
        #expect(
            dots(.line([.init(0, 4), .init(8, 4)], .init(.ink, width: 4, dashes: [3, 2]))).map { $0 }
                == [empty, empty] + Array(repeating: "###..###", count: 4) + [empty, empty])
        #expect(dots(.line([.init(2, 0), .init(2, 8)], .init(.ink))).allSatisfy { $0 == "..#....." })
        #expect(
            dots(.line([.init(0, 0), .init(8, 8)], .init(.ink))).enumerated().allSatisfy { row, text in
                Array(text)[min(row, 7)] == "#" || Array(text)[min(row + 1, 7)] == "#"
            })
        #expect(dots(.line([.init(0, 0), .init(.nan, 8)], .init(.ink))).allSatisfy { $0 == empty })
        // Small letters are capitals; what is not ASCII is a box; the text ends at its base line.
        let t = ["#####...", "..#.....", "..#.....", "..#.....", "..#.....", "..#.....", "..#.....", empty]
        #expect(dots(.text("t", at: .init(0, 7))) == t)
        #expect(dots(.text("ß", at: .init(0, 7)))[1] == "#...#..." && dots(.text("ß", at: .init(0, 7)))[0] == t[0])
        #expect(dots(.text("I", at: .init(8, 7), anchor: .end))[0] == "....###.")
        #expect(dots(.text("T", at: .init(0, 7)), scale: 2)[0] == "##########......")
        // A picture of two by two, grown and shrunk: white and black, the other way round below.
        let board = GreyImage(width: 2, height: 2, levels: [255, 0, 0, 255])
        let grown = dots(.image(board, .init(left: 0, top: 0, width: 8, height: 8)))
        #expect(grown == Array(repeating: "....####", count: 4) + Array(repeating: "####....", count: 4))
        let shrunk = PixelImage(
            Drawing(width: 1, height: 1, shapes: [.image(board, .init(left: 0, top: 0, width: 1, height: 1))]), scale: 1
        )
        #expect(shrunk[0, 0] == .init(0x7F7F7F))
    }

    @Test func everyLetterIsThereOnce() {
        let letters = (0x20...0x7E).map { Character(UnicodeScalar(UInt8($0))) }
        let shapes = letters.filter { !$0.isLowercase }.map(PixelFont.rows(of:))
        #expect(shapes.allSatisfy { $0.count == 7 && $0.allSatisfy { $0 < 32 } } && Set(shapes).count == shapes.count)
        #expect(letters.allSatisfy { PixelFont.rows(of: $0) != PixelFont.rows(of: "\u{1F600}") })
        #expect(PixelFont.rows(of: "q") == PixelFont.rows(of: "Q") && Drawing.fitted("abcdefgh", in: 36) == "abc...")
    }
}

/// Reads PNG files of stored blocks, with checksums computed by long division.
private struct PNGReader {
    struct Bad: Error { let what: String }
    var width = 0, height = 0, channels = 0
    var samples: [UInt8] = []

    init(_ bytes: [UInt8]) throws {
        func word(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { throw Bad(what: "signature") }
        var at = 8, names: [String] = [], stream: [UInt8] = []
        while at < bytes.count {
            let count = word(at), body = Array(bytes[(at + 8)..<(at + 8 + count)])
            let name = String(decoding: bytes[(at + 4)..<(at + 8)], as: UTF8.self)
            guard word(at + 8 + count) == Self.checksum(bytes[(at + 4)..<(at + 8 + count)]) else {
                throw Bad(what: "checksum of \(name)")
            }
            if name == "IHDR" {
                (width, height) = (word(at + 8), word(at + 12))
                guard body[8] == 8, body[9] == 0 || body[9] == 2, body[10...] == [0, 0, 0] else {
                    throw Bad(what: "header")
                }
                channels = body[9] == 0 ? 1 : 3
            }
            if name == "IDAT" { stream += body }
            names.append(name)
            at += 12 + count
        }
        guard names == ["IHDR", "IDAT", "IEND"] else { throw Bad(what: "chunks \(names)") }
        let rows = try Self.unpacked(stream), stride = 1 + width * channels
        guard rows.count == height * stride else { throw Bad(what: "size") }
        for row in 0..<height {
            guard rows[row * stride] == 0 else { throw Bad(what: "filter") }
            samples += rows[(row * stride + 1)..<((row + 1) * stride)]
        }
    }

    private static func unpacked(_ stream: [UInt8]) throws -> [UInt8] {
        guard (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0 else { throw Bad(what: "zlib header") }
        var at = 2, bytes: [UInt8] = [], isLast = false
        while !isLast {
            isLast = stream[at] == 1
            let count = Int(stream[at + 1]) | Int(stream[at + 2]) << 8
            bytes += stream[(at + 5)..<(at + 5 + count)]
            at += 5 + count
        }
        // Adler's sums, all at once at the end.
        var a = 1, b = 0
        for byte in bytes { (a, b) = (a + Int(byte), (b + a + Int(byte)) % 65_521) }
        guard stream[at...].reduce(0, { $0 << 8 | Int($1) }) == b << 16 | a % 65_521 else { throw Bad(what: "sum") }
        return bytes
    }

    /// CRC-32, bit by bit with the reflected polynomial.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
        var rest: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            for bit in 0..<8 {
                let isSet = (rest ^ UInt32(byte >> bit)) & 1 == 1
                rest = rest >> 1 ^ (isSet ? 0xEDB8_8320 : 0)
            }
        }
        return Int(~rest)
    }
}

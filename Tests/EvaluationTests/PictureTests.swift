// Pictures: what the panels draw and where; the same drawing as SVG that a parser reads, as dots, and as a page.

import CCairo
import Evaluation
import Foundation
import FoundationXML
import Testing

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
        #expect(
            above[0].y > above[1].y && above[2].y > 0 && above[4].x <= axis.right - Drawing.width(of: "SEVENTEEN") / 2)
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
        let image = try #require(LevelImage(spectrogram: (0..<60).map(Float.init), bands: 6))
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
        #expect(reader.names["svg"] == 1 && reader.names["image"] == 2 && reader.names["polyline"] ?? 0 > 10)
        #expect(reader.names["script"] == nil && reader.isInside)
        #expect(reader.addresses.count == 2 && reader.addresses.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
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
        let drawing = try picture().drawing, png = try Dots(drawing.file(.png))
        #expect(png.width == Int((2 * drawing.width).rounded(.up)))
        #expect(png.height == Int((2 * drawing.height).rounded(.up)))
        let colours = Set(png.codes)
        #expect(colours.contains(0x009E73) && colours.contains(0xD55E00) && colours.contains(0xFFFFFF))
        // The quietest and the loudest of the spectrogram.
        #expect(colours.contains(0x440154) && colours.contains(0xFDE724))
    }

    @Test func pdfIsOnePage() throws {
        let pdf = try picture().drawing.file(.pdf)
        #expect(pdf.starts(with: Data("%PDF-".utf8)) && pdf.suffix(6) == Data("%%EOF\n".utf8))
        #expect(String(decoding: pdf, as: UTF8.self).contains("/Count 1"))
    }

    @Test func formatsAreNamedByTheEnding() {
        #expect(PictureFormat(path: "/a.b/c.PNG") == .png && PictureFormat(path: "x.svg") == .svg)
        #expect(PictureFormat(path: "a.pdf") == .pdf && PictureFormat(path: "pdf") == nil)
        #expect(PictureFormat(path: "a.gif") == nil)
    }

    @Test func whatCannotBeDrawnIsSaid() {
        let long = Drawing(width: 40_000, height: 8)
        let error = #expect(throws: PictureError.self) { try long.file(.png) }
        #expect(error?.description.contains("draw a shorter recording, or to a .svg file") == true)
        #expect(throws: Never.self) { try long.file(.svg) }
    }

    @Test func noTextHidesWhatFollows() throws {
        // Noncharacters are UTF-8, and nothing for Cairo: neither the picture nor later measurements may end there.
        for scalar in try [0xFFFE, 0xFDD0, 0x10FFFF].map({ try #require(UnicodeScalar(UInt32($0))) }) {
            let words = "a\(scalar)b"
            #expect(Drawing.width(of: words) > 0 && Drawing.width(of: "later") > 0)
            let shapes: [Drawing.Shape] = [
                .text(words, at: .init(0, 8)), .rectangle(.init(left: 0, top: 8, width: 8, height: 8), fill: .blue),
            ]
            let drawing = Drawing(width: 8, height: 16, shapes: shapes)
            #expect(try Dots(drawing.file(.png))[8, 24] == 0x0072B2)
            #expect(try drawing.file(.pdf).starts(with: Data("%PDF-".utf8)))
        }
    }

    @Test func imagesOfAnyWidthAreDrawn() throws {
        // Loud at the left, quiet at the right: more columns than Cairo has dots, in a small box and in the widest.
        let width = 60_000, levels = (0..<2 * width).map { UInt8($0 % width < width / 2 ? 255 : 0) }
        let wide = LevelImage(width: width, height: 2, levels: levels)
        for units in [8, 8_000] {
            let box = Drawing.Box(left: 0, top: 0, width: Double(units), height: 8)
            let drawing = Drawing(width: Double(units), height: 8, shapes: [.image(wide, box)])
            let image = try Dots(drawing.file(.png))
            #expect(image[1, 8] == 0xFDE724 && image[2 * units - 2, 8] == 0x440154)
            // A page takes no more of it than can be seen.
            let svg = drawing.svgFile, start = try #require(svg.range(of: "base64,")).upperBound
            let inline = try Dots(#require(Data(base64Encoded: String(svg[start...].prefix { $0 != "\"" }))))
            #expect(inline.width == 2 * units && inline[0, 0] == 0xFDE724 && inline[2 * units - 1, 1] == 0x440154)
        }
    }

    @Test func pagesNameWhatTheyShow() throws {
        #expect(try picture().drawing.svgFile.contains(#"aria-label="a&lt;b&gt;.wav &amp; "#))
        // A series without a line has no key; the others keep their colours.
        let chart = LineChart(
            x: ChartAxis("step", 0...1), y: ChartAxis("loss", 0...1),
            series: [.init("", []), .init("gru", [(0, 0), (1, 1)])]
        ).drawing
        #expect(chart.title == "loss over step")
        let keys = lines(chart.shapes).filter { $0.1.width == 1.5 && $0.0.count == 2 && $0.0[1].x - $0.0[0].x == 16 }
        #expect(keys.map(\.1.colour) == [.vermilion])
    }

    @Test func shapesAreWhereTheyBelong() throws {
        func dots(_ shapes: Drawing.Shape...) throws -> Dots {
            try Dots(Drawing(width: 8, height: 8, shapes: shapes).file(.png))
        }
        let box = try dots(.rectangle(.init(left: 1, top: 2, width: 3, height: 2), fill: .blue))
        #expect(box.width == 16 && box[2, 4] == 0x0072B2 && box[7, 7] == 0x0072B2)
        #expect(box[1, 4] == 0xFFFFFF && box[8, 7] == 0xFFFFFF && box[2, 8] == 0xFFFFFF)
        let line = try dots(.line([.init(0, 4), .init(8, 4)], .init(.ink, width: 4, dashes: [3, 2])))
        #expect(line[2, 8] == 0x333333 && line[8, 8] == 0xFFFFFF && line[12, 8] == 0x333333 && line[2, 2] == 0xFFFFFF)
        // A point that is none is passed over.
        #expect(try dots(.line([.init(.nan, 8)], .init(.ink))).codes.allSatisfy { $0 == 0xFFFFFF })
        let dot = try dots(.dot(.init(4, 4), radius: 2, .green))
        #expect(dot[8, 8] == 0x009E73 && dot[2, 2] == 0xFFFFFF)
        // Texts of all kinds are drawn, and end where their anchor says.
        for words in ["T", "ß", "中", "a\u{0}b\u{7}", "\u{1F600}", "\u{9F}"] {
            let text = try dots(.text(words, at: .init(8, 8), anchor: .end))
            #expect(text.codes.contains { $0 != 0xFFFFFF }, "\(words.unicodeScalars.map(\.value))")
        }
        // Loud and quiet, the other way round below: where the picture is large it has their colours.
        let board = LevelImage(width: 2, height: 2, levels: [255, 0, 0, 255])
        let image = try dots(.image(board, .init(left: 0, top: 0, width: 8, height: 8)))
        #expect(image[0, 0] == 0xFDE724 && image[15, 0] == 0x440154 && image[0, 15] == 0x440154)
    }

    @Test func coloursOfLevelsGrowLighter() {
        let lightness = LevelImage.colours.map {
            0.2126 * Double($0.red) + 0.7152 * Double($0.green) + 0.0722 * Double($0.blue)
        }
        #expect(lightness.count == 256 && zip(lightness, lightness.dropFirst()).allSatisfy { $0 < $1 + 0.5 })
    }

    @Test func spectrogramHasAScaleInDecibels() throws {
        // A tenth of the power is 10 dB less.
        let values = (0..<40).map { $0 < 20 ? Float(0) : -log(Float(10)) }
        let image = try #require(LevelImage(spectrogram: values, bands: 4))
        #expect(abs((image.scale?.lowerBound ?? 0) + 10) < 1e-5 && image.scale?.upperBound == 0)
        #expect(image.levels.first == 255 && image.levels.last == 0)
        let panel = SpectrogramPanel(image, start: 0, end: 1, frequencies: 20...7600), axis = PictureAxis(seconds: 1)
        let words = texts(panel.shapes(top: 0, on: axis)).map(\.0)
        #expect(words == ["7.6 kHz", "20 Hz", "0 dB", "-10 dB"] && panel.margin > 0)
        #expect(LevelImage(spectrogram: [], bands: 4) == nil)
        // Digital silence is 80 dB below the loudest at the most, and all that is quieter looks like it.
        let silent = try #require(LevelImage(spectrogram: [0, -9.2103, -23, -30], bands: 1))
        #expect(abs((silent.scale?.lowerBound ?? 0) + 80) < 1e-3 && silent.levels[2...] == [0, 0])
        #expect((126...128).contains(silent.levels[1]))
    }

    @Test func textsAreCutToTheirRoom() {
        #expect(Drawing.fitted("abc", in: 600) == "abc")
        let words = String(repeating: "wide ", count: 20), cut = Drawing.fitted(words, in: 100)
        #expect(cut.hasSuffix("…") && Drawing.width(of: cut) <= 100 && words.hasPrefix(cut.dropLast()))
        #expect(Drawing.width(of: cut) > 80 && Drawing.width(of: "iii") < Drawing.width(of: "WWW"))
    }
}

/// The dots of a PNG, as Cairo reads it.
private struct Dots {
    let width: Int, height: Int
    /// 0xRRGGBB, [height, width].
    let codes: [UInt32]

    init(_ png: Data) throws {
        let path = NSTemporaryDirectory() + "heard-dots-\(UUID().uuidString).png"
        try png.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let surface = cairo_image_surface_create_from_png(path)
        defer { cairo_surface_destroy(surface) }
        try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
        (width, height) = (Int(cairo_image_surface_get_width(surface)), Int(cairo_image_surface_get_height(surface)))
        let stride = Int(cairo_image_surface_get_stride(surface)), data = cairo_image_surface_get_data(surface)!
        codes = (0..<width * height).map { [width] place in
            let row = UnsafeRawPointer(data + place / width * stride)
            return row.loadUnaligned(fromByteOffset: 4 * (place % width), as: UInt32.self) & 0xFFFFFF
        }
    }

    subscript(x: Int, y: Int) -> UInt32 { codes[y * width + x] }
}

// Pictures as files through Cairo: dots as PNG, a page as PDF. https://www.cairographics.org/manual/
//
// (SVG is written by Drawing+SVG.swift: Cairo's has outlines in place of text, which nobody can search or copy, and
// names in it that clash where several stand on one page.)

import CCairo
import Foundation

/// Why a picture cannot be drawn.
package struct PictureError: Error, CustomStringConvertible {
    package let description: String
}

/// What pictures can be written as.
package enum PictureFormat: String, CaseIterable, Sendable {
    case svg, png, pdf

    /// The format that a path's ending names; nil for others.
    package init?(path: String) { self.init(rawValue: URL(fileURLWithPath: path).pathExtension.lowercased()) }
}

extension Drawing {
    /// Dots of a PNG to a unit.
    private static let scale = 2.0

    /// The bytes of a file.
    /// - Throws: ``PictureError`` when it has more dots than Cairo can draw, or Cairo cannot draw one of its shapes.
    package func file(_ format: PictureFormat) throws(PictureError) -> Data {
        switch format {
        case .svg: return Data(svgFile.utf8)
        case .png:
            let surface = CairoSurface(
                width: Int((width * Self.scale).rounded(.up)), height: Int((height * Self.scale).rounded(.up)))
            try check(draw(on: surface, scale: Self.scale))
            let (bytes, status) = surface.png
            try check(status)
            return bytes
        case .pdf:
            let bytes = Bytes(), surface = CairoSurface(pdf: bytes, width: width, height: height)
            try check(draw(on: surface, scale: 1))
            cairo_surface_finish(surface.pointer)
            try check(cairo_surface_status(surface.pointer))
            return bytes.data
        }
    }

    /// Draws all shapes. After its first fault a context draws nothing more, and keeps the reason.
    private func draw(on surface: CairoSurface, scale: Double) -> cairo_status_t {
        let context = CairoContext(surface)
        context.begin(width: width * scale, height: height * scale, scale: scale)
        for shape in shapes { context.draw(shape) }
        return context.status
    }

    /// - Throws: ``PictureError`` with Cairo's reason, when something could not be drawn.
    private func check(_ status: cairo_status_t) throws(PictureError) {
        guard status != CAIRO_STATUS_SUCCESS else { return }
        throw PictureError(
            description: "a picture of \(Int(width)) by \(Int(height)) units cannot be drawn "
                + "(\(String(cString: cairo_status_to_string(status)))); draw a shorter recording, or to a .svg file")
    }
}

/// Where Cairo writes to.
private final class Bytes {
    var data = Data()

    /// Cairo's callback: appends, to the bytes that `closure` is.
    static let write: cairo_write_func_t = { closure, data, count in
        guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<Bytes>.fromOpaque(closure).takeUnretainedValue().data.append(data, count: Int(count))
        return CAIRO_STATUS_SUCCESS
    }
}

/// What is drawn on; freed with its owner, and finished then.
final class CairoSurface {
    fileprivate let pointer: OpaquePointer
    /// Cairo reads an image's dots from here, and writes a page to there, for as long as it lives.
    private var dots: UnsafeMutablePointer<UInt32>?
    private var bytes: Bytes?

    /// A sheet of dots.
    init(width: Int, height: Int) {
        pointer = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(clamping: width), Int32(clamping: height))
    }

    /// One page. `bytes` are complete when the surface is gone.
    fileprivate init(pdf bytes: Bytes, width: Double, height: Double) {
        self.bytes = bytes
        pointer = cairo_pdf_surface_create_for_stream(
            Bytes.write, Unmanaged.passUnretained(bytes).toOpaque(), width, height)
    }

    /// The image's colours, a dot a level.
    init(_ image: LevelImage) {
        let dots = UnsafeMutablePointer<UInt32>.allocate(capacity: image.width * image.height)
        for (index, level) in image.levels.enumerated() { dots[index] = LevelImage.colours[Int(level)].code }
        self.dots = dots
        // A row of 32-bit dots needs no padding.
        pointer = dots.withMemoryRebound(to: UInt8.self, capacity: 4 * image.width * image.height) {
            cairo_image_surface_create_for_data(
                $0, CAIRO_FORMAT_RGB24, Int32(image.width), Int32(image.height), Int32(4 * image.width))
        }
    }

    deinit {
        cairo_surface_finish(pointer)
        cairo_surface_destroy(pointer)
        dots?.deallocate()
    }

    /// The file's bytes, and whether all of them are there.
    var png: (bytes: Data, status: cairo_status_t) {
        let bytes = Bytes()
        let status = cairo_surface_write_to_png_stream(
            pointer, Bytes.write, Unmanaged.passUnretained(bytes).toOpaque())
        return (bytes.data, status)
    }
}

/// The hand that draws on a surface.
final class CairoContext {
    private let pointer: OpaquePointer
    private let surface: CairoSurface

    init(_ surface: CairoSurface) {
        self.surface = surface
        pointer = cairo_create(surface.pointer)
        cairo_select_font_face(pointer, Drawing.font, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
        cairo_set_font_size(pointer, Drawing.fontSize)
    }

    deinit { cairo_destroy(pointer) }

    /// The first fault of all that was drawn.
    var status: cairo_status_t { cairo_status(pointer) }

    /// A white sheet of so many dots, `scale` dots to a unit.
    func begin(width: Double, height: Double, scale: Double) {
        set(.white)
        cairo_rectangle(pointer, 0, 0, width, height)
        cairo_fill(pointer)
        cairo_scale(pointer, scale, scale)
    }

    /// Units that a text takes.
    func width(of words: String) -> Double {
        var extents = cairo_text_extents_t()
        cairo_text_extents(pointer, Self.drawable(words), &extents)
        return extents.x_advance
    }

    func draw(_ shape: Drawing.Shape) {
        switch shape {
        case .rectangle(let box, let fill, let stroke):
            cairo_rectangle(pointer, box.left, box.top, box.width, box.height)
            if let fill {
                set(fill)
                cairo_fill_preserve(pointer)
            }
            if let stroke { draw(stroke) }
            cairo_new_path(pointer)
        case .line(let points, let stroke):
            for point in points where point.x.isFinite && point.y.isFinite { cairo_line_to(pointer, point.x, point.y) }
            draw(stroke)
        case .dot(let point, let radius, let colour):
            set(colour)
            cairo_arc(pointer, point.x, point.y, radius, 0, 2 * .pi)
            cairo_fill(pointer)
        case .text(let words, let point, let anchor, let colour):
            set(colour)
            let share =
                switch anchor {
                case .start: 0.0
                case .middle: 0.5
                case .end: 1.0
                }
            cairo_move_to(pointer, point.x - share * width(of: words), point.y)
            cairo_show_text(pointer, Self.drawable(words))
            cairo_new_path(pointer)
        case .image(let image, let box):
            let image = image.fitting(box), surface = CairoSurface(image)
            let across = Double(image.width), down = Double(image.height)
            cairo_save(pointer)
            cairo_translate(pointer, box.left, box.top)
            cairo_scale(pointer, box.width / across, box.height / down)
            cairo_set_source_surface(pointer, surface.pointer, 0, 0)
            cairo_pattern_set_filter(cairo_get_source(pointer), CAIRO_FILTER_BILINEAR)
            // What is beyond the last dot is as the last dot.
            cairo_pattern_set_extend(cairo_get_source(pointer), CAIRO_EXTEND_PAD)
            cairo_rectangle(pointer, 0, 0, across, down)
            cairo_fill(pointer)
            cairo_restore(pointer)
        }
    }

    private func draw(_ stroke: Drawing.Stroke) {
        set(stroke.colour)
        cairo_set_line_width(pointer, stroke.width)
        cairo_set_dash(pointer, stroke.dashes, Int32(stroke.dashes.count), 0)
        cairo_stroke(pointer)
    }

    private func set(_ colour: Drawing.Colour) {
        cairo_set_source_rgb(
            pointer, Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255)
    }

    /// Without characters that end a text for C, that no font draws, or that Cairo refuses: of one noncharacter
    /// (U+FFFE, U+FDD0) in a text a context draws nothing, and nothing after it.
    private static func drawable(_ words: String) -> String {
        func isDrawable(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && !scalar.properties.isNoncharacterCodePoint
        }
        return String(String.UnicodeScalarView(words.unicodeScalars.map { isDrawable($0) ? $0 : "\u{FFFD}" }))
    }
}

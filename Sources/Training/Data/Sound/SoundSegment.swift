// Clips that are pieces of a recording: NeMo's offset and duration, Kaldi's segments.

/// A piece of a recording, in seconds from its beginning.
package struct SoundSegment: Sendable, Equatable {
    /// Seconds by which rounded times may differ from a recording's length.
    private static let slack = 0.1

    package var start: Double
    /// nil: the end of the recording.
    package var end: Double?
    /// Whether only a length is known, as of most recordings that are listed whole. As NeMo does, a recording that is
    /// longer is read so far.
    package var isHint: Bool

    package init(start: Double, end: Double?, isHint: Bool = false) {
        (self.start, self.end, self.isHint) = (start, end, isHint)
    }

    /// Which of `count` samples at `rate` it is; nil when it is not inside the recording.
    func samples(of count: Int, rate: Int) -> Range<Int>? {
        let length = Double(count) / Double(rate)
        if isHint, (end ?? length) + Self.slack >= length { return 0..<count }
        guard start < length, end ?? length <= length + Self.slack else { return nil }
        let first = Int((start * Double(rate)).rounded())
        let last = end.map { min(Int(($0 * Double(rate)).rounded()), count) } ?? count
        return first < last ? first..<last : nil
    }
}

/// Where a manifest lists a clip.
package struct ManifestPlace: Sendable, Equatable {
    package var file: String
    package var line: Int

    package init(file: String, line: Int) { (self.file, self.line) = (file, line) }
}

extension Clip {
    /// What it is called in messages and reports: its path, and which piece of it.
    package var name: String {
        guard let segment, !segment.isHint else { return path }
        return "\(path) from \(segment.start) s" + (segment.end.map { " to \($0) s" } ?? "")
    }

    /// Which samples of its recording, of `count` at `rate`, it is.
    /// - Throws: ``DataError/badLine(path:line:problem:fix:)`` where the recording ends before.
    package func samples(of count: Int, rate: Int) throws(DataError) -> Range<Int> {
        guard let segment else { return 0..<count }
        if let range = segment.samples(of: count, rate: rate) { return range }
        let length = (Double(count) / Double(rate) * 1000).rounded() / 1000
        throw .badLine(
            path: listed?.file ?? path, line: listed?.line ?? 0,
            problem: "\(name) is asked for, and the recording has \(length) s",
            fix: "correct where it begins and ends")
    }
}

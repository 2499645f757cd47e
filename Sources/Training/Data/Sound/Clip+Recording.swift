// The sound of a clip.

import Audio

/// The samples of a clip, mono, at `rate`.
/// - Throws: also `DataError` where its recording ends before it does.
package func readRecording(_ clip: Clip, rate: Int, ffmpeg: FFmpegUse = .auto) throws -> [Float] {
    let recording = try readRecording(clip.path, rate: rate, ffmpeg: ffmpeg)
    let range = try clip.samples(of: recording.count, rate: rate)
    return range.count == recording.count ? recording : Array(recording[range])
}

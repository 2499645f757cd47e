// --ffmpeg, of the commands that read files of sound.

import ArgumentParser
import Audio
import Daemon

extension FFmpegUse: ExpressibleByArgument {}

struct FFmpegOption: ParsableArguments {
    @Option(
        help:
            "auto or never: read files of sound that are not decoded here (M4A, WMA, WebM, Speex and the like) through ffmpeg when it is on the PATH."
    ) var ffmpeg = FFmpegUse.auto
}

/// Reads a file of sound, or standard input for "-", in chunks until `body` returns false: as it is, or as the WAV that
/// ffmpeg makes of it where it needs that.
/// - Throws: ``ConnectionError`` when it cannot be read, `FFmpeg.Failure` when ffmpeg cannot read it.
func readSound(
    of path: String, ffmpeg use: FFmpegUse, size: Int = 65_536, until stop: Int32? = nil,
    _ body: (UnsafeRawBufferPointer) -> Bool
) throws {
    if let ffmpeg = FFmpeg(for: path, use: use) {
        try ffmpeg.read(size: size, body)
    } else {
        try readChunks(of: path, size: size, until: stop, body)
    }
}

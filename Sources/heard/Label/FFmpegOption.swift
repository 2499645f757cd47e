// --ffmpeg, of the commands that read files of sound.

import ArgumentParser
import Audio

extension FFmpegUse: ExpressibleByArgument {}

struct FFmpegOption: ParsableArguments {
    @Option(
        help:
            "auto or never: read files of sound that are not decoded here (M4A, WMA, WebM, Speex and the like) through ffmpeg when it is on the PATH."
    ) var ffmpeg = FFmpegUse.auto
}

// What heard evaluate is asked of frames.

import ArgumentParser

/// How frames are judged, and where they are written.
struct FrameOptions: ParsableArguments {
    @Option(help: "Seconds on both sides of where speech begins and ends that do not count.") var margin = 0.0
    @Option(help: "Write recording, time, truth and score of all frames: a .tsv, or a .npy of [frames, 4].")
    var frames: String?
    @Option(help: "Write the recordings as they were scored, noise included, to this folder: 00000.wav ...")
    var dump: String?

    func validate() throws {
        guard (0...10).contains(margin) else { throw ValidationError("--margin is from 0 to 10 seconds") }
        if let frames, !frames.hasSuffix(".tsv"), !frames.hasSuffix(".npy") {
            throw ValidationError("--frames is a .tsv or a .npy file")
        }
    }
}

// A whole recording in memory.

/// All samples of a file, mono, at `rate` Hz.
/// - Throws: ``FileError``, with what is wrong with its sound too.
package func readRecording(_ path: String, rate: Int, ffmpeg: FFmpegUse = .auto) throws -> [Float] {
    var options = AudioOptions()
    options.outputRate = rate
    var reader = AudioReader(options)
    var recording: [Float] = [], samples: [Float] = []
    var problem: AudioError?
    func drain(_ reader: inout AudioReader) {
        while true {
            switch reader.next(&samples) {
            case .samples: recording += samples
            case .begin, .warning, .end(nil): continue
            case .end(let error): problem = error
            case .failure(let error):
                problem = error
                return
            case .needsBytes, .finished: return
            }
        }
    }
    try readSound(of: path, ffmpeg: ffmpeg) { bytes in
        reader.append(bytes)
        drain(&reader)
        return problem == nil
    }
    reader.finish()
    drain(&reader)
    if let problem { throw FileError(description: "\(path): \(problem)") }
    return recording
}

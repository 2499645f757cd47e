// The reader's step through the containers that libsndfile and libmpg123 decode.

extension AudioReader {
    /// Feeds the container's bytes to its decoder and collects what it has made.
    mutating func stepFramed() throws(AudioError) -> AudioItem? {
        guard var sound = framed.take() else { preconditionFailure("a framed container has a framing") }
        let (start, isLast) = (framedStart, isLast)
        let step = sound.step(&queue, isLast: isLast, into: &interleaved, limit: mostFrames)
        framed = sound
        switch step {
        case .again: return nil
        case .needsBytes: return .needsBytes
        case .begin(let format): return try begin(format)
        case .frames(let count):
            take(count, at: start, frameBytes: 0)
            return nil
        // What is held back is the sound's, too.
        case .end where releaseHeld(): return nil
        case .refused(let error):
            saidAnything = true
            return end(error, then: .framed)
        case .end(let fault):
            saidAnything = saidAnything || fault != nil
            let isEmpty = format != nil && decodedSamples == 0
            return end(fault ?? (isEmpty ? .zeroSamples(offset: start) : nil), then: .header)
        }
    }
}

// Decoded mono samples between the decoder and the output: where they lie in the stream, and how long the recording has
// been without a fault.

/// Which of a block of samples are still to be handed on.
struct DecodedSamples {
    /// Their places in the block.
    private(set) var range = 0..<0
    private var offset = 0
    private var frameBytes = 0
    /// Samples in order since the last one that was none.
    private var sound = 0

    /// Whether none is left.
    var isEmpty: Bool { range.isEmpty }

    /// A block of `count` samples has been decoded, from frames of `frameBytes` at the stream offset `offset`.
    mutating func take(_ count: Int, at offset: Int, frameBytes: Int) {
        precondition(range.isEmpty, "a block is handed on before the next is decoded")
        range = 0..<count
        self.offset = offset
        self.frameBytes = frameBytes
    }

    /// The stream offset of the sample at `place`.
    func offset(of place: Int) -> Int { offset + place * frameBytes }

    /// Hands on `count` samples.
    mutating func drop(_ count: Int) {
        range = range.lowerBound + count..<range.upperBound
        sound = 0
    }

    /// Passes over samples after a fault, up to the point where `count` in order were sound; whether that was reached.
    mutating func recover(_ samples: UnsafeBufferPointer<Float>, atLeast count: Int) -> Bool {
        while !range.isEmpty {
            sound = SampleOutput.isSample(samples[range.lowerBound]) ? sound + 1 : 0
            range = range.lowerBound + 1..<range.upperBound
            if sound >= count { return true }
        }
        return false
    }
}

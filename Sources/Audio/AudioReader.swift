// From the bytes of one stream to mono samples, pushed in any cut.
//
// A walk through. `append` puts bytes at the back of a queue; `next` looks at the front and does one step:
//
//     header     which container? -> waveHeader, pcm (headerless), streamed or buffered
//     waveHeader chunks up to `data` (RIFFHeader)                       -> pcm
//     pcm        sample frames to mono floats (PCMSamples, SampleOutput) -> header (another WAV follows) or tail
//     tail       chunks after `data` (WaveTail)                         -> header, or resync on a FIFO
//     streamed   bytes to libsndfile's thread, samples back (LibraryDecoder)
//     buffered   bytes to memory, decoded at the end (BufferedDecoder)
//     resync     junk after a WAV on a FIFO: looking for the next header
//     discarding the stream has failed: bytes are dropped
//
// Mono samples pass through SampleOutput, which resamples. Nothing depends on the cut: each step looks at the
// queue alone, waits when a decision needs more bytes than are there, and the resampler is fed fixed blocks.

/// A push parser: bytes in, utterances of mono samples out.
///
/// Append bytes, then call `next` until it says `.needsBytes`; memory stays bounded by the largest append. Every `.begin` is
/// closed by one `.end`. An error that spoils the stream inside an utterance is said by that `.end`; outside
/// of one it is a `.failure`; after either, later bytes are discarded. One `.end` stands alone: with
/// `endsAtDeclaredLength`, junk between two WAVs gives `.end(.trailingBytes)` once and is passed over up to the next header.
///
///     var reader = AudioReader(AudioOptions())
///     bytes.withUnsafeBytes { reader.append($0) }
///     reader.finish()
///     while true {
///         switch reader.next(&samples) { case .samples: use(samples); case .finished: return; default: break }
///     }
package struct AudioReader: ~Copyable {
    /// Samples handed out at a time, at the most.
    package static let largestBlock = 1024

    enum State: Equatable {
        case header, waveHeader, pcm, streamed, buffered, resync, discarding
        /// After `data`: `skip` bytes of a chunk are to go, and `afterOdd` tells whether a pad byte may follow them.
        case tail(skip: Int, afterOdd: Bool)
    }

    /// Where the bytes in the queue end.
    enum Boundary { case none, utterance, stream }

    let options: AudioOptions
    var state = State.header
    var queue = ByteQueue()
    var boundary = Boundary.none
    var output: SampleOutput
    var riff = RIFFHeader(start: 0)
    var pcm: PCMSamples?
    var streamed: LibraryDecoder?
    var buffered: BufferedDecoder?
    var isOpen = false
    var saidAnything = false
    var decodedSamples = 0
    var interleaved: [Float]
    var mono = [Float](repeating: 0, count: AudioReader.largestBlock)
    private var held: AudioItem?

    /// A reader at the start of a stream.
    package init(_ options: AudioOptions) {
        precondition(options.outputRate > 0, "the output rate must be positive")
        self.options = options
        output = SampleOutput(outputRate: options.outputRate)
        interleaved = [Float](repeating: 0, count: AudioReader.largestBlock)
    }

    /// Adds a copy of the stream's next bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(boundary == .none, "call next until .needsBytes before appending after the end of an utterance")
        queue.append(bytes)
    }

    /// Says that no more bytes will come.
    package mutating func finish() { boundary = .stream }

    /// Says that the bytes so far are all of the open utterance, as after idle time on a FIFO: it is closed, and the next
    /// byte begins another. A header that has only begun is a failure; between utterances nothing happens.
    package mutating func endUtterance() {
        if boundary == .none { boundary = .utterance }
    }

    /// Does the next step. `.samples` replaces the contents of `samples` (its capacity is kept), by at most 4096.
    package mutating func next(_ samples: inout [Float]) -> AudioItem {
        while true {
            if output.count >= Self.largestBlock || output.count > 0 && held != nil {
                output.take(Self.largestBlock, into: &samples)
                return .samples
            }
            if let held {
                self.held = nil
                return held
            }
            guard let item = step() else { continue }
            if output.count == 0 { return item }
            // Samples come before the item; whether bytes are needed is asked again after them.
            if item != .needsBytes { held = item }
            output.take(Self.largestBlock, into: &samples)
            return .samples
        }
    }

    /// Whether no more bytes will come for the utterance at hand.
    var isLast: Bool { boundary != .none }

    /// One step: an item to say, or nil when there is more to do.
    private mutating func step() -> AudioItem? {
        do throws(AudioError) {
            switch state {
            case .header: return try stepHeader()
            case .waveHeader: return try stepWaveHeader()
            case .pcm: return stepPCM()
            case .tail(let skip, let afterOdd): return stepTail(skip, afterOdd)
            case .streamed: return try stepStreamed()
            case .buffered: return try stepBuffered()
            case .resync: return stepResync()
            case .discarding:
                queue.drop(queue.count)
                return idle()
            }
        } catch {
            return fail(error)
        }
    }

    /// The item for an empty queue: bytes are needed, or the boundary has been reached and is lifted.
    mutating func idle() -> AudioItem {
        if boundary == .stream { return .finished }
        boundary = .none
        return .needsBytes
    }

    /// Opens an utterance at its first sample.
    mutating func begin(_ format: AudioFormat) throws(AudioError) -> AudioItem {
        try output.begin(inputRate: format.sampleRate)
        isOpen = true
        decodedSamples = 0
        saidAnything = true
        return .begin(format)
    }

    /// Closes the open utterance; `state` is what comes after it.
    mutating func end(_ error: AudioError?, then state: State) -> AudioItem {
        output.flush()
        isOpen = false
        pcm = nil
        streamed = nil
        buffered = nil
        self.state = state
        return .end(error)
    }

    /// Ends the stream for good, and the utterance if one is open.
    mutating func fail(_ error: AudioError) -> AudioItem {
        saidAnything = true
        if isOpen { return end(error, then: .discarding) }
        streamed = nil
        buffered = nil
        state = .discarding
        return .failure(error)
    }

    /// Hands the first `count` samples of `mono` to the output. The index of one that is no sample, or nil.
    mutating func push(_ count: Int) -> Int? {
        mono.withUnsafeBufferPointer { output.push(UnsafeBufferPointer(rebasing: $0[..<count])) }
    }

    /// The first bytes of an utterance.
    private mutating func stepHeader() throws(AudioError) -> AudioItem? {
        if queue.count == 0 {
            if boundary == .stream && !saidAnything { throw .emptyStream }
            return idle()
        }
        if case .raw(let format) = options.container { return try beginRaw(format) }
        switch Container.guess(queue, isLast: isLast) {
        case .needsBytes:
            if !isLast { return .needsBytes }
            let end = queue.offset + queue.count
            throw .headerCutShort(start: queue.offset, offset: end, detail: "\(queue.count) bytes are no whole header")
        case .unknown:
            let isOtherRIFF = queue.has("RIFF") || queue.has("FORM")
            throw .notAudio(offset: queue.offset, found: queue.prefix(isOtherRIFF ? Container.longestMagic : 4))
        case .found(.wave):
            riff = RIFFHeader(start: queue.offset)
            state = .waveHeader
        case .found(.streamed(let name)):
            streamed = try LibraryDecoder(container: name, offset: queue.offset, options: options)
            state = .streamed
        case .found(.buffered(let name)):
            buffered = BufferedDecoder(container: name, offset: queue.offset, options: options)
            state = .buffered
        }
        return nil
    }
}

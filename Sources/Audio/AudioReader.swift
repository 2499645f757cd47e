// From the bytes of one stream to mono samples, pushed in any cut.
//
// A walk through. `append` puts bytes at the back of a queue; `next` looks at the front and does one step:
//
//     header     which container? -> waveHeader, pcm (headerless) or framed
//     waveHeader chunks up to `data` (RIFFHeader)             -> pcm
//     pcm        sample frames to mono floats (PCMSamples)    -> header (another recording follows) or tail
//     tail       chunks and tags after `data` (WaveTail)      -> header, or resync after junk
//     tag        a tag before a recording of any container (Tag)             -> header
//     framed     a library's container (FramedSound): where it ends, and its decoder -> header
//     resync     after a fault, or junk on a FIFO: looking for a header that can be believed (Signature) -> header
//     over       the format of headerless samples cannot be read: no byte will ever be heard
//
// Mono samples pass through SampleOutput, which resamples. A sample that is no number ends the utterance; when the
// sound has been sound again for a tenth of a second, the rest of the recording is another. Nothing depends on the cut:
// each step looks at the queue alone, waits when a decision needs more bytes than are there, and the resampler is fed
// fixed blocks.

/// A push parser: bytes in, utterances of mono samples out.
///
/// Append bytes, then call `next` until it says `.needsBytes`; memory stays bounded by the largest append. Every
/// `.begin` is closed by one `.end`. An error that spoils an utterance is said by that `.end`; outside of one it is a
/// `.failure`; after either, the next header that can be believed is heard. One `.end` stands alone: with
/// `endsAtDeclaredLength`, junk between two WAVs gives `.end(.trailingBytes)` once and is passed over up to the next
/// header.
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
        case header, waveHeader, pcm, framed, resync, over
        /// After `data`: `skip` bytes of a chunk are to go, and `afterOdd` tells whether a pad byte may follow them.
        case tail(skip: Int, afterOdd: Bool)
        /// `skip` bytes of a tag before a recording are to go, which may be `slack` longer than it says.
        case tag(skip: Int, slack: Int)
        /// The recording begins within so many bytes.
        case tagSlack(Int)
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
    /// The container that a library decodes, and where it starts in the stream.
    var framed: FramedSound?
    var framedStart = 0
    /// What the header of the recording at hand said; nil between recordings.
    var format: AudioFormat?
    /// An utterance is open: the whole recording, or what of it lies between two faults.
    var isOpen = false
    var saidAnything = false
    /// Samples of the recording at hand that have been decoded.
    var decodedSamples = 0
    /// Frames as they are decoded.
    var interleaved: [Float]
    /// What is made of them.
    private var mono = [Float](repeating: 0, count: AudioReader.largestBlock)
    /// What lies in `mono`.
    private var decoded = DecodedSamples()
    private var mixdown = Mixdown(channels: 1, channel: nil, sampleRate: 1)
    /// Of floating-point samples.
    private var scale: FloatScale?
    /// Where the samples lie that it holds back.
    private var heldOffset = 0
    private var warnings: [AudioWarning] = []
    private var held: AudioItem?

    /// A recording, or its header, has begun and not ended.
    package var isInside: Bool { format != nil || framed != nil || queue.count > 0 && state != .over }

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

    /// Says that the bytes so far are all of the open utterance, as after idle time on a FIFO: it is closed, and the
    /// next byte begins another. A header that has only begun is a failure; between utterances nothing happens.
    package mutating func endUtterance() {
        if boundary == .none { boundary = .utterance }
    }

    /// Says that no more bytes will come and that those which wait are not asked for: an open utterance ends with the
    /// last sample that was decoded.
    package mutating func breakOff() {
        decoded = DecodedSamples()
        queue.drop(queue.count)
        if let last = end(nil, then: .over) { held = last }
        finish()
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
            if !decoded.isEmpty { return try stepDecoded() }
            if !warnings.isEmpty { return .warning(warnings.removeFirst()) }
            switch state {
            case .header: return try stepHeader()
            case .waveHeader: return try stepWaveHeader()
            case .pcm: return stepPCM()
            case .tail(let skip, let afterOdd): return stepTail(skip, afterOdd)
            case .tag(let skip, let slack): return try stepTag(skip, slack)
            case .tagSlack(let slack): return try stepTagSlack(slack)
            case .framed: return try stepFramed()
            case .resync: return stepResync()
            case .over: return .finished
            }
        } catch {
            // What was looked for at the front is not to be found there again.
            if state == .header { queue.drop(min(1, queue.count)) }
            return fail(error)
        }
    }

    /// The item for an empty queue: bytes are needed, or the boundary has been reached and is lifted.
    mutating func idle() -> AudioItem {
        if boundary == .stream { return .finished }
        boundary = .none
        return .needsBytes
    }

    /// Begins a recording at its first sample.
    mutating func begin(_ format: AudioFormat) throws(AudioError) -> AudioItem {
        self.format = format
        decodedSamples = 0
        if interleaved.count < format.channels { interleaved = [Float](repeating: 0, count: format.channels) }
        mixdown = Mixdown(channels: format.channels, channel: options.channel, sampleRate: format.sampleRate)
        scale = format.isFloat ? FloatScale(sampleRate: format.sampleRate, block: Self.largestBlock) : nil
        let most = scale?.mostSamples ?? 0
        if mono.count < most { mono = [Float](repeating: 0, count: most) }
        return try beginUtterance(format)
    }

    private mutating func beginUtterance(_ format: AudioFormat) throws(AudioError) -> AudioItem {
        try output.begin(inputRate: format.sampleRate)
        isOpen = true
        saidAnything = true
        return .begin(format)
    }

    private mutating func endUtterance(_ error: AudioError?) -> AudioItem {
        output.flush()
        isOpen = false
        return .end(error)
    }

    /// Ends the recording at hand, and with it the utterance if one is open; `state` is what comes after it.
    mutating func end(_ error: AudioError?, then state: State) -> AudioItem? {
        format = nil
        pcm = nil
        if state != .framed { framed = nil }
        self.state = state
        return isOpen ? endUtterance(error) : error.map { .failure($0) }
    }

    /// Gives up the recording at hand: the next header will be heard.
    mutating func fail(_ error: AudioError) -> AudioItem? {
        saidAnything = true
        return end(error, then: options.container == .automatic ? .resync : .over)
    }

    /// Something about the recording at hand was guessed.
    mutating func warn(_ warning: AudioWarning?) { if let warning { warnings.append(warning) } }

    /// The most frames that may be decoded into `interleaved` before they are taken.
    var mostFrames: Int {
        min(interleaved.count / mixdown.channels, mixdown.framesToDecision, scale?.samplesToDecision ?? .max)
    }

    /// Takes so many frames of `interleaved`, decoded from `frameBytes` each at the stream offset `offset`; 0 where a
    /// library does not say at which byte a frame lies.
    mutating func take(_ frames: Int, at offset: Int, frameBytes: Int) {
        decodedSamples += frames
        let warning = mono.withUnsafeMutableBufferPointer { mono in
            interleaved.withUnsafeBufferPointer {
                mixdown.mix($0.baseAddress!, into: UnsafeMutableBufferPointer(rebasing: mono[..<frames]))
            }
        }
        warn(warning)
        let wasHolding = scale?.isHolding ?? false
        let passed = scale?.take(&mono, frames) ?? frames
        if !wasHolding { heldOffset = offset + passed * frameBytes }
        decoded.take(passed, at: offset, frameBytes: frameBytes)
        if passed == 0, scale?.isDecidable ?? false { releaseHeld() }
    }

    /// Lets go what is held back to find the scale of floats; whether there was anything.
    @discardableResult
    mutating func releaseHeld() -> Bool {
        guard let count = scale?.heldCount, count > 0 else { return false }
        warn(scale?.release(into: &mono))
        decoded.take(count, at: heldOffset, frameBytes: pcm?.blockBytes ?? 0)
        return true
    }

    /// Hands decoded samples on, up to one that is none: that ends the utterance. The next one begins when the
    /// recording has given no such sample for a tenth of a second.
    private mutating func stepDecoded() throws(AudioError) -> AudioItem? {
        guard let format else { preconditionFailure("samples are those of a recording") }
        guard isOpen else {
            let isSound = mono.withUnsafeBufferPointer { decoded.recover($0, atLeast: format.sampleRate / 10) }
            return isSound ? try beginUtterance(format) : nil
        }
        let samples = decoded.range
        guard let bad = mono.withUnsafeBufferPointer({ output.push(.init(rebasing: $0[samples])) }) else {
            decoded.drop(samples.count)
            return nil
        }
        let place = samples.lowerBound + bad
        decoded.drop(bad + 1)
        let detail = "the sample \(mono[place]) is not between -2^24 and 2^24"
        return endUtterance(.undecodable(offset: decoded.offset(of: place), detail: detail))
    }

    /// The first bytes of an utterance.
    private mutating func stepHeader() throws(AudioError) -> AudioItem? {
        if queue.count == 0 {
            if boundary == .stream && !saidAnything { throw .emptyStream }
            return idle()
        }
        if case .raw(let format) = options.container { return try beginRaw(format) }
        switch queue.tag(at: 0, saidAnything ? .behind : .before) {
        case .whole(let bytes, let slack):
            state = .tag(skip: bytes, slack: slack)
            return nil
        case .cut where !isLast: return .needsBytes
        case .cut, .none: break
        }
        return try open(Container.guess(queue, isLast: isLast))
    }

    private mutating func open(_ guess: Container.Guess) throws(AudioError) -> AudioItem? {
        switch guess {
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
        case .found(.framed(let framing)):
            framedStart = queue.offset
            framed = FramedSound(framing, options)
            state = .framed
        case .found(.foreign(let name)): throw .unsupportedCodec(offset: queue.offset, detail: name)
        }
        return nil
    }

    /// Passes over a tag. When what follows it opens nothing, its size may have been written in another way.
    private mutating func stepTag(_ skip: Int, _ slack: Int) throws(AudioError) -> AudioItem? {
        let count = min(skip, queue.count)
        queue.drop(count)
        state = .tag(skip: skip - count, slack: slack)
        if count < skip || queue.count == 0 {
            guard isLast else { return .needsBytes }
            state = .header
            if saidAnything { return nil }
            throw .zeroSamples(offset: queue.offset)
        }
        switch Container.guess(queue, isLast: isLast) {
        case .needsBytes where !isLast: return .needsBytes
        case .unknown where queue.tag(at: 0, saidAnything ? .behind : .before) == .none: state = .tagSlack(slack)
        case .needsBytes, .unknown, .found: state = .header
        }
        return nil
    }

    /// Looks for what a tag stands before. An MP3 has no header that could be found.
    private mutating func stepTagSlack(_ slack: Int) throws(AudioError) -> AudioItem? {
        let found = queue.firstHeader(from: 0, .tags)
        let header = found?.isWhole == true || !isLast ? found : nil
        if let header, header.isWhole, header.index <= slack {
            queue.drop(header.index)
            state = .header
            return nil
        }
        let junk = min(slack, header?.index ?? queue.count)
        queue.drop(junk)
        state = .tagSlack(slack - junk)
        // A header may begin where the slack ends; and what is none is named by as many bytes, however they come.
        let mayOpen = header.map { $0.index <= slack } ?? false
        if !isLast, mayOpen || queue.count < Container.longestMagic { return .needsBytes }
        if saidAnything, queue.count == 0 {
            state = .header
            return nil
        }
        return try open(saidAnything ? .unknown : .found(.framed(MPEGFraming(start: queue.offset))))
    }
}

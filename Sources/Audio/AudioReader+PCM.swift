// The reader's steps through a WAV and through headerless samples.

extension AudioReader {
    /// Opens an utterance of headerless samples.
    mutating func beginRaw(_ format: RawFormat) throws(AudioError) -> AudioItem {
        try options.check(sampleRate: format.sampleRate, channels: format.channels, at: queue.offset)
        return try beginPCM(
            AudioFormat(
                container: "raw", encoding: format.encoding.rawValue, sampleRate: format.sampleRate,
                channels: format.channels, declaredFrames: nil, isBuffered: false),
            format.encoding, declaredBytes: nil)
    }

    /// Reads a WAV's header.
    mutating func stepWaveHeader() throws(AudioError) -> AudioItem? {
        guard try riff.read(&queue, options: options) else {
            if !isLast { return .needsBytes }
            throw .headerCutShort(start: riff.start, offset: queue.offset + queue.count, detail: riff.awaited)
        }
        guard let format = riff.format else { preconditionFailure("a header that was read has a format") }
        warn(format.warning)
        warn(riff.warning)
        return try beginPCM(
            AudioFormat(
                container: riff.name, encoding: format.encoding.rawValue, sampleRate: format.sampleRate,
                channels: format.channels, declaredFrames: riff.dataBytes.map { $0 / format.blockBytes },
                isBuffered: false),
            format.encoding, declaredBytes: riff.dataBytes)
    }

    private mutating func beginPCM(
        _ format: AudioFormat, _ encoding: SampleEncoding, declaredBytes: Int?
    ) throws(AudioError) -> AudioItem {
        let item = try begin(format)
        pcm = PCMSamples(
            encoding: encoding, channels: format.channels, start: queue.offset, declared: declaredBytes,
            isWave: format.container != "raw")
        state = .pcm
        return item
    }

    /// Takes a block of frames, or ends the utterance.
    mutating func stepPCM() -> AudioItem? {
        let isLast = isLast
        guard let front = pcm?.front(queue, isLast: isLast) else { preconditionFailure("samples need a format") }
        switch front {
        case .needsBytes: return .needsBytes
        case .frames(let bytes):
            takeFrames(bytes)
            return nil
        case .end, .declaredEnd: if releaseHeld() { return nil }
        }
        switch front {
        case .end(let partial):
            let next = pcm?.isWave == true ? State.tail(skip: 0, afterOdd: false) : .header
            return endPCM(partial: partial, skip: partial, then: next)
        case .declaredEnd(let partial): return endAtDeclaredLength(partial)
        default: return nil
        }
    }

    /// Decodes whole frames, as many of `bytes` as may be taken at a time.
    private mutating func takeFrames(_ bytes: Int) {
        guard let pcm else { return }
        let frames = min(bytes / pcm.blockBytes, mostFrames)
        let used = frames * pcm.blockBytes
        let count = frames * pcm.channels
        interleaved.withUnsafeMutableBufferPointer { interleaved in
            let samples = UnsafeMutableBufferPointer(rebasing: interleaved[..<count])
            queue.withBytes { pcm.encoding.decode(UnsafeRawBufferPointer(rebasing: $0[..<used]), into: samples) }
        }
        take(frames, at: queue.offset, frameBytes: pcm.blockBytes)
        queue.drop(used)
        self.pcm?.take(used)
    }

    /// Decides what the declared length was worth by what follows it, unless the length alone counts.
    private mutating func endAtDeclaredLength(_ partial: Int) -> AudioItem? {
        let isOdd = (pcm?.declared ?? 0) % 2 == 1
        if options.endsAtDeclaredLength {
            return endPCM(partial: partial, skip: partial, then: .tail(skip: 0, afterOdd: isOdd))
        }
        switch WaveTail(queue, at: partial, afterOdd: isOdd, riffEnd: riff.end, isLast: isLast) {
        case .needsBytes: return .needsBytes
        case .nothing(let skip), .header(let skip): return endPCM(partial: partial, skip: skip, then: .header)
        case .chunk(let skip, let size):
            return endPCM(partial: partial, skip: skip, then: .tail(skip: size, afterOdd: size % 2 == 1))
        case .other:
            pcm?.forgetLength()
            return nil
        }
    }

    private mutating func endPCM(partial: Int, skip: Int, then state: State) -> AudioItem? {
        let fault = pcm?.endFault(partial: partial, at: queue.offset + partial)
        queue.drop(skip)
        return end(fault, then: state)
    }

    /// Passes over what follows `data`: chunks, up to another recording.
    mutating func stepTail(_ skip: Int, _ afterOdd: Bool) -> AudioItem? {
        if skip > 0 && queue.count > 0 {
            let count = min(skip, queue.count)
            queue.drop(count)
            state = .tail(skip: skip - count, afterOdd: afterOdd)
            return nil
        }
        if skip > 0 {
            if isLast { state = .header }
            return isLast ? nil : .needsBytes
        }
        switch WaveTail(queue, at: 0, afterOdd: afterOdd, riffEnd: riff.end, isLast: isLast) {
        case .needsBytes: return .needsBytes
        case .nothing(let skip), .header(let skip):
            queue.drop(skip)
            state = .header
        case .chunk(let skip, let size):
            queue.drop(skip)
            state = .tail(skip: size, afterOdd: size % 2 == 1)
        case .other: return reportJunk()
        }
        return nil
    }

    /// Junk is said once and passed over.
    private mutating func reportJunk() -> AudioItem? {
        let found = queue.prefix(4)
        guard options.endsAtDeclaredLength else {
            let detail = "after a WAV's data, neither a chunk nor another recording; ignored up to the next header"
            return fail(.trailingBytes(offset: queue.offset, found: found, detail: detail))
        }
        state = .resync
        let detail =
            "after a WAV's declared length, neither a chunk nor another recording; ignored up to the next header"
        return .end(.trailingBytes(offset: queue.offset, found: found, detail: detail))
    }

    /// Drops bytes up to the next header.
    mutating func stepResync() -> AudioItem? {
        let header = queue.firstHeader(from: 0, .tags)
        queue.drop(header?.index ?? queue.count)
        if header?.isWhole == true {
            state = .header
            return nil
        }
        if isLast {
            queue.drop(queue.count)
            state = .header
            return nil
        }
        return .needsBytes
    }
}

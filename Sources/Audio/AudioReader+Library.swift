// The reader's steps through the containers that libsndfile decodes.

extension AudioReader {
    /// How many bytes at the front of the queue are the library's, and whether no more will be: the stream ends there, or a
    /// header that can be believed opens another recording. Bytes that may be the beginning of one wait.
    private mutating func libraryBytes(_ container: String) -> (count: Int, isAll: Bool) {
        // A FLAC's header may stand within Ogg, and a new Ogg link is the decoder's to see.
        let inside = container == "Ogg" ? ["Ogg", "FLAC"] : []
        let start = max(0, searched - queue.offset)
        let header = queue.firstHeader(from: start, besides: inside)
        searched = queue.offset + (header?.index ?? max(start, queue.count))
        guard let header, header.isWhole || !isLast else { return (queue.count, isLast) }
        return (header.index, header.isWhole)
    }

    /// Feeds the decoder's thread and collects what it has made.
    ///
    /// A live stream's last samples may still be in the making when this says `.needsBytes`; they come with the next bytes.
    mutating func stepStreamed() throws(AudioError) -> AudioItem? {
        guard let decoder = streamed else { preconditionFailure("a streamed container has a decoder") }
        // The end is asked for first: when there is one, what the thread said before it is sure to be seen.
        let hasEnded = format == nil && decoder.hasEnded()
        if format == nil, let format = decoder.format { return try begin(format) }
        let received =
            format != nil
            ? receive(from: decoder)
            : hasEnded ? .end : .none
        if case .frames(let count) = received {
            take(count, at: decoder.offset, frameBytes: 0)
            return nil
        }
        if received == .end, releaseHeld() { return nil }
        if received == .end, let fault = decoder.fault { return endDecoded(fault) }
        let (count, isAll) = libraryBytes(decoder.container)
        if count > 0 {
            let sent = queue.withBytes { decoder.send(.init(rebasing: $0[..<count])) }
            queue.drop(sent)
            if sent == 0 { decoder.wait(orSend: true) }
            return nil
        }
        if !isAll { return .needsBytes }
        decoder.finishSending()
        if received == .none {
            decoder.wait(orSend: false)
            return nil
        }
        return endDecoded(decoder.finish())
    }

    private mutating func receive(from decoder: LibraryDecoder) -> LibraryDecoder.Received {
        let limit = mostFrames, channels = format?.channels ?? 1
        return interleaved.withUnsafeMutableBufferPointer {
            decoder.receive(into: .init(rebasing: $0[..<(limit * channels)]), channels: channels)
        }
    }

    /// Keeps bytes until the last has come, then decodes a block at a time.
    mutating func stepBuffered() throws(AudioError) -> AudioItem? {
        guard let decoder = buffered else { preconditionFailure("a buffered container has a decoder") }
        if format != nil {
            let limit = mostFrames
            let frames = interleaved.withUnsafeMutableBufferPointer { decoder.read(into: $0, limit: limit) }
            if frames > 0 { take(frames, at: decoder.offset, frameBytes: 0) }
            return frames > 0 || releaseHeld() ? nil : endDecoded(decoder.endFault())
        }
        let (count, isAll) = libraryBytes(decoder.container)
        var fault: AudioError?
        queue.withBytes { bytes in
            do throws(AudioError) { try decoder.append(.init(rebasing: bytes[..<count])) } catch { fault = error }
        }
        // Of a sound that is too large nothing is looked at again.
        queue.drop(count)
        if let fault { throw fault }
        return isAll ? try begin(decoder.open()) : .needsBytes
    }

    /// Ends the recording. What the decoder could not read makes the reader look for the next header; a sound that is short,
    /// empty or followed by another does not.
    private mutating func endDecoded(_ fault: AudioError?) -> AudioItem? {
        let offset = streamed?.offset ?? buffered?.offset ?? queue.offset
        switch fault {
        case nil: return end(decodedSamples == 0 ? .zeroSamples(offset: offset) : nil, then: .header)
        case .dataCutShort?, .trailingBytes?: return end(fault, then: .header)
        case let fault?: return fail(fault)
        }
    }
}

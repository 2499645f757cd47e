// The reader's steps through the containers that libsndfile decodes.

extension AudioReader {
    /// Feeds the decoder's thread and collects what it has made.
    ///
    /// A live stream's last samples may still be in the making when this says `.needsBytes`; they come with the next bytes.
    mutating func stepStreamed() throws(AudioError) -> AudioItem? {
        guard let decoder = streamed else { preconditionFailure("a streamed container has a decoder") }
        // The end is asked for first: when there is one, what the thread said before it is sure to be seen.
        let hasEnded = !isOpen && decoder.hasEnded()
        if !isOpen, let format = decoder.format { return try begin(format) }
        let received =
            isOpen
            ? mono.withUnsafeMutableBufferPointer { decoder.receive(into: $0) }
            : hasEnded ? .end : .none
        if case .samples(let count) = received { return pushDecoded(count, from: decoder.offset) }
        if received == .end, let fault = decoder.fault { return endDecoded(fault) }
        if queue.count > 0 {
            let sent = queue.withBytes { decoder.send($0) }
            queue.drop(sent)
            if sent == 0 { decoder.wait(orSend: true) }
            return nil
        }
        if !isLast { return .needsBytes }
        decoder.finishSending()
        if received == .none {
            decoder.wait(orSend: false)
            return nil
        }
        return endDecoded(decoder.finish())
    }

    /// Keeps bytes until the last has come, then decodes a block at a time.
    mutating func stepBuffered() throws(AudioError) -> AudioItem? {
        guard let decoder = buffered else { preconditionFailure("a buffered container has a decoder") }
        if isOpen {
            let frames = mono.withUnsafeMutableBufferPointer { decoder.read(into: $0) }
            return frames > 0 ? pushDecoded(frames, from: decoder.offset) : endDecoded(decoder.endFault())
        }
        var fault: AudioError?
        queue.withBytes { bytes in
            do throws(AudioError) { try decoder.append(bytes) } catch { fault = error }
        }
        if let fault { throw fault }
        queue.drop(queue.count)
        return isLast ? try begin(decoder.open()) : .needsBytes
    }

    /// Hands on the first `count` samples of `mono`.
    private mutating func pushDecoded(_ count: Int, from offset: Int) -> AudioItem? {
        decodedSamples += count
        guard let bad = push(count) else { return nil }
        return fail(.undecodable(offset: offset, detail: "the sample \(mono[bad]) is not between -2^24 and 2^24"))
    }

    /// Closes the utterance. What the decoder could not read ends the stream; a sound that is short, empty or
    /// followed by another does not.
    private mutating func endDecoded(_ fault: AudioError?) -> AudioItem {
        let offset = streamed?.offset ?? buffered?.offset ?? queue.offset
        switch fault {
        case nil: return end(decodedSamples == 0 ? .zeroSamples(offset: offset) : nil, then: .header)
        case .dataCutShort?, .trailingBytes?: return end(fault, then: .header)
        case let fault?: return fail(fault)
        }
    }
}

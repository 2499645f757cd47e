// A sound in a container that a library decodes: its framing says which bytes are its own, its decoder makes frames of
// them.

/// The container at hand.
struct FramedSound {
    /// What a step came to.
    enum Step: Equatable {
        /// There is more to do.
        case again
        /// More bytes are needed.
        case needsBytes
        /// The format is known; frames follow.
        case begin(AudioFormat)
        /// This many frames were written.
        case frames(Int)
        /// It cannot be decoded. Its bytes are still to be passed over: step on.
        case refused(AudioError)
        /// It is over; what follows is another's.
        case end(AudioError?)
    }

    private let framing: any ContainerFraming
    private let options: AudioOptions
    private var decoder: (any SoundDecoder)?
    /// Samples of a frame; nil before the format is known.
    private var channels: Int?
    /// Bytes at the front of the queue that are the decoder's.
    private var owed = 0
    /// The framing is over, and what it said.
    private var framingFault: AudioError??
    /// Nothing is to be decoded any more: the decoder has refused, or has given all it can.
    private var isDeaf = false
    private var wasRefused = false
    private var decoderFault: AudioError?

    /// A sound that has not begun.
    init(_ framing: any ContainerFraming, _ options: AudioOptions) { (self.framing, self.options) = (framing, options) }

    /// Does one step on the front of `queue`; `isLast` when no more bytes will come.
    ///
    /// A live stream's last samples may still be in the making when this says `.needsBytes`; they come with the next
    /// bytes. What was lost is said at the end and not where it was: where a decoder's thread stands then is not the
    /// same in each run.
    mutating func step(
        _ queue: inout ByteQueue, isLast: Bool, into interleaved: inout [Float], limit: Int
    ) -> Step {
        do throws(AudioError) {
            if let decoder, let step = collect(decoder, into: &interleaved, limit) { return step }
            if owed > 0 {
                try send(&queue)
                return .again
            }
            if case .some(let fault) = framingFault { return end(fault) }
            return try walk(&queue, isLast: isLast)
        } catch {
            return refuse(error)
        }
    }

    /// Takes what the decoder has made; nil when it has nothing and the bytes are to be looked at.
    private mutating func collect(_ decoder: any SoundDecoder, into interleaved: inout [Float], _ limit: Int) -> Step? {
        let isAll: Bool
        if let channels {
            let received = interleaved.withUnsafeMutableBufferPointer {
                decoder.receive(into: $0, channels: channels, limit: limit)
            }
            if case .frames(let count) = received { return .frames(count) }
            isAll = received == .end
        } else {
            // Asked for first: when there is an end, what the thread said before it is sure to be seen.
            isAll = decoder.hasEnded()
            if let format = decoder.format {
                channels = format.channels
                return .begin(format)
            }
        }
        if isAll {
            decoderFault = decoder.fault()
            self.decoder = nil
            isDeaf = true
            return channels != nil ? .again : decoderFault.map { refuse($0) } ?? .again
        }
        if framingFault == nil { return nil }
        decoder.wait(orSend: false)
        return .again
    }

    private mutating func send(_ queue: inout ByteQueue) throws(AudioError) {
        guard let decoder else {
            queue.drop(owed)
            owed = 0
            return
        }
        let count = owed
        let result = queue.withBytes { bytes -> Result<Int, AudioError> in
            do throws(AudioError) {
                return .success(try decoder.send(UnsafeRawBufferPointer(rebasing: bytes[..<count])))
            } catch {
                return .failure(error)
            }
        }
        let sent = try result.get()
        queue.drop(sent)
        owed -= sent
        if sent == 0 { decoder.wait(orSend: true) }
    }

    private mutating func walk(_ queue: inout ByteQueue, isLast: Bool) throws(AudioError) -> Step {
        switch framing.next(queue, isLast: isLast) {
        case .needsBytes: return .needsBytes
        case .sound(let count):
            owed = count
            if decoder == nil, !isDeaf { decoder = try framing.makeDecoder(options) }
        case .skip(let count): queue.drop(count)
        case .refused(let error): return refuse(error)
        case .end(let fault):
            framingFault = .some(fault)
            try decoder?.finishSending()
        }
        return .again
    }

    private mutating func refuse(_ error: AudioError) -> Step {
        decoder = nil
        isDeaf = true
        guard !wasRefused else { return .again }
        wasRefused = true
        return .refused(error)
    }

    /// What its framing lacks says more than what its decoder made of that.
    private func end(_ fault: AudioError?) -> Step { .end(wasRefused ? nil : fault ?? decoderFault) }
}

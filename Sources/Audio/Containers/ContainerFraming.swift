// Where a container ends. libsndfile reads ahead and does not say how far a sound went, so the framing of each
// container (pages, frames, chunks) is walked here: its decoder gets the bytes that are the container's, and what
// follows is another utterance, or an error that names it. What a walk finds does not depend on the cut: it waits when
// it needs more bytes.

/// What lies at the front of the queue, within a container.
enum Extent: Equatable {
    /// More bytes are needed to tell. Never said when no more will come.
    case needsBytes
    /// So many bytes, at least one, are the decoder's.
    case sound(Int)
    /// So many bytes, at least one, are of no use to it: tags, padding, pages of other streams, damage.
    case skip(Int)
    /// The container holds nothing that is decoded here; what is left of it is to be walked all the same.
    case refused(AudioError)
    /// The container is over. The error says what of it was lost; nil when all is there as far as its framing tells.
    case end(AudioError?)
}

/// The walk through one container.
protocol ContainerFraming: AnyObject {
    /// What lies at the front of `queue`; `isLast` when no more bytes will come. What it gave last has been taken away.
    func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent

    /// The decoder of its sound. Asked for once, when `next` has said `.sound`.
    func makeDecoder(_ options: AudioOptions) throws(AudioError) -> any SoundDecoder
}

/// What decodes a container's bytes to frames of interleaved samples.
protocol SoundDecoder: AnyObject {
    /// The stream offset at which the sound starts.
    var offset: Int { get }
    /// The format, once enough bytes have come.
    var format: AudioFormat? { get }

    /// Takes some of `bytes` and returns how many; 0 when there is no room now.
    func send(_ bytes: UnsafeRawBufferPointer) throws(AudioError) -> Int

    /// Says that no more bytes will be sent.
    func finishSending() throws(AudioError)

    /// Whether all output has been received: the format, if there is one, can be seen now.
    ///
    /// Asked before the format is known, where `receive` might bring samples too soon.
    func hasEnded() -> Bool

    /// Receives at most `limit` frames of `channels` samples into `interleaved`, which has room for them, if any are
    /// ready. Call once the format has been seen.
    func receive(into interleaved: UnsafeMutableBufferPointer<Float>, channels: Int, limit: Int) -> Decoded

    /// Waits until frames can be received or, with `orSend`, bytes be sent.
    func wait(orSend: Bool)

    /// What was wrong with the sound, or nil. Call when all output has been received.
    func fault() -> AudioError?
}

/// What a decoder had to give.
enum Decoded: Equatable {
    /// This many frames were written.
    case frames(Int)
    /// None now.
    case none
    /// None ever again.
    case end
}

extension ByteQueue {
    /// Whether a header that can be believed stands at a place.
    enum Opening { case none, cut, whole }

    /// Looks at `index`; `isLast` when no more bytes will come.
    func opening(at index: Int, isLast: Bool) -> Opening {
        switch header(at: index) {
        case .whole: .whole
        case .cut: isLast || index >= count ? .none : .cut
        case .none: .none
        }
    }
}

/// Bytes up to a length, or up to the header of another container: where no length is known, or where the sound was
/// cut.
struct BodyFraming {
    /// Bytes to go; nil when their number is not known.
    private var left: Int?
    /// The stream offset up to which no header stands; nil when none is looked for.
    private var clear: Int?

    /// `count` bytes; nil for an unknown number. `clear` is the stream offset up to which no header is looked for; nil
    /// for all.
    init(_ count: Int?, clear: Int? = 0) { (left, self.clear) = (count, clear) }

    /// What lies at the front of `queue`; nil when the body is over.
    mutating func next(_ queue: borrowing ByteQueue, isLast: Bool) -> Extent? {
        var usable = min(left ?? queue.count, queue.count)
        var isOver = isLast || left == 0
        if left != 0, let start = clear.map({ max(0, $0 - queue.offset) }) {
            let header = queue.firstHeader(from: start)
            clear = queue.offset + (header?.index ?? max(start, queue.count))
            if let header, header.index < usable, header.isWhole || !isLast { usable = header.index }
            isOver = isOver || header?.isWhole == true
        }
        if usable == 0 { return isOver ? nil : .needsBytes }
        left = left.map { $0 - usable }
        return .sound(usable)
    }
}

/// Bytes of a container that had to be passed over: one account for all places.
struct LostBytes {
    /// After so many at one place the container is given up.
    static let most = 128 << 10

    /// Places at which any were lost.
    private(set) var places = 0
    /// Bytes lost at all places.
    private(set) var count = 0
    /// The stream offset of the first place.
    private(set) var first = 0
    /// Bytes lost at the place at hand; 0 when what came last was in order.
    private(set) var run = 0
    private var isInRun = false

    /// Notes that the `count` bytes from `offset` on are lost, or as many of them as one place may have; how many those
    /// are.
    mutating func add(atMost count: Int, at offset: Int) -> Int {
        let count = min(count, Self.most - run)
        guard count > 0 else { return 0 }
        if places == 0 { first = offset }
        if !isInRun { places += 1 }
        isInRun = true
        run += count
        self.count += count
        return count
    }

    /// Notes that something is missing before `offset`.
    mutating func addGap(at offset: Int) {
        if places == 0 { first = offset }
        places += 1
    }

    /// Notes that what came is in order. Whether something had been lost before it.
    mutating func endRun() -> Bool {
        defer { (isInRun, run) = (false, 0) }
        return isInRun
    }

    /// The error that says so, or nil when nothing was lost. `unit` is what they were to be, such as `Ogg pages`.
    func fault(_ unit: String) -> AudioError? {
        if places == 0 { return nil }
        let what = count == 0 ? "\(unit) are missing" : "\(count) bytes are no whole \(unit)"
        return .damaged(offset: first, detail: what + (places == 1 ? "" : ", the first of \(places) such places"))
    }
}

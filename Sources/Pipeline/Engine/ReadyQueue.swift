// Which streams are computed next. Those that have used no more than their share of the engine come first, in the order
// in which they became ready: sound that arrives at its own pace uses little. After them come those that have used
// more, such as a file that is sent as fast as it goes, or hours of silence in a small FLAC: they have what is left, in
// small slices, so that the others wait for one of those at the most; but not nothing.

/// What a stream has used of the engine: an account that fills with time, at the stream's share of the threads, and is
/// charged for work.
package struct EngineAccount {
    /// So much may be saved, and so much may be owed: a burst, and the memory of one.
    package static let most = Duration.milliseconds(50)

    private var balance = most
    private var at: ContinuousClock.Instant

    package init(at now: ContinuousClock.Instant) { at = now }

    /// Time has passed, of which `share` (0 to 1, or more with several threads) is the stream's, and the engine has
    /// worked for `used` on it. Returns whether the stream has used more than its share.
    package mutating func charge(_ used: Duration, share: Double, at now: ContinuousClock.Instant) -> Bool {
        balance = max(.zero - Self.most, min(Self.most, balance + (now - at) * share) - used)
        at = now
        return balance < .zero
    }
}

/// First in, first out.
struct WaitingLine<Element> {
    /// What stands before `head` has been taken and is nil.
    private var elements: [Element?] = []
    /// The array is compacted when it is half empty.
    private var head = 0

    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head].take()
        head += 1
        if head > 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}

/// The streams that wait for a thread.
package struct ReadyQueue<Stream> {
    /// Whose turn it is.
    package enum Turn { case prompt, greedy }

    /// Those within their share, and those beyond it.
    private var prompt = WaitingLine<Stream>()
    private var greedy = WaitingLine<Stream>()
    /// When the first of `prompt` has waited long enough for others, to be computed with them.
    private(set) var due: ContinuousClock.Instant?
    /// When those of `greedy` have waited long enough for those of `prompt`.
    private var greedyDue: ContinuousClock.Instant?
    /// How long each of them waits.
    let gathering: Duration
    private static var patience: Duration { .milliseconds(100) }

    package init(gathering: Duration) { self.gathering = gathering }

    package var count: Int { prompt.count + greedy.count }
    var promptCount: Int { prompt.count }

    package mutating func append(_ stream: Stream, isGreedy: Bool, at now: ContinuousClock.Instant) {
        if isGreedy {
            if greedy.count == 0 { greedyDue = now + Self.patience }
            greedy.append(stream)
        } else {
            if prompt.count == 0 { due = now + gathering }
            prompt.append(stream)
        }
    }

    /// Who should be taken now; nil when nobody is there, or those that are wait for others. `enough` streams within
    /// their share wait no longer.
    package func turn(enough: Int, at now: ContinuousClock.Instant) -> Turn? {
        if greedy.count > 0, let greedyDue, now >= greedyDue { return .greedy }
        if prompt.count > 0, prompt.count >= enough || due.map({ now >= $0 }) ?? true { return .prompt }
        return greedy.count > 0 ? .greedy : nil
    }

    /// The first of those whose turn it is.
    package func first(_ turn: Turn) -> Stream? { turn == .prompt ? prompt.first : greedy.first }
    func count(_ turn: Turn) -> Int { turn == .prompt ? prompt.count : greedy.count }

    package mutating func popFirst(_ turn: Turn) -> Stream? { turn == .prompt ? prompt.popFirst() : greedy.popFirst() }

    /// Some have been taken; those that are left have waited while they were gathered.
    package mutating func endTurn(_ turn: Turn, at now: ContinuousClock.Instant) {
        switch turn {
        case .prompt: due = prompt.count > 0 ? now : nil
        case .greedy: greedyDue = greedy.count > 0 ? now + Self.patience : nil
        }
    }
}

// One thread's turn: a slice of each of some streams, their steps computed together.

import Recurrent

/// Works off slices of streams of one model.
struct SliceRunner {
    /// The streams at hand.
    var streams: [EngineStream] = []
    private var batch: StepBatch?
    private let sliceBytes: Int
    /// Streams of the round at hand, by index, and how many steps each has ready.
    private var open: [Int] = []
    private var ready: [Int] = []
    private static let rows = 256

    init(sliceBytes: Int) {
        self.sliceBytes = sliceBytes
        streams.reserveCapacity(Engine.batchStreams)
        open.reserveCapacity(Engine.batchStreams)
        ready = Array(repeating: 0, count: Engine.batchStreams)
    }

    /// Takes a slice of each stream, all of them about `turn` of work, and works them off: rounds of up to 256 steps,
    /// until no stream has one ready.
    mutating func work(for turn: Duration) {
        // A slice of each: the more streams, the smaller.
        let (bytes, share) = (max(1024, sliceBytes / streams.count), turn / streams.count)
        for stream in streams { stream.beginSlice(limit: bytes, work: share) }
        guard let model = streams[0].model else {
            for stream in streams { _ = stream.measure { stream.prepare(nil, limit: 0) } }
            return
        }
        let batch =
            batch.flatMap { $0.model === model ? $0 : nil }
            ?? StepBatch(model, rows: Self.rows, streams: Engine.batchStreams)
        self.batch = batch
        open.append(contentsOf: streams.indices)
        while !open.isEmpty {
            let room = Self.rows / open.count
            for (slot, index) in open.enumerated() {
                let stream = streams[index]
                ready[index] = stream.measure { stream.prepare(batch.steps(slot * room), limit: room) }
            }
            run(batch, room: room)
            open.removeAll { ready[$0] == 0 }
        }
    }

    /// The longest first, as a batch wants it.
    private func run(_ batch: StepBatch, room: Int) {
        batch.begin()
        var count = room
        while count > 0 {
            var next = 0
            for (slot, index) in open.enumerated() {
                if ready[index] == count {
                    streams[index].add(row: slot * room, count: count, to: batch)
                } else if ready[index] < count {
                    next = max(next, ready[index])
                }
            }
            count = next
        }
        let began = ContinuousClock.now
        batch.run()
        let perStep = (ContinuousClock.now - began) / max(1, open.reduce(0) { $0 + ready[$1] })
        for (slot, index) in open.enumerated() where ready[index] > 0 {
            let (stream, count) = (streams[index], ready[index])
            stream.measure { stream.decode(row: slot * room, count: count, of: batch) }
            stream.add(steps: count, for: perStep * count)
        }
    }
}

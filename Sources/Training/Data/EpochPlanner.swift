// Draws what an epoch consists of: which clips, which piece of each, which are joined, how fast, with how much silence.

import Decoding
import Features

/// All that the plan of an epoch depends on.
struct EpochPlanner: Sendable {
    let clips: [Clip]
    /// Samples of each clip's sound.
    let counts: [Int]
    /// Which source each clip is of.
    let sourceOf: [Int]
    let sources: [SourceOptions]
    let augmentation: AugmentationOptions
    let batches: BatchOptions
    let tempo: TempoChange
    let seed: UInt64

    private var rate: Double { Double(tempo.features.frontEnd.sampleRate) }

    /// The batches of an epoch.
    func plan(epoch: Int) -> EpochPlan {
        var random = RandomSource(seed: seed, stream: "plan", epoch)
        var order = instances(epoch: epoch)
        random.shuffle(&order)
        let all = join(order.map { piece(of: $0, &random) }, &random)
        let examples = all.filter { $0.steps > 0 }
        let dealt = batches.deal(examples, epoch: epoch, &random)
        return EpochPlan(epoch: epoch, batches: dealt, skipped: all.count - examples.count)
    }

    /// Each clip as often as it comes in this epoch. Of a fraction of a source, each epoch takes the next in turn.
    private func instances(epoch: Int) -> [Int] {
        var instances: [Int] = []
        for (source, options) in sources.enumerated() {
            var members = clips.indices.filter { sourceOf[$0] == source }
            for _ in 0..<Int(options.repeats) { instances += members }
            let fraction = options.repeats - options.repeats.rounded(.down)
            let count = Int((fraction * Double(members.count)).rounded())
            guard count > 0 else { continue }
            var random = RandomSource(seed: seed, stream: "repeats", source)
            random.shuffle(&members)
            instances += (0..<count).map { members[(epoch * count + $0) % members.count] }
        }
        return instances
    }

    /// A whole clip, or a piece of it.
    private func piece(of index: Int, _ random: inout RandomSource) -> ClipPiece {
        let clip = clips[index], options = sources[sourceOf[index]], count = counts[index]
        var samples = 0..<count
        var words: Range<Int>?
        if let range = options.cutWords, let timed = clip.words, !timed.isEmpty {
            let length = random.uniform(in: range.lowerBound..<(range.upperBound + 1))
            let first = random.uniform(in: 0..<(max(timed.count - length, 0) + 1))
            words = first..<min(first + length, timed.count)
        } else if let crop = options.crop {
            let seconds = random.uniform(in: crop), length = Int(seconds * rate)
            let place = random.uniform()
            if length < count, let timed = clip.words, !timed.isEmpty, !clip.text.isEmpty {
                words = run(of: timed, seconds: seconds, place: place, total: Double(count) / rate)
            } else if length < count {
                let start = Int(place * Double(count - length + 1))
                samples = start..<(start + length)
            }
        }
        if let cut = words, let timed = clip.words {
            samples = bounds(of: cut, in: timed, count: count)
            if cut.count == timed.count { words = nil }
        }
        let speed = options.augment ? augmentation.speed?.draw(&random) ?? 1 : 1
        return ClipPiece(clip: index, samples: samples, words: words, speed: speed, gap: 0)
    }

    /// As many words as fit into `seconds`, at least one, from the word at `place` (0 to 1) on.
    private func run(of words: [TimedWord], seconds: Double, place: Double, total: Double) -> Range<Int> {
        let first = min(Int(place * Double(words.count)), words.count - 1)
        var end = first + 1
        while end < words.count, words[end].end - words[first].start <= seconds { end += 1 }
        return first..<end
    }

    /// The samples of a run of words: up to the middle of the pauses on either side, 0.3 s at the most.
    private func bounds(of run: Range<Int>, in words: [TimedWord], count: Int) -> Range<Int> {
        let first = words[run.lowerBound], last = words[run.upperBound - 1]
        let before = run.lowerBound == 0 ? 0 : (words[run.lowerBound - 1].end + first.start) / 2
        let after = run.upperBound == words.count ? .infinity : (last.end + words[run.upperBound].start) / 2
        let start = max(0, Int(max(before, first.start - 0.3) * rate))
        let end = min(count, Int(min(after, last.end + 0.3) * rate))
        // An alignment may reach beyond its sound by a frame.
        return min(start, count - 1)..<max(end, min(start, count - 1) + 1)
    }

    /// Joins some neighbours of the shuffled order to longer examples, and adds padding and a tempo.
    private func join(_ pieces: [ClipPiece], _ random: inout RandomSource) -> [PlannedExample] {
        var examples: [PlannedExample] = []
        var isTaken = [Bool](repeating: false, count: pieces.count)
        for start in pieces.indices where !isTaken[start] {
            var members = [start]
            if let join = augmentation.join, mayJoin(pieces[start]), random.chance(join.probability) {
                members += partners(of: start, pieces, isTaken, join, &random)
            }
            for member in members { isTaken[member] = true }
            examples.append(example(members.map { pieces[$0] }, number: examples.count, &random))
        }
        return examples
    }

    private func mayJoin(_ piece: ClipPiece) -> Bool {
        let options = sources[sourceOf[piece.clip]]
        return options.joins && options.augment
    }

    /// The next pieces after `start` that may be joined to it, as many as are drawn and as fit.
    private func partners(
        of start: Int, _ pieces: [ClipPiece], _ isTaken: [Bool], _ join: AugmentationOptions.Join,
        _ random: inout RandomSource
    ) -> [Int] {
        let wanted = random.uniform(in: join.clips.lowerBound..<(join.clips.upperBound + 1)) - 1
        let room = join.maximumSeconds * rate, gap = join.gap.upperBound * rate
        var total = Double(pieces[start].count)
        var partners: [Int] = []
        for next in (start + 1)..<max(start + 1, min(start + 64, pieces.count)) where partners.count < wanted {
            let length = Double(pieces[next].count) + gap
            guard !isTaken[next], mayJoin(pieces[next]), total + length <= room else { continue }
            partners.append(next)
            total += length
        }
        return partners
    }

    private func example(_ pieces: [ClipPiece], number: Int, _ random: inout RandomSource) -> PlannedExample {
        let isAugmented = sources[sourceOf[pieces[0].clip]].augment
        func silence(_ range: ClosedRange<Double>?) -> Int {
            guard isAugmented, let range else { return 0 }
            return Int(random.uniform(in: range) * rate)
        }
        let placed = pieces.enumerated().map { index, piece in
            ClipPiece(
                clip: piece.clip, samples: piece.samples, words: piece.words, speed: piece.speed,
                gap: silence(index == 0 ? augmentation.padding?.before : augmentation.join?.gap))
        }
        let after = silence(augmentation.padding?.after)
        let count = placed.reduce(after) { $0 + $1.gap + $1.count }
        let hop = isAugmented ? tempo.draw(&random) : tempo.features.frontEnd.hopSamples
        return PlannedExample(
            number: number, pieces: placed, after: after, hop: hop,
            steps: tempo.plan(hop: hop).stepCount(samples: count))
    }
}

import Features
import Foundation
import Recurrent
import Testing

import Training

@Suite struct DatasetTests {
    private static let everything = """
        {"speed": [0.9, 1.1], "tempo": [0.8, 1.5], "gain_db": [-6, 3], "tilt_db": [-3, 3], "floor_db": [-80, -60], "shift": 0.02, "masks": {},
         "telephone": 0.2, "clipping_db": {"range": [0, 6], "probability": 0.3},
         "padding": {"before": [0, 0.2], "after": [0, 0.2]}, "join": {"probability": 0.5, "maximum_seconds": 3},
         "room": {"probability": 0.5, "rt60": [0.1, 0.2]}, "babble": {"probability": 0.3},
         "noise": {"probability": 0.7, "sources": [{"path": "all.jsonl", "limit": 3}]}}
        """

    static func plan(_ change: (inout FrontEnd) -> Void = { _ in }) throws -> FeaturePlan {
        var frontEnd = FrontEnd()
        frontEnd.mel.bands = 10
        frontEnd.stack = 3
        change(&frontEnd)
        return try FeaturePlan(frontEnd)
    }

    /// Targets are the numbers of the words `W<i>` or `W<i>X<j>`.
    static let numbers = TargetMaker.tokens { transcript in
        try transcript.text.split(separator: " ").map { word in
            guard word.hasPrefix("W") else { throw DataError.badTarget(clip: transcript.name, reason: "\(word)") }
            return word.dropFirst().split(separator: "X").reduce(0) { $0 * 100 + (Int($1) ?? -1) }
        }
    }

    static func dataset(
        _ folder: DataFolder, _ sources: String = #"["all.jsonl"]"#, augmentation: String = "{}",
        batches: String = #"{"rows": 100, "sequences": 4, "pool": 3}"#, targets: TargetMaker = numbers,
        cache: String? = nil, seed: UInt64 = 1, plan: FeaturePlan? = nil
    ) throws -> Dataset {
        func read<Value: Decodable>(_ json: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        }
        return try Dataset(
            sources: read(sources), folder: folder.path, augmentation: read(augmentation), batches: read(batches),
            features: plan ?? Self.plan(), targets: targets,
            store: SoundStore(StoreOptions(cache: cache), rate: 16_000),
            seed: seed)
    }

    static func all(_ dataset: Dataset, epoch: Int) throws -> [Batch] {
        let plan = dataset.epoch(epoch)
        return try (0..<plan.count).map { try dataset.prepare(plan, batch: $0) }
    }

    @Test func anEpochHasEachClipOnceInBatchesWithinLimits() throws {
        let folder = try DataFolder()
        try folder.writeClips(41)
        let dataset = try Self.dataset(folder)
        for epoch in 0..<3 {
            let plan = dataset.epoch(epoch)
            #expect(plan == dataset.epoch(epoch))
            #expect(plan.batches.joined().flatMap { $0.pieces.map(\.clip) }.sorted() == Array(0..<41))
            #expect(plan.skipped == 0 && plan.examples == 41)
            for batch in plan.batches {
                #expect(batch.count <= 4 && batch.reduce(0) { $0 + $1.steps } <= 100)
                #expect(zip(batch, batch.dropFirst()).allSatisfy { $0.steps >= $1.steps })
            }
        }
        #expect(dataset.epoch(0).batches != dataset.epoch(1).batches)
        #expect(try dataset.epoch(0).batches != Self.dataset(folder, seed: 2).epoch(0).batches)
        // Pools bring like lengths together.
        func spread(_ dataset: Dataset) -> Int {
            dataset.epoch(0).batches.reduce(0) { $0 + $1[0].steps - $1[$1.count - 1].steps }
        }
        let byChance = try Self.dataset(folder, batches: #"{"rows": 100, "sequences": 4, "pool": 1}"#)
        #expect(spread(dataset) < spread(byChance))
        let sorted = try Self.dataset(folder, batches: #"{"sequences": 4, "sorted_first_epoch": true}"#)
        let lengths = sorted.epoch(0).batches.map { $0[0].steps }
        #expect(lengths == lengths.sorted() && sorted.epoch(1).batches.map { $0[0].steps } != lengths)
    }

    @Test func rowsAreWhereTheLayoutSays() throws {
        let folder = try DataFolder()
        try folder.writeClips(9)
        let dataset = try Self.dataset(folder)
        let store = SoundStore(StoreOptions(), rate: 16_000)
        for batch in try Self.all(dataset, epoch: 0) {
            #expect(batch.x.count == batch.layout.rows * 30 && batch.targets.count == batch.layout.sequences)
            for sequence in 0..<batch.layout.sequences {
                let sound = try store.load([batch.names[sequence]])[0]
                let rows = dataset.features.rows(of: try store.samples(sound, 0..<sound.count))
                #expect(rows.count == batch.layout.lengths[sequence] * 30)
                for step in 0..<batch.layout.lengths[sequence] {
                    let row = batch.layout.row(step: step, sequence: sequence)
                    #expect(batch.x[(row * 30)..<(row * 30 + 30)] == rows[(step * 30)..<(step * 30 + 30)])
                }
                #expect(batch.names[sequence].hasSuffix("c\(batch.targets[sequence][0]).wav"))
            }
        }
    }

    @Test func stepCountsAreThoseOfTheFrontEnd() throws {
        for change: (inout FrontEnd) -> Void in [
            { _ in }, { $0.tail = .pad }, { $0.stackTail = .repeat }, { ($0.tail, $0.stackTail) = (.pad, .repeat) },
            { $0.stackHop = 2 }, { ($0.stackHop, $0.stackTail) = (1, .repeat) }, { $0.deltas.order = 2 },
            { ($0.windowPlacement, $0.frameSpan, $0.tail) = (.centre, .fft, .pad) },
            { $0.trailSamples = 3000 }, { ($0.trailSamples, $0.tail, $0.stackTail) = (777, .pad, .repeat) },
        ] {
            let plan = try Self.plan(change)
            for count in [0, 1, 100, 399, 400, 559, 560, 719, 720, 1000, 1039, 1040, 1999, 2000, 2001, 4321] {
                let samples = [Float](repeating: 0.1, count: count)
                var extractor = FeatureExtractor(plan), steps = 0
                var step = [Float](repeating: 0, count: plan.stepFeatures), taken = 0
                func drain(_ extractor: inout FeatureExtractor) {
                    while step.withUnsafeMutableBufferPointer({ extractor.next(into: $0) }) { steps += 1 }
                }
                while taken < count {
                    taken += samples[taken...].withUnsafeBufferPointer { extractor.append($0) }
                    drain(&extractor)
                }
                extractor.finish()
                drain(&extractor)
                #expect(plan.stepCount(samples: count) == steps, "\(count) samples, \(plan.frontEnd)")
            }
        }
    }

    @Test func aSeedGivesTheSameBitsWhateverTheThreads() throws {
        let folder = try DataFolder()
        try folder.writeClips(20)
        func batches(seed: UInt64, threads: Int, epoch: Int = 3, from: Int = 0) throws -> [Batch] {
            let dataset = try Self.dataset(folder, augmentation: Self.everything, seed: seed)
            let queue = dataset.batches(epoch: epoch, from: from, threads: threads)
            var batches: [Batch] = []
            while let batch = try queue.next() { batches.append(batch) }
            return batches
        }
        func isSame(_ a: [Batch], _ b: [Batch]) -> Bool {
            a.count == b.count
                && zip(a, b).allSatisfy { $0.x == $1.x && $0.targets == $1.targets && $0.layout == $1.layout }
        }
        let one = try batches(seed: 1, threads: 1)
        #expect(one.count > 3 && one.allSatisfy { $0.x.allSatisfy(\.isFinite) })
        #expect(isSame(try batches(seed: 1, threads: 2), one))
        #expect(isSame(try batches(seed: 1, threads: 3, from: 2), Array(one[2...])), "resumed at a batch")
        #expect(!isSame(try batches(seed: 2, threads: 1), one))
        #expect(!isSame(try batches(seed: 1, threads: 1, epoch: 4), one))
        #expect(try batches(seed: 1, threads: 2, from: 1000).isEmpty)
    }

    @Test func examplesHaveThePlannedLengthAndWordsMoveWithTheSound() throws {
        let folder = try DataFolder()
        // Words are loud, the rest is silent: so the sound tells where they are.
        let quiet = [Float](repeating: 0, count: 3200), loud = [Float](repeating: 0.5, count: 4800)
        try folder.write(quiet + loud + quiet + loud + quiet, to: "a.wav")
        try folder.write(#"{"audio_filepath":"a.wav","text":"W1 W2"}"#, to: "all.jsonl")
        try folder.write(
            #"{"audio_filepath":"a.wav","words":[["W1",0.2,0.5],["W2",0.7,1.0]]}"#, to: "all.align.jsonl")
        let dataset = try Self.dataset(
            folder, #"[{"path": "all.jsonl", "repeats": 40, "cut_words": [1, 2]}]"#,
            augmentation: """
                {"speed": [0.9, 1.1], "padding": {"before": [0, 0.3], "after": [0, 0.3]}, "shift": 0.05, "gain_db": [-3, 3],
                 "join": {"probability": 0.5, "maximum_seconds": 5}}
                """)
        let plan = dataset.epoch(0)
        var seen: Set<String> = []
        for example in plan.batches.joined() {
            let (samples, transcript) = try dataset.render(example, epoch: 0)
            #expect(samples.count == example.count)
            #expect(dataset.features.stepCount(samples: samples.count) == example.steps)
            let words = try #require(transcript.words)
            #expect(words.map(\.word).joined(separator: " ") == transcript.text)
            seen.insert(transcript.text)
            for (n, sample) in samples.enumerated() where n % 7 == 0 {
                let time = Double(n) / 16_000
                // Resampling smears edges over 16 samples; where speech begins, words are there to 2 ms.
                if words.contains(where: { abs(time - $0.start) < 0.002 || abs(time - $0.end) < 0.002 }) { continue }
                let isSpoken = words.contains { $0.start <= time && time < $0.end }
                #expect((abs(sample) > 0.2) == isSpoken, "sample \(n) of \(transcript.text)")
            }
        }
        #expect(seen.isSuperset(of: ["W1", "W2", "W1 W2"]) && seen.contains { $0.split(separator: " ").count > 2 })
    }

    @Test func sourcesSayWhatBecomesOfTheirClips() throws {
        let folder = try DataFolder()
        try folder.writeClips(12, words: 4)
        func targets(_ source: String, epoch: Int = 0) throws -> [[Int]] {
            try Self.all(Self.dataset(folder, "[\(source)]"), epoch: epoch).flatMap(\.targets)
        }
        #expect(try targets(#"{"path": "all.jsonl", "text": "none"}"#) == Array(repeating: [], count: 12))
        let kept = try targets(#"{"path": "all.jsonl", "keep_words": ["w3x1", "W3X2", "W5X0"]}"#)
        #expect(Set(kept) == [[], [301, 302], [500]])
        let cut = try targets(#"{"path": "all.jsonl", "cut_words": [1, 3]}"#)
        #expect(Set(cut.map(\.count)) == [1, 2, 3])
        #expect(cut.allSatisfy { zip($0, $0.dropFirst()).allSatisfy { $1 == $0 + 1 } }, "words in a row")
        #expect(try targets(#"{"path": "all.jsonl", "cut_words": [1, 3]}"#, epoch: 1) != cut)
        #expect(try targets(#"{"path": "all.jsonl", "crop": 0.5}"#).allSatisfy { (1...2).contains($0.count) })
        #expect(try targets(#"{"path": "all.jsonl", "repeats": 2}"#).count == 24)
        // A third of the clips in each epoch, all of them in three.
        let third = #"{"path": "all.jsonl", "repeats": 0.3333}"#
        let turns = try (0..<3).map { try targets(third, epoch: $0).map { $0[0] / 100 } }
        #expect(turns.map(\.count) == [4, 4, 4] && Set(turns.joined()) == Set(0..<12))
        let joined = try Self.dataset(
            folder, #"["all.jsonl", {"path": "all.jsonl", "joins": false, "text": "none"}]"#,
            augmentation: #"{"join": {"probability": 1, "clips": 2}}"#)
        let lengths = try Self.all(joined, epoch: 0).flatMap(\.targets).map(\.count)
        #expect(lengths.filter { $0 == 8 }.count == 6 && lengths.filter { $0 == 0 }.count == 12)
    }

    @Test func noiseStandsAsFarBelowTheSoundAsAskedFor() throws {
        let folder = try DataFolder()
        try folder.writeClips(8)
        func render(_ noise: String) throws -> [(samples: [Float], spoken: Range<Int>)] {
            let dataset = try Self.dataset(
                folder, augmentation: #"{"padding": {"before": [0.1, 0.4], "after": 0.2}\#(noise)}"#)
            return try dataset.epoch(0).batches.joined().sorted { $0.number < $1.number }.map { example in
                let piece = example.pieces[0]
                return (try dataset.render(example, epoch: 0).0, piece.gap..<(piece.gap + piece.count))
            }
        }
        let noise = #"{"probability": 1, "snr_db": 7, "sources": [{"path": "all.jsonl", "limit": 2}]}"#
        let babble = #"{"probability": 1, "snr_db": 7, "voices": [2, 3]}"#
        let plain = try render("")
        for mixed in [try render(", \"noise\": \(noise)"), try render(", \"babble\": \(babble)")] {
            for (clean, noisy) in zip(plain, mixed) {
                let added = zip(noisy.samples, clean.samples).map { $0 - $1 }
                let ratio = Mixing.power(clean.samples[clean.spoken]) / Mixing.power(added)
                #expect(abs(10 * log10(ratio) - 7) < 0.05)
                #expect(clean.samples[..<clean.spoken.lowerBound].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func aSourceMayBeSparedAllAugmentation() throws {
        let folder = try DataFolder()
        try folder.writeClips(6)
        let spared = #"[{"path": "all.jsonl", "augment": false}]"#
        let plain = try Self.all(Self.dataset(folder), epoch: 0).flatMap { zip($0.names, $0.layout.lengths) }
        let dataset = try Self.dataset(folder, spared, augmentation: Self.everything)
        let batches = try Self.all(dataset, epoch: 0)
        let found = batches.flatMap { zip($0.names, $0.layout.lengths) }
        #expect(Dictionary(uniqueKeysWithValues: found) == Dictionary(uniqueKeysWithValues: plain))
        #expect(batches.allSatisfy { batch in batch.targets.allSatisfy { $0.count == 1 } })
    }

    @Test func theDigestSaysWhatWasTrainedOn() throws {
        let folder = try DataFolder()
        try folder.writeClips(4)
        let digest = try Self.dataset(folder).digest
        let elsewhere = try DataFolder()
        try elsewhere.writeClips(4)
        #expect(try Self.dataset(elsewhere).digest == digest)
        #expect(try Self.dataset(folder, #"[{"path": "all.jsonl", "text": "none"}]"#).digest != digest)
        #expect(try Self.dataset(folder, #"[{"path": "all.jsonl", "maximum_seconds": 0.7}]"#).digest != digest)
    }

    @Test func cropsOfNoiseAreOfTheirLength() throws {
        let folder = try DataFolder()
        try folder.writeClips(5)
        let dataset = try Self.dataset(folder, #"[{"path": "all.jsonl", "speech": false, "crop": [0.2, 0.3]}]"#)
        let examples = dataset.epoch(0).batches.joined()
        #expect(examples.allSatisfy { (3200...4800).contains($0.count) })
        #expect(Set(examples.map { $0.pieces[0].samples.lowerBound }).count > 3)
    }

    @Test func featuresComeFromTheCacheWhenTheSoundIsUnchanged() throws {
        let folder = try DataFolder()
        try folder.writeClips(6)
        let cache = folder.path + "/cache"
        func bits() throws -> [[Float]] { try Self.all(Self.dataset(folder, cache: cache), epoch: 0).map(\.x) }
        func files() -> Int {
            (FileManager.default.enumerator(atPath: cache)?.allObjects as? [String] ?? []).filter { $0.count > 60 }
                .count
        }
        let plain = try Self.all(Self.dataset(folder), epoch: 0).map(\.x)
        #expect(try bits() == plain && files() == 12)
        #expect(try bits() == plain && files() == 12)
        // Another front end has other features under other names.
        let other = try Self.plan { $0.mel.lowHz = 100 }
        #expect(try Self.all(Self.dataset(folder, cache: cache, plan: other), epoch: 0).map(\.x) != plain)
        #expect(files() == 18)
        _ = try Self.all(Self.dataset(folder, augmentation: #"{"speed": [0.9, 1.1]}"#, cache: cache), epoch: 0)
        #expect(files() == 18, "varied sound is not cached")
    }

    @Test func statisticsAreThoseOfTheFrames() throws {
        let folder = try DataFolder()
        try folder.writeClips(8)
        let dataset = try Self.dataset(folder)
        let found = try dataset.statistics()
        let normal = try dataset.with(features: try FeaturePlan(dataset.features.frontEnd, normalisation: found))
        let x = try Self.all(normal, epoch: 0).flatMap(\.x)
        for feature in 0..<10 {
            let values = stride(from: feature, to: x.count, by: 10).map { Double(x[$0]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            // Whole steps leave out up to two frames of each clip.
            #expect(abs(mean) < 0.1 && abs(variance - 1) < 0.15, "\(feature): \(mean), \(variance)")
        }
        #expect(try dataset.statistics() == found)
    }

    @Test func framesAreLabelledByTheirMiddles() throws {
        let words = [
            TimedWord(word: "A", start: 0.2, end: 0.4), TimedWord(word: "B", start: 0.4, end: 0.5),
            TimedWord(word: "C", start: 0.8, end: 0.9),
        ]
        guard case .frames(let labels) = TargetMaker.speech(edge: 0.05) else { return #expect(Bool(false)) }
        let centres = stride(from: 0.0, to: 1.0, by: 0.1).map { $0 + 0.01 }
        let transcript = Transcript(text: "", words: words, phones: nil, name: "x")
        #expect(try labels(transcript, centres) == [0, 0, -1, 1, 1, -1, 0, 0, -1, -1])
        guard case .frames(let late) = TargetMaker.speech(edge: 0.05).delayed(by: 2) else {
            return #expect(Bool(false))
        }
        #expect(try late(transcript, centres) == [-1, -1, 0, 0, -1, 1, 1, -1, 0, 0])
        var unknown = transcript
        unknown.words = nil
        #expect(throws: DataError.self) { try labels(unknown, centres) }

        let folder = try DataFolder()
        try folder.writeClips(5)
        let dataset = try Self.dataset(folder, targets: .speech(edge: 0))
        for batch in try Self.all(dataset, epoch: 0) {
            let rows = batch.rowTargets
            for (sequence, target) in batch.targets.enumerated() {
                #expect(target.contains(1) && target.contains(0))
                for (step, label) in target.enumerated() {
                    #expect(rows[batch.layout.row(step: step, sequence: sequence)] == label)
                    // Steps of 30 ms over 45 ms; the word is at 0.1 to 0.3 s.
                    let middle = 0.03 * Double(step) + 0.0225
                    #expect(label == (middle >= 0.1 && middle < 0.3 ? 1 : 0))
                }
            }
        }
    }

    @Test func mistakesAreSaid() throws {
        let folder = try DataFolder()
        try folder.writeClips(3)
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return "nothing was thrown"
        }
        #expect(message { _ = try Self.dataset(folder, "[]") }.contains("no sources"))
        #expect(
            message { _ = try Self.dataset(folder, #"[{"path": "all.jsonl", "minimum_seconds": 9}]"#) }
                .contains("minimum_seconds"))
        try folder.write(#"{"audio_filepath":"c0.wav","text":"W1"}"#, to: "bare.jsonl")
        #expect(
            message { _ = try Self.dataset(folder, #"[{"path": "bare.jsonl", "cut_words": 1}]"#) }
                .contains("with_words: true"))
        let bad = try Self.dataset(folder, targets: .tokens { _ in throw CancellationError() })
        #expect(message { _ = try Self.all(bad, epoch: 0) }.contains("has no target"))
        let queue = bad.batches(epoch: 0, threads: 2)
        #expect(throws: DataError.self) { try queue.next() }
        #expect(try queue.next() == nil)
        let short = try Self.dataset(folder, targets: .frames { _, _ in [1] })
        #expect(message { _ = try Self.all(short, epoch: 0) }.contains("1 labels for"))
    }

    @Test func soundsTooShortForAStepAreLeftOut() throws {
        let folder = try DataFolder()
        try folder.writeClips(3)
        try folder.write([0.5, 0.5], to: "c1.wav")
        let plan = try Self.dataset(folder).epoch(0)
        #expect(plan.skipped == 1 && plan.examples == 2)
    }

    @Test func aQueueThatIsDroppedStops() throws {
        let folder = try DataFolder()
        try folder.writeClips(12)
        weak var gone: Dataset?
        do {
            let dataset = try Self.dataset(folder, batches: #"{"sequences": 1}"#)
            gone = dataset
            let queue = dataset.batches(epoch: 0, threads: 2)
            _ = try queue.next()
        }
        // The threads hold the data set until they have seen that nobody waits.
        var patience = 5000
        while gone != nil, patience > 0 {
            usleep(1000)
            patience -= 1
        }
        #expect(gone == nil)
    }
}

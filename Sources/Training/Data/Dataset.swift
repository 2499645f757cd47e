// Everything that a trainer needs of its data: clips of some sources, varied from epoch to epoch, dealt to batches.
// All of it is a function of the sources, the options and (seed, epoch, batch): never of threads or of time.

import Decoding
import Features
import Foundation
import Recurrent

/// A set of clips to train on, or to judge by.
package final class Dataset: TrainingData {
    /// All clips, source by source.
    package let clips: [Clip]
    /// The front end and, if it has one, its normalisation.
    package let features: FeaturePlan
    /// SHA-256 of names, lengths, texts and speakers of all clips: what a model was trained on.
    package let digest: String
    private let renderer: ExampleRenderer
    let targets: TargetMaker
    private let auxiliary: TargetMaker?
    /// SHA-256 of the front end and its normalisation: under this, features are cached.
    private let featureKey: String

    /// Reads the sources, whose paths start at `folder`, and decodes their sounds. `progress` is called from any
    /// thread.
    /// - Throws: `DataError`.
    package init(
        sources: [SourceOptions], folder: String, augmentation: AugmentationOptions?, batches: BatchOptions,
        features: FeaturePlan, targets: TargetMaker, auxiliary: TargetMaker? = nil, store: SoundStore, seed: UInt64,
        progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil
    ) throws(DataError) {
        precondition(store.rate == features.frontEnd.sampleRate, "the store's rate is the front end's")
        self.features = features
        self.targets = targets
        self.auxiliary = auxiliary
        let augmentation = augmentation ?? AugmentationOptions()
        let (read, clips, sourceOf) = try Self.read(sources, folder, store, progress)
        self.clips = clips
        if case .tokens = targets, let clip = clips.first(where: { !$0.isTranscribed }) {
            throw .badTarget(
                clip: clip.name,
                reason:
                    "its manifest has no text and no label for it; write it there, or give the source text: none if "
                    + "nothing is to be recognised")
        }
        digest = Self.digest(of: clips, read, folder: folder)
        featureKey = Self.key(of: features)
        let noises = try Self.sounds(augmentation.noise?.sources ?? [], folder, store, progress)
        let voices = try Self.sounds(augmentation.babble?.sources ?? [], folder, store, progress)
        let speaking = clips.indices.filter { sources[sourceOf[$0]].speech }.map { read[$0] }
        renderer = ExampleRenderer(
            EpochPlanner(
                clips: clips, counts: read.map(\.count), sourceOf: sourceOf, sources: sources,
                augmentation: augmentation, batches: batches, tempo: try TempoChange(features, augmentation.tempo),
                seed: seed),
            sounds: read, noises: noises, voices: voices.isEmpty ? speaking : voices, store: store)
    }

    /// Seconds of sound in all clips.
    package var seconds: Double { clips.reduce(0) { $0 + ($1.seconds ?? 0) } }

    /// What an epoch consists of.
    package func epoch(_ epoch: Int) -> EpochPlan { renderer.planner.plan(epoch: epoch) }

    /// The same data under another front end or normalisation, at the same rate.
    package func with(features: FeaturePlan) throws(DataError) -> Dataset { try Dataset(self, features) }

    private init(_ other: Dataset, _ features: FeaturePlan) throws(DataError) {
        let old = other.renderer.planner
        clips = other.clips
        digest = other.digest
        targets = other.targets
        auxiliary = other.auxiliary
        self.features = features
        featureKey = Self.key(of: features)
        renderer = ExampleRenderer(
            EpochPlanner(
                clips: old.clips, counts: old.counts, sourceOf: old.sourceOf, sources: old.sources,
                augmentation: old.augmentation, batches: old.batches,
                tempo: try TempoChange(features, old.augmentation.tempo), seed: old.seed),
            sounds: other.renderer.sounds, noises: other.renderer.noises, voices: other.renderer.voices,
            store: other.renderer.store)
    }

    /// Makes a batch of a plan of this data set. May be called from several threads.
    /// - Throws: `DataError` for a text that has no target, or a sound that has changed.
    package func prepare(_ plan: EpochPlan, batch: Int) throws(DataError) -> Batch {
        let examples = plan.batches[batch]
        let layout = PackedBatch(lengths: examples.map(\.steps))
        let width = features.stepFeatures
        var x = [Float](repeating: 0, count: layout.rows * width)
        var targets: [[Int]] = [], auxiliary: [[Int]] = [], names: [String] = []
        var samples = 0
        for (sequence, example) in examples.enumerated() {
            let (rows, transcript) = try self.rows(of: example, epoch: plan.epoch)
            let features = renderer.planner.tempo.plan(hop: example.hop)
            x.withUnsafeMutableBufferPointer { x in
                rows.withUnsafeBufferPointer { rows in
                    for step in 0..<example.steps {
                        let row = layout.row(step: step, sequence: sequence)
                        (x.baseAddress! + row * width).update(from: rows.baseAddress! + step * width, count: width)
                    }
                }
            }
            targets.append(try self.targets.target(of: transcript, steps: example.steps, features))
            if let maker = self.auxiliary {
                auxiliary.append(try maker.target(of: transcript, steps: example.steps, features))
            }
            names.append(transcript.name)
            samples += example.count
        }
        return Batch(
            layout: layout, x: x, targets: targets, auxiliary: auxiliary, names: names,
            seconds: Double(samples) / Double(features.frontEnd.sampleRate))
    }

    package func batchCount(epoch: Int) -> Int { self.epoch(epoch).count }

    /// The batches of an epoch from one on, made ahead by `threads` threads.
    package func batches(epoch: Int, from first: Int = 0, threads: Int = 1) -> BatchQueue {
        let plan = self.epoch(epoch)
        return BatchQueue(first..<max(first, plan.count), threads: threads) { [self] batch in
            try prepare(plan, batch: batch)
        }
    }

    /// What is said in an example.
    func transcript(of example: PlannedExample) -> Transcript { renderer.transcript(of: example) }

    /// An example's sound, for listening to what augmentation does, and its transcript.
    package func render(_ example: PlannedExample, epoch: Int) throws(DataError) -> ([Float], Transcript) {
        try renderer.render(example, epoch: epoch)
    }

    /// Features of an example, [steps, stepFeatures], masked if masks are asked for, and what is said in it.
    private func rows(of example: PlannedExample, epoch: Int) throws(DataError) -> ([Float], Transcript) {
        let planner = renderer.planner
        let isAugmented = planner.sources[planner.sourceOf[example.pieces[0].clip]].augment
        let plan = planner.tempo.plan(hop: example.hop)
        var rows: [Float]
        let transcript: Transcript
        if let cache = renderer.store.cache, let key = cacheKey(of: example) {
            transcript = renderer.transcript(of: example)
            if let cached = cache.read(key, as: Float.self), cached.count == example.steps * features.stepFeatures {
                rows = cached
            } else {
                rows = plan.rows(of: try renderer.render(example, epoch: epoch).samples)
                cache.write(rows, under: key)
            }
        } else {
            let rendered = try renderer.render(example, epoch: epoch)
            rows = plan.rows(of: rendered.samples)
            transcript = rendered.transcript
        }
        if isAugmented, let masks = planner.augmentation.masks {
            var random = RandomSource(seed: planner.seed, stream: "masks", epoch, example.number)
            mask(&rows, steps: example.steps, masks, &random)
        }
        return (rows, transcript)
    }

    /// Where the features of an example are cached; nil when they are different in each epoch.
    private func cacheKey(of example: PlannedExample) -> String? {
        let planner = renderer.planner, piece = example.pieces[0]
        let source = planner.sources[planner.sourceOf[piece.clip]]
        guard !source.augment || planner.augmentation.leavesSound, example.pieces.count == 1,
            piece.samples.count == planner.counts[piece.clip]
        else { return nil }
        return SecureHash.hexSHA256("features 1 \(featureKey) \(renderer.sounds[piece.clip].key)")
    }

    private func mask(
        _ rows: inout [Float], steps: Int, _ options: AugmentationOptions.Masks, _ random: inout RandomSource
    ) {
        let frontEnd = features.frontEnd, width = frontEnd.frameFeatures
        let masks = FeatureMasks(
            options, steps: steps, stepSeconds: Double(features.stepSamples) / Double(frontEnd.sampleRate),
            features: frontEnd.staticFeatures, &random)
        // The mean: 0 after normalisation, else that of the example.
        var fill = [Float](repeating: 0, count: width)
        if features.normalisation == nil {
            for (i, value) in rows.enumerated() { fill[i % width] += value }
            for i in fill.indices { fill[i] /= Float(rows.count / width) }
        }
        rows.withUnsafeMutableBufferPointer {
            masks.apply(
                $0, stepFeatures: features.stepFeatures, frameFeatures: width, features: frontEnd.staticFeatures,
                fill: fill)
        }
    }
}

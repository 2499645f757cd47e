// How a data set comes by its clips and their sounds, what names it, and the statistics of its features.

import Dispatch
import Features
import Foundation
import Synchronization

extension Dataset {
    /// All clips of the sources with their sounds and the source of each.
    static func read(
        _ sources: [SourceOptions], _ folder: String, _ store: SoundStore,
        _ progress: (@Sendable (Int, Int) -> Void)?
    ) throws(DataError) -> (sounds: [Sound], clips: [Clip], sourceOf: [Int]) {
        if sources.isEmpty { throw .noClips(path: folder, reason: "no sources are named") }
        var all: [Clip] = [], sourceOf: [Int] = []
        for (index, source) in sources.enumerated() {
            let clips = try ClipSource.read(source, relativeTo: folder)
            // A manifest's length saves decoding what the filter leaves out anyway.
            let kept = clips.filter { $0.seconds.map(source.admits) ?? true }
            all += kept
            sourceOf += kept.map { _ in index }
        }
        var sounds = try store.load(all.map(\.path), progress: progress), kept: [Int] = []
        for index in all.indices {
            sounds[index] = try sounds[index].part(all[index], rate: store.rate)
            all[index].seconds = Double(sounds[index].count) / Double(store.rate)
            if sources[sourceOf[index]].admits(all[index].seconds ?? 0) { kept.append(index) }
        }
        for (index, source) in sources.enumerated() where !kept.contains(where: { sourceOf[$0] == index }) {
            throw .noClips(
                path: source.path, reason: "none is between minimum_seconds and maximum_seconds long; widen them")
        }
        return (kept.map { sounds[$0] }, kept.map { all[$0] }, kept.map { sourceOf[$0] })
    }

    /// The sounds of sources that are mixed into others.
    static func sounds(
        _ sources: [SourceOptions], _ folder: String, _ store: SoundStore,
        _ progress: (@Sendable (Int, Int) -> Void)?
    ) throws(DataError) -> [Sound] {
        sources.isEmpty ? [] : try read(sources, folder, store, progress).sounds
    }

    /// SHA-256 of what the clips are, whatever folder they are in.
    static func digest(of clips: [Clip], _ sounds: [Sound], folder: String) -> String {
        var text = ""
        for (clip, sound) in zip(clips, sounds) {
            let path = clip.path.hasPrefix(folder + "/") ? String(clip.path.dropFirst(folder.count + 1)) : clip.path
            let start = clip.segment.flatMap { $0.start > 0 ? "@\($0.start)" : nil } ?? ""
            text += "\(path)\(start)\t\(sound.count)\t\(clip.text)\t\(clip.speaker ?? "")\n"
        }
        return SecureHash.hexSHA256(text)
    }

    /// Names a front end and its normalisation.
    static func key(of plan: FeaturePlan) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let json = try? encoder.encode(plan.frontEnd) else {
            preconditionFailure("a front end can always be written as JSON")
        }
        let numbers = (plan.normalisation?.mean ?? []) + (plan.normalisation?.std ?? [])
        return SecureHash.hexSHA256(
            String(decoding: json, as: UTF8.self) + numbers.map { " \($0.bitPattern)" }.joined())
    }

    /// Mean and deviation of the features of a frame over about `examples` examples spread over epoch 0: as they are
    /// trained on, with all augmentation but masks. The data set's own normalisation is left out of account.
    package func statistics(examples count: Int = 1000) throws -> Normalisation {
        var frontEnd = features.frontEnd
        (frontEnd.stack, frontEnd.stackHop) = (1, 1)
        let frames = try FeaturePlan(frontEnd)
        let all = epoch(0).batches.flatMap { $0 }.sorted { $0.number < $1.number }
        let chosen = all.count <= count ? all : (0..<count).map { all[$0 * all.count / count] }
        let width = frames.stepFeatures
        let sums = Mutex([Sums?](repeating: nil, count: chosen.count))
        let failure = Mutex<DataError?>(nil)
        DispatchQueue.concurrentPerform(iterations: chosen.count) { index in
            do throws(DataError) {
                let part = Sums(frames.rows(of: try render(chosen[index], epoch: 0).0), width: width)
                sums.withLock { $0[index] = part }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        // Added up in one order, whoever was first.
        let total = sums.withLock { $0.compactMap { $0 } }.reduce(into: Sums([], width: width)) { $0.add($1) }
        return total.normalisation
    }
}

extension SourceOptions {
    /// Whether a clip of this length is wanted.
    func admits(_ seconds: Double) -> Bool { seconds >= minimumSeconds && seconds <= maximumSeconds ?? .infinity }
}

/// Sums of features and of their squares over frames.
private struct Sums: Sendable {
    var count = 0.0
    var sum: [Double]
    var squares: [Double]

    /// Of rows [count, width].
    init(_ rows: [Float], width: Int) {
        sum = [Double](repeating: 0, count: width)
        squares = sum
        count = Double(rows.count / width)
        for start in stride(from: 0, to: rows.count, by: width) {
            for i in 0..<width {
                let x = Double(rows[start + i])
                sum[i] += x
                squares[i] += x * x
            }
        }
    }

    mutating func add(_ other: Sums) {
        count += other.count
        for i in sum.indices {
            sum[i] += other.sum[i]
            squares[i] += other.squares[i]
        }
    }

    /// A feature that never changes is left at its own scale.
    var normalisation: Normalisation {
        let mean = sum.map { $0 / max(count, 1) }
        let std = zip(squares, mean).map { squares, mean -> Float in
            let variance = squares / max(count, 1) - mean * mean
            return variance > 1e-10 ? Float(variance.squareRoot()) : 1
        }
        return Normalisation(mean: mean.map { Float($0) }, std: std)
    }
}

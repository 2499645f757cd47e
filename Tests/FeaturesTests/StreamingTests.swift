// The streaming contract: the same steps to the bit for any cutting, no sample lost where the tail says so, a fresh
// start after reset, and no memory taken on the way.

import Features
import Foundation
import Testing

@Suite struct StreamingTests {
    /// Front ends that use every buffer: presets, deltas, overlapping stacks, padded and repeated tails.
    static let frontEnds: [FrontEnd] = {
        var mfcc = FrontEnd.kaldi
        mfcc.output = .mfcc(FrontEnd.MFCC())
        (mfcc.deltas.order, mfcc.tail) = (2, .pad)
        (mfcc.stack, mfcc.stackHop, mfcc.stackTail) = (5, 3, .repeat)
        var centred = FrontEnd.an4
        (centred.tail, centred.deltas.order, centred.stackTail) = (.pad, 1, .repeat)
        var tiny = small
        (tiny.tail, tiny.stack, tiny.stackHop) = (.pad, 4, 1)
        centred.trailSamples = 5000
        return [FrontEnd(), .kaldi, .librosa, .an4, .armKeyword(hop: 320), .armKeyword(hop: 640), mfcc, centred, tiny]
    }()

    @Test(arguments: frontEnds) func anyCutGivesTheSameBits(frontEnd: FrontEnd) throws {
        let samples = Array(try speech().prefix(7777))
        let bits = { (steps: [[Float]]) in steps.map { $0.map(\.bitPattern) } }
        let whole = bits(try steps(frontEnd, samples) { samples.count })
        try #require(whole.count > 2)
        for length in [1, 7, 160, 4096] { #expect(bits(try steps(frontEnd, samples) { length }) == whole) }
        for seed in 1...5 as ClosedRange<UInt64> {
            var noise = Noise(state: seed)
            let ours = try steps(frontEnd, samples) { Int.random(in: 1...1500, using: &noise) }
            #expect(bits(ours) == whole)
        }
    }

    /// The trail is silence after the end: to the bit what as many zeros would give.
    @Test func theTrailIsSilence() throws {
        var frontEnd = FrontEnd.an4
        let samples = Array(try speech().prefix(7777))
        let expected = try steps(frontEnd, samples + [Float](repeating: 0, count: 3333)) { 1000 }
        let without = try steps(frontEnd, samples) { 1000 }
        frontEnd.trailSamples = 3333
        let ours = try steps(frontEnd, samples) { 1000 }
        #expect(ours == expected && ours.count > without.count)
        #expect(try steps(frontEnd, []) { 1000 }.isEmpty)
        frontEnd.trailSamples = 160_001
        #expect(throws: FeatureError.self) { try frontEnd.validate() }
    }

    /// A frame appears with its last sample (plus the lookahead of its deltas), not a sample later.
    @Test(arguments: frontEnds) func firstStepAppearsWithItsLastSample(frontEnd: FrontEnd) throws {
        let plan = try FeaturePlan(frontEnd)
        var extractor = FeatureExtractor(plan)
        var step = [Float](repeating: 0, count: plan.stepFeatures)
        let samples = try speech()
        for second in 0..<2 {
            while extractor.producedSteps == second {
                let at = extractor.consumedSamples
                _ = samples[at..<at + 1].withUnsafeBufferPointer { extractor.append($0) }
                _ = step.withUnsafeMutableBufferPointer { extractor.next(into: $0) }
            }
            let expected = second * plan.stepSamples + plan.spanSamples + plan.lookaheadSamples
            #expect(extractor.consumedSamples == expected)
        }
    }

    /// The number of frames for every length up to some windows, dropped and padded.
    @Test(arguments: [FrontEnd.FrameSpan.window, .fft], [FrontEnd.WindowPlacement.left, .centre]) func frameCounts(
        span: FrontEnd.FrameSpan, placement: FrontEnd.WindowPlacement
    ) throws {
        var frontEnd = small
        (frontEnd.frameSpan, frontEnd.windowPlacement) = (span, placement)
        let windowStart = span == .fft && placement == .centre ? 6 : 0
        for length in 0...80 {
            let samples = Noise.samples(length)
            frontEnd.tail = .drop
            let whole = length < frontEnd.frameSamples ? 0 : 1 + (length - frontEnd.frameSamples) / 7
            #expect(try steps(frontEnd, samples).count == whole)
            frontEnd.tail = .pad
            var padded = length == 0 ? 0 : 1
            while padded > 0, (padded - 1) * 7 + windowStart + 20 < length { padded += 1 }
            #expect(try steps(frontEnd, samples).count == padded)
        }
    }

    /// A padded tail is the same as zeros after the last sample.
    @Test func padIsZeros() throws {
        var frontEnd = FrontEnd.kaldi
        let samples = Array(try speech().prefix(1111))
        frontEnd.tail = .pad
        let padded = try steps(frontEnd, samples)
        frontEnd.tail = .drop
        let whole = try steps(frontEnd, samples)
        let zeros = try steps(frontEnd, samples + [Float](repeating: 0, count: 400))
        #expect(padded.count == whole.count + 1)
        #expect(padded == Array(zeros.prefix(padded.count)))
    }

    /// An impulse anywhere in silence changes some step: with padded tails for every sample, without for all but the
    /// last.
    @Test(arguments: [(1, 1), (3, 3), (3, 2), (4, 1)]) func everySampleIsHeard(stack: Int, stackHop: Int) throws {
        var frontEnd = small
        (frontEnd.window, frontEnd.output) = (.rectangular, .logSpectrum)
        (frontEnd.stack, frontEnd.stackHop) = (stack, stackHop)
        func heard(_ length: Int, _ index: Int) throws -> Bool {
            var samples = [Float](repeating: 0, count: length)
            let silence = try steps(frontEnd, samples)
            samples[index] = 0.5
            return try steps(frontEnd, samples) != silence
        }
        (frontEnd.tail, frontEnd.stackTail) = (.pad, .repeat)
        for length in [1, 19, 20, 21, 66] {
            for index in 0..<length { #expect(try heard(length, index), "sample \(index) of \(length)") }
        }
        (frontEnd.tail, frontEnd.stackTail) = (.drop, .drop)
        #expect(try !heard(68, 67))
    }

    @Test func stackTails() throws {
        var frontEnd = small
        let frames = try steps(frontEnd, Noise.samples(20 + 6 * 7))  // 7 frames
        try #require(frames.count == 7)
        func stacked(_ tail: FrontEnd.StackTail, _ stack: Int, _ hop: Int) throws -> [[Int]] {
            (frontEnd.stack, frontEnd.stackHop, frontEnd.stackTail) = (stack, hop, tail)
            return try steps(frontEnd, Noise.samples(20 + 6 * 7)).map { step in
                stride(from: 0, to: step.count, by: 5).map { at in frames.firstIndex(of: Array(step[at..<at + 5])) ?? -1
                }
            }
        }
        #expect(try stacked(.drop, 3, 3) == [[0, 1, 2], [3, 4, 5]])
        #expect(try stacked(.repeat, 3, 3) == [[0, 1, 2], [3, 4, 5], [6, 6, 6]])
        #expect(try stacked(.drop, 4, 2) == [[0, 1, 2, 3], [2, 3, 4, 5]])
        #expect(try stacked(.repeat, 4, 2) == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 6]])
        #expect(try stacked(.repeat, 3, 2) == [[0, 1, 2], [2, 3, 4], [4, 5, 6]])
        #expect(try stacked(.repeat, 9, 9) == [[0, 1, 2, 3, 4, 5, 6, 6, 6]])
    }

    @Test(arguments: frontEnds) func resetForgetsTheUtterance(frontEnd: FrontEnd) throws {
        let plan = try FeaturePlan(frontEnd)
        var used = FeatureExtractor(plan)
        let fresh = try steps(frontEnd, speech())
        for length in [0, 1, 399, 400, 5003] {
            _ = steps(&used, plan, Noise.samples(length))
            used.reset()
            #expect(used.consumedSamples == 0 && used.producedSteps == 0)
            #expect(steps(&used, plan, try speech()) == fresh)
            used.reset()
        }
    }

    @Test func oneTransformServesManyThreads() async throws {
        let plan = try FeaturePlan(.kaldi)
        let samples = try speech()
        let alone = try steps(.kaldi, samples)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var extractor = FeatureExtractor(plan)
                    let made = try? FeaturePlan(.librosa)  // planning beside executing
                    return made != nil && steps(&extractor, plan, samples) == alone
                }
            }
            for await same in group { #expect(same) }
        }
    }

    @Test func appendTakesWhatFits() throws {
        var extractor = FeatureExtractor(try FeaturePlan(FrontEnd()))
        let samples = Noise.samples(100_000)
        let taken = samples.withUnsafeBufferPointer { extractor.append($0) }
        #expect(taken > 400 && taken < samples.count)
        #expect(samples.withUnsafeBufferPointer { extractor.append($0) } == 0)
        #expect(extractor.append(UnsafeBufferPointer(start: nil, count: 0)) == 0)
        #expect(extractor.consumedSamples == taken)
    }
}

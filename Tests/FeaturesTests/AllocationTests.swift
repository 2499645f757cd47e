// No allocation per frame: in a child process that has no memory left, a thousand frames are still computed.

import Features
import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: canStarve, "needs a release build without sanitizers")) struct AllocationTests {
    @Test func aThousandFramesTakeNoMemory() async {
        await #expect(processExitsWith: .exitCode(0)) {
            for frontEnd in [FrontEnd.kaldi, .an4, StreamingTests.frontEnds[6]] { _ = try FeaturePlan(frontEnd) }
            var frontEnd = FrontEnd.kaldi
            frontEnd.output = .mfcc(FrontEnd.MFCC())
            (frontEnd.deltas.order, frontEnd.tail, frontEnd.stack, frontEnd.stackTail) = (2, .pad, 3, .repeat)
            let n = frontEnd.frameFeatures
            let ones = [Float](repeating: 1, count: n)
            let plan = try FeaturePlan(frontEnd, normalisation: Normalisation(mean: ones, std: ones))
            var extractor = FeatureExtractor(plan)
            let samples = UnsafeMutableBufferPointer<Float>.allocate(capacity: 700)
            samples.initialize(repeating: 0.25)
            let step = UnsafeMutableBufferPointer<Float>.allocate(capacity: plan.stepFeatures)
            takeAllMemory()
            for _ in 0..<4 {
                for _ in 0..<80 {
                    guard extractor.append(UnsafeBufferPointer(samples)) == samples.count else { _exit(2) }
                    while extractor.next(into: step) {}
                }
                extractor.finish()
                while extractor.next(into: step) {}
                guard extractor.producedSteps * plan.frontEnd.stack >= 300 else { _exit(3) }
                extractor.reset()
            }
            _exit(0)
        }
    }

    /// The test above can fail: a small array is already too much.
    @Test func oneArrayEndsTheStarvedProcess() async {
        await #expect(processExitsWith: .failure) {
            takeAllMemory()
            let array = [Float](repeating: 1, count: Int(getpid() % 7) + 9)
            _exit(array.withUnsafeBufferPointer { $0.baseAddress == nil } ? 1 : 0)
        }
    }
}

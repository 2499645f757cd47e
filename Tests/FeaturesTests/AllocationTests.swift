// No allocation per frame, shown the hard way: in a child process that has no memory left, a thousand frames are
// still computed. Any malloc there, even one that is freed at once, ends the process.

import Features
import Glibc
import Testing

/// The blocks taken, each holding the address of the one before: a malloc whose block nobody keeps is optimised away.
nonisolated(unsafe) private var hoard: UnsafeMutableRawPointer?

/// Takes all memory that malloc can still give to this thread and forbids the process to get more.
private func takeAllMemory() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    limit.rlim_cur = 0
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    var size = 1 << 24
    while size >= 8 {
        while let block = malloc(size) {
            block.storeBytes(of: hoard, as: UnsafeMutableRawPointer?.self)
            hoard = block
        }
        size = size > 2048 ? size / 2 : size - 8
    }
}

/// Sanitizers bring their own malloc, which a limit does not starve; unoptimised Swift allocates where release does not.
private let canStarve: Bool = {
    #if DEBUG
        return false
    #else
        return dlsym(nil, "__asan_init") == nil && dlsym(nil, "__tsan_init") == nil
    #endif
}()

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

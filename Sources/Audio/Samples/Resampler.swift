// Mono samples from one rate to another through libsoxr (quality HQ: 20 bits, linear phase). libsoxr's output
// depends on how its input is cut, in the last bits; so it is always fed in blocks of 64 samples and the
// output depends on the samples alone. The length is that of the input times the ratio of the rates, rounded.

import CSoxr

/// Output samples waiting to be taken, resampled on their way in where the rates differ.
struct SampleOutput: ~Copyable {
    /// Samples per block fed to libsoxr.
    private static let blockSamples = 64
    /// The largest magnitude a sample may have: the largest that a 24-bit integer kept as a float has.
    static let largestMagnitude: Float = 0x1p24

    /// Whether a sample is a number that sound can have.
    static func isSample(_ sample: Float) -> Bool { abs(sample) <= largestMagnitude }

    private let outputRate: Int
    private var resampler: Resampler?
    private var isBypassed = true
    private var block: [Float] = []
    private var ready: [Float] = []
    private var head = 0

    /// Output at `outputRate` Hz.
    init(outputRate: Int) {
        self.outputRate = outputRate
        block.reserveCapacity(Self.blockSamples)
    }

    /// Samples that can be taken.
    var count: Int { ready.count - head }

    /// Prepares for an utterance at `inputRate` Hz; a resampler of the same rate is kept.
    mutating func begin(inputRate: Int) throws(AudioError) {
        precondition(block.isEmpty, "an utterance must be flushed before the next one begins")
        isBypassed = inputRate == outputRate
        if isBypassed { return }
        if let resampler, resampler.inputRate == inputRate {
            try resampler.clear()
        } else {
            resampler = try Resampler(inputRate: inputRate, outputRate: outputRate)
        }
    }

    /// Appends mono `samples` at the input rate. The index of the first that is no sample (not a number, infinite,
    /// or absurdly large), which is not appended and neither is what follows; nil when all are.
    mutating func push(_ samples: UnsafeBufferPointer<Float>) -> Int? {
        let bad = samples.firstIndex { !Self.isSample($0) }
        var rest = UnsafeBufferPointer(rebasing: samples[..<(bad ?? samples.count)])
        if isBypassed {
            ready.append(contentsOf: rest)
            return bad
        }
        while !rest.isEmpty {
            let count = min(rest.count, Self.blockSamples - block.count)
            block.append(contentsOf: rest[..<count])
            rest = UnsafeBufferPointer(rebasing: rest[count...])
            if block.count == Self.blockSamples { resampleBlock() }
        }
        return bad
    }

    /// Ends the utterance: what the resampler still holds comes out.
    mutating func flush() {
        if !isBypassed {
            if !block.isEmpty { resampleBlock() }
            resampler?.flush(into: &ready)
        }
        isBypassed = true
    }

    /// Moves at most `limit` samples into `samples`, whose contents are replaced.
    mutating func take(_ limit: Int, into samples: inout [Float]) {
        let end = min(ready.count, head + limit)
        samples.removeAll(keepingCapacity: true)
        samples.append(contentsOf: ready[head..<end])
        head = end
        if head == ready.count {
            ready.removeAll(keepingCapacity: true)
            head = 0
        }
    }

    private mutating func resampleBlock() {
        block.withUnsafeBufferPointer { resampler?.process($0, into: &ready) }
        block.removeAll(keepingCapacity: true)
    }
}

/// One libsoxr stream.
private final class Resampler {
    let inputRate: Int
    private let handle: soxr_t
    private var scratch = [Float](repeating: 0, count: 1024)

    init(inputRate: Int, outputRate: Int) throws(AudioError) {
        var format = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var quality = soxr_quality_spec(UInt(SOXR_20_BITQ), 0)
        var threads = soxr_runtime_spec(1)
        var fault: soxr_error_t?
        guard
            let handle = soxr_create(
                Double(inputRate), Double(outputRate), 1, &fault, &format, &quality, &threads)
        else {
            throw .system(detail: "libsoxr: \(fault.map { String(cString: $0) } ?? "no resampler")")
        }
        self.inputRate = inputRate
        self.handle = handle
    }

    deinit { soxr_delete(handle) }

    /// Readies the stream for a fresh signal.
    func clear() throws(AudioError) {
        if let fault = soxr_clear(handle) { throw .system(detail: "libsoxr: \(String(cString: fault))") }
    }

    /// Feeds `input`, whole, and appends what comes out.
    func process(_ input: UnsafeBufferPointer<Float>, into output: inout [Float]) {
        var used = 0
        while true {
            var taken = 0
            let given = run(input.baseAddress.map { $0 + used }, input.count - used, &taken, &output)
            used += taken
            if used == input.count && given < scratch.count { return }
        }
    }

    /// Tells libsoxr that the signal is over and appends the rest.
    func flush(into output: inout [Float]) {
        while run(nil, 0, nil, &output) > 0 {}
    }

    private func run(
        _ input: UnsafePointer<Float>?, _ count: Int, _ taken: UnsafeMutablePointer<Int>?, _ output: inout [Float]
    ) -> Int {
        var given = 0
        let fault = soxr_process(handle, input, count, taken, &scratch, scratch.count, &given)
        precondition(fault == nil, "libsoxr refused a block of samples")
        output.append(contentsOf: scratch[..<given])
        return given
    }
}

// The memory of one stream's stages: a fixed block of floats, owned by one value and freed with it.

import CFFTW

/// A block of `count` floats, 0 at first, aligned as FFTW and SIMD want it. Allocated in `init`, freed in `deinit`.
package struct FloatBuffer: ~Copyable, @unchecked Sendable {
    /// The first float.
    package let start: UnsafeMutablePointer<Float>
    /// Number of floats.
    package let count: Int

    /// Ends the process if there is no memory.
    package init(count: Int) {
        guard let start = fftwf_alloc_real(max(count, 1)) else { fatalError("no memory for \(count) floats") }
        start.initialize(repeating: 0, count: count)
        self.start = start
        self.count = count
    }

    deinit { fftwf_free(start) }
}

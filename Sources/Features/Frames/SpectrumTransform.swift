// X[k] = Σ_i x[i] exp(-2πj k i / n), k = 0 … n/2, and |X|² or |X|: FFTW's real transform in single precision.
// Within 1e-6 of the largest bin against a float64 transform.
// The plan is made once with FFTW_ESTIMATE: FFTW_MEASURE would choose by the clock, and other bits on another run.

import CFFTW
import Glibc
import Synchronization

/// FFTW's planner keeps global state: making and destroying plans is one thread's business at a time.
private let planner = Mutex(())

/// A transform of one size, shared by all streams: executing it changes nothing in it.
struct SpectrumTransform: ~Copyable, @unchecked Sendable {
    /// Points of the transform.
    let size: Int
    /// Bins of the spectrum, size / 2 + 1.
    let bins: Int
    private let plan: fftwf_plan

    /// Plans a transform of `size` real points, size at least 2.
    init(size: Int) {
        self.size = size
        bins = size / 2 + 1
        let real = FloatBuffer(count: size)
        let complex = FloatBuffer(count: 2 * bins)
        plan = planner.withLock { _ in
            fftwf_plan_dft_r2c_1d(
                Int32(size), real.start, Self.pairs(complex.start), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
        }
    }

    deinit {
        let plan = plan
        planner.withLock { _ in fftwf_destroy_plan(plan) }
    }

    /// samples [size], kept as they are; complex [2 * bins], (re, im) pairs. Both are `FloatBuffer`s from their start:
    /// FFTW counts on the alignment it was planned with.
    func transform(_ samples: borrowing FloatBuffer, into complex: borrowing FloatBuffer) {
        precondition(samples.count == size && complex.count == 2 * bins, "buffers of another transform's size")
        fftwf_execute_dft_r2c(plan, samples.start, Self.pairs(complex.start))
    }

    private static func pairs(_ floats: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<fftwf_complex> {
        UnsafeMutableRawPointer(floats).assumingMemoryBound(to: fftwf_complex.self)
    }
}

extension FrontEnd.Spectrum {
    /// complex [2 * bins], (re, im) pairs, to spectrum [bins].
    func apply(
        _ complex: UnsafePointer<Float>, into spectrum: UnsafeMutablePointer<Float>, bins: Int
    ) {
        for k in 0..<bins {
            let re = complex[2 * k]
            let im = complex[2 * k + 1]
            spectrum[k] = re * re + im * im
        }
        guard self == .magnitude else { return }
        for k in 0..<bins { spectrum[k] = spectrum[k].squareRoot() }
    }
}

// y[t] = Σ_i h[i] x[t - i] by overlap-add in blocks of a Fourier transform, for impulse responses of thousands of
// samples. Within 1e-5 of the largest |y| against the direct sum.
//
// Way there and back go through one and the same real transform, by way of Hartley's: with H[k] = Re X[k] - Im X[k] for
// all k < n, x = 1/n · Hartley(H) (Bracewell 1983). So no inverse has to be planned.

/// Convolution with impulse responses up to a certain length.
package final class Convolver: Sendable {
    /// Samples of the longest impulse response that can be used.
    package let longestImpulse: Int
    private let transform: SpectrumTransform

    /// Plans a transform of at least twice the longest impulse response, so that a block makes way of half its size.
    package init(longestImpulse: Int) {
        precondition(longestImpulse > 0, "an impulse response has at least one sample")
        self.longestImpulse = longestImpulse
        var size = 1024
        while size < 3 * longestImpulse { size *= 2 }
        transform = SpectrumTransform(size: size)
    }

    /// `samples` through a filter with this impulse response, as many as there were: the tail after the end is cut.
    package func convolve(_ samples: [Float], with impulse: [Float]) -> [Float] {
        precondition(impulse.count <= longestImpulse, "the impulse response is longer than was planned for")
        let size = transform.size, advance = size - impulse.count + 1
        let real = FloatBuffer(count: size), response = FloatBuffer(count: 2 * transform.bins)
        let spectrum = FloatBuffer(count: 2 * transform.bins)
        impulse.withUnsafeBufferPointer { real.start.update(from: $0.baseAddress!, count: $0.count) }
        transform.transform(real, into: response)
        var output = [Float](repeating: 0, count: samples.count)
        for start in stride(from: 0, to: samples.count, by: advance) {
            let count = min(advance, samples.count - start)
            samples.withUnsafeBufferPointer { real.start.update(from: $0.baseAddress! + start, count: count) }
            (real.start + count).update(repeating: 0, count: size - count)
            transform.transform(real, into: spectrum)
            multiply(spectrum, by: response, into: real)
            transform.transform(real, into: spectrum)
            output.withUnsafeMutableBufferPointer { output in
                add(spectrum, to: output.baseAddress! + start, count: min(size, output.count - start))
            }
        }
        return output
    }

    /// The product of two spectra as a Hartley transform, [size], divided by the size.
    private func multiply(_ a: borrowing FloatBuffer, by b: borrowing FloatBuffer, into hartley: borrowing FloatBuffer)
    {
        let size = transform.size, scale = 1 / Float(size)
        let (a, b, hartley) = (a.start, b.start, hartley.start)
        for k in 0..<transform.bins {
            let re = a[2 * k] * b[2 * k] - a[2 * k + 1] * b[2 * k + 1]
            let im = a[2 * k] * b[2 * k + 1] + a[2 * k + 1] * b[2 * k]
            hartley[k] = (re - im) * scale
            // The other half of a real signal's spectrum is the conjugate; bins 0 and size / 2 have none.
            if k > 0, 2 * k < size { hartley[size - k] = (re + im) * scale }
        }
    }

    /// Adds the first `count` samples of the inverse transform, read off from the Hartley transform's transform.
    private func add(_ spectrum: borrowing FloatBuffer, to output: UnsafeMutablePointer<Float>, count: Int) {
        let size = transform.size, values = spectrum.start
        for t in 0..<min(count, transform.bins) { output[t] += values[2 * t] - values[2 * t + 1] }
        guard count > transform.bins else { return }
        for t in transform.bins..<count { output[t] += values[2 * (size - t)] + values[2 * (size - t) + 1] }
    }
}

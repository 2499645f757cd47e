// Triangles on the mel axis: edges e[0 … bands+1] evenly spaced in mel from lowHz to highHz, band b rising from e[b] to
// e[b+1] and falling to e[b+2]. Slaney's norm scales band b by 2 / (Hz(e[b+2]) - Hz(e[b])).
// HTK scale (Kaldi, librosa htk=True) m = 1127 ln(1 + f/700); Slaney scale (librosa) m = 3f/200 up to 1 kHz, then
// 15 + 27 ln(f/1000) / ln 6.4. `shared` is TensorFlow's mfcc_mel_filterbank.cc, in which a bin gives w to one band and
// 1 - w to the next; those are the same triangles, but bins count only from floor(1.5 + lowHz / binHz) on.
// Weights agree with librosa's and the golden ones to 1e-6.

import Glibc

/// The triangles of a filterbank. A band keeps only its run of weights that are not 0, filled up with zeros to whole
/// quads of bins; four neighbouring bands are summed side by side, over as many quads as the longest of them has.
package struct MelFilterbank: Sendable {
    /// Four bands; the last group repeats its last band where it has fewer.
    private struct Group {
        /// Where each band's run begins.
        var firstBin: (Int, Int, Int, Int)
        /// [quads, 4 bands, 4 bins] begin here in `weights`.
        var firstWeight: Int
        var quads: Int
    }

    private var groups: [Group] = []
    /// Of all groups, in the order in which they are read.
    private var weights: [Float] = []
    /// Bands so narrow that no bin lies inside: they are always at the logarithm's floor.
    package let emptyBands: [Int]

    /// The filterbank of a validated front end.
    package init(_ frontEnd: FrontEnd) {
        let padding = [Float](repeating: 0, count: wholeQuads(frontEnd.bins) - frontEnd.bins)
        let rows = Self.triangles(frontEnd).map { $0 + padding }
        let runs = rows.map { row in
            let first = row.firstIndex { $0 != 0 } ?? 0
            return first..<(row.lastIndex { $0 != 0 } ?? first - 1) + 1
        }
        emptyBands = runs.indices.filter { runs[$0].isEmpty }
        for start in stride(from: 0, to: rows.count, by: 4) {
            let bands = (start..<start + 4).map { min($0, rows.count - 1) }
            let bins = wholeQuads(bands.map { runs[$0].count }.max()!)
            // A run near the last bin begins earlier, with zeros, so that none is read past the spectrum's end.
            let first = bands.map { min(runs[$0].lowerBound, wholeQuads(frontEnd.bins) - bins) }
            groups.append(
                Group(firstBin: (first[0], first[1], first[2], first[3]), firstWeight: weights.count, quads: bins / 4))
            for k in stride(from: 0, to: bins, by: 4) {
                for (band, bin) in zip(bands, first) { weights += rows[band][bin + k..<bin + k + 4] }
            }
        }
    }

    /// energies[b] = sum over bins of weight[b, bin] * spectrum[bin]: in four lanes by the place in the band's run,
    /// bins ascending, then (0 + 2) + (1 + 3). Both in whole quads: spectrum [fftSize / 2 + 1] finite, then zeros;
    /// energies [bands], what comes after them means nothing.
    package func apply(_ spectrum: UnsafePointer<Float>, into energies: UnsafeMutablePointer<Float>) {
        var out = UnsafeMutableRawPointer(energies)
        groups.withUnsafeBufferPointer { groups in
            weights.withUnsafeBufferPointer { weights in
                for group in groups {
                    let sums = Self.sums(of: group, weights.baseAddress! + group.firstWeight, spectrum)
                    out.storeBytes(of: sums, as: SIMD4<Float>.self)
                    out += 16
                }
            }
        }
    }

    /// The energies of a group's four bands.
    @inline(__always)
    private static func sums(
        of group: Group, _ weights: UnsafePointer<Float>, _ spectrum: UnsafePointer<Float>
    ) -> SIMD4<Float> {
        func quad(_ floats: UnsafePointer<Float>) -> SIMD4<Float> {
            UnsafeRawPointer(floats).loadUnaligned(as: SIMD4<Float>.self)
        }
        let first = group.firstBin
        let (x0, x1, x2, x3) = (spectrum + first.0, spectrum + first.1, spectrum + first.2, spectrum + first.3)
        var (a, b, c, d) = (SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero, SIMD4<Float>.zero)
        for i in 0..<group.quads {
            a += quad(x0 + 4 * i) * quad(weights + 16 * i)
            b += quad(x1 + 4 * i) * quad(weights + 16 * i + 4)
            c += quad(x2 + 4 * i) * quad(weights + 16 * i + 8)
            d += quad(x3 + 4 * i) * quad(weights + 16 * i + 12)
        }
        let ab = SIMD4(a[0], b[0], a[1], b[1]) + SIMD4(a[2], b[2], a[3], b[3])
        let cd = SIMD4(c[0], d[0], c[1], d[1]) + SIMD4(c[2], d[2], c[3], d[3])
        return SIMD4(lowHalf: ab.lowHalf, highHalf: cd.lowHalf) + SIMD4(lowHalf: ab.highHalf, highHalf: cd.highHalf)
    }

    /// The dense weights [bands][fftSize / 2 + 1].
    private static func triangles(_ frontEnd: FrontEnd) -> [[Float]] {
        let mel = frontEnd.mel
        let low = mel.scale.mel(mel.lowHz)
        let step = (mel.scale.mel(frontEnd.highHz) - low) / Double(mel.bands + 1)
        let edgeMel = (0..<mel.bands + 2).map { low + step * Double($0) }
        let edgeHz = edgeMel.map(mel.scale.hz)
        let inHz = mel.shape == .linearInHz
        let edge = inHz ? edgeHz : edgeMel
        let binHz = Double(frontEnd.sampleRate) / Double(frontEnd.fftSize)
        let firstBin = mel.shape == .shared ? Int(1.5 + mel.lowHz / binHz) : 0
        let position = (0..<frontEnd.bins).map { inHz ? Double($0) * binHz : mel.scale.mel(Double($0) * binHz) }

        return (0..<mel.bands).map { b in
            let height = mel.norm == .slaney ? 2 / (edgeHz[b + 2] - edgeHz[b]) : 1
            return position.enumerated().map { bin, x in
                guard bin >= firstBin else { return 0 }
                let rise = (x - edge[b]) / (edge[b + 1] - edge[b])
                let fall = (edge[b + 2] - x) / (edge[b + 2] - edge[b + 1])
                return Float(height * max(0, min(rise, fall)))
            }
        }
    }
}

/// `count` rounded up to a multiple of four: what a filterbank's spectrum and energies take.
package func wholeQuads(_ count: Int) -> Int { (count + 3) & ~3 }

extension FrontEnd.Mel.Scale {
    /// Mel of a frequency in Hz.
    package func mel(_ hz: Double) -> Double {
        switch self {
        case .htk: 1127 * log(1 + hz / 700)
        case .slaney: hz < 1000 ? hz * 3 / 200 : 15 + 27 * log(hz / 1000) / log(6.4)
        }
    }

    /// The inverse of `mel`.
    package func hz(_ mel: Double) -> Double {
        switch self {
        case .htk: 700 * (exp(mel / 1127) - 1)
        case .slaney: mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
        }
    }
}

// Triangles on the mel axis: edges e[0 … bands+1] evenly spaced in mel from lowHz to highHz, band b rising from e[b] to
// e[b+1] and falling to e[b+2]. Slaney's norm scales band b by 2 / (Hz(e[b+2]) - Hz(e[b])).
// HTK scale (Kaldi, librosa htk=True) m = 1127 ln(1 + f/700); Slaney scale (librosa) m = 3f/200 up to 1 kHz, then
// 15 + 27 ln(f/1000) / ln 6.4. `shared` is TensorFlow's mfcc_mel_filterbank.cc, in which a bin gives w to one band and
// 1 - w to the next; those are the same triangles, but bins count only from floor(1.5 + lowHz / binHz) on.
// Weights agree with librosa's and the golden ones to 1e-6.

import Glibc

/// The triangles of a filterbank; each band keeps only its run of weights that are not 0.
package struct MelFilterbank: Sendable {
    /// One band's run of weights.
    private struct Band {
        var firstBin: Int
        var firstWeight: Int
        var count: Int
    }

    private var bands: [Band] = []
    private var weights: [Float] = []

    /// The filterbank of a validated front end.
    package init(_ frontEnd: FrontEnd) {
        for row in Self.triangles(frontEnd) {
            let first = row.firstIndex { $0 != 0 } ?? 0
            let end = row.lastIndex { $0 != 0 }.map { $0 + 1 } ?? first
            bands.append(Band(firstBin: first, firstWeight: weights.count, count: end - first))
            weights += row[first..<end]
        }
    }

    /// Bands so narrow that no bin lies inside: they are always at the logarithm's floor.
    package var emptyBands: [Int] { bands.indices.filter { bands[$0].count == 0 } }

    /// energies[b] = sum over bins of weight[b, bin] * spectrum[bin], bins ascending.
    /// spectrum [fftSize / 2 + 1], energies [bands].
    package func apply(_ spectrum: UnsafePointer<Float>, into energies: UnsafeMutablePointer<Float>) {
        weights.withUnsafeBufferPointer { weights in
            for (index, band) in bands.enumerated() {
                var sum: Float = 0
                for k in 0..<band.count {
                    sum += weights[band.firstWeight + k] * spectrum[band.firstBin + k]
                }
                energies[index] = sum
            }
        }
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

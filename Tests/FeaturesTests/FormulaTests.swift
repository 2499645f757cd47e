// Windows, scales, cosine transform, deltas and normalisation against their definitions, written out in Double.

import Features
import Foundation
import Testing

@Suite struct FormulaTests {
    /// Known values: ends and middle of symmetric windows of 5 (scipy.signal.get_window(…, fftbins=False)).
    @Test func windows() {
        let expected: [(FrontEnd.Window, [Double])] = [
            (.hann, [0, 0.5, 1, 0.5, 0]), (.hamming, [0.08, 0.54, 1, 0.54, 0.08]),
            (.povey, [0, pow(0.5, 0.85), 1, pow(0.5, 0.85), 0]), (.blackman, [0, 0.34, 1, 0.34, 0]),
            (.rectangular, [1, 1, 1, 1, 1]),
        ]
        for (window, values) in expected {
            #expect(largestDifference([window.values(count: 5, periodic: false)], [values]) < 1e-6)
            #expect(
                window.values(count: 4, periodic: true) == Array(window.values(count: 5, periodic: false).prefix(4)))
        }
    }

    /// 1 kHz is 999.99 mel of HTK and 15 of Slaney; both scales are undone by their inverse.
    @Test(arguments: FrontEnd.Mel.Scale.allCases) func melScale(scale: FrontEnd.Mel.Scale) {
        #expect(abs(scale.mel(1000) - (scale == .htk ? 999.99 : 15)) < 0.01)
        for hz in stride(from: 0.0, through: 12000, by: 37) { #expect(abs(scale.hz(scale.mel(hz)) - hz) < 1e-8) }
    }

    @Test func bandsWithoutABin() throws {
        var frontEnd = FrontEnd()
        #expect(try FeaturePlan(frontEnd).emptyMelBands.isEmpty)
        frontEnd.mel.bands = 200
        let empty = try FeaturePlan(frontEnd).emptyMelBands
        #expect(!empty.isEmpty)
        let first = try steps(frontEnd, speech())[0]
        for band in empty { #expect(first[band] == Float(log(Float(1e-10)))) }
    }

    /// Energies of numbers of bands and bins that are no multiple of four, against the triangles written out.
    @Test(arguments: [(1, 2), (2, 4), (3, 32), (5, 32), (6, 34), (7, 10), (23, 64), (81, 512), (200, 512)])
    func melEnergies(bands: Int, fftSize: Int) {
        var frontEnd = FrontEnd()
        (frontEnd.mel.bands, frontEnd.mel.lowHz, frontEnd.fftSize) = (bands, 0, fftSize)
        let spectrum = Noise.samples(frontEnd.bins).map { $0 + 0.5 }
        let mel = { (hz: Double) in 1127 * log(1 + hz / 700) }
        let width = mel(8000) / Double(bands + 1)
        let expected = (0..<bands).map { b in
            spectrum.enumerated().reduce(0.0) { sum, x in
                let distance = abs(mel(Double(x.offset) * 16000 / Double(fftSize)) / width - Double(b + 1))
                return sum + max(0, 1 - distance) * Double(x.element)
            }
        }
        let padded = spectrum + [Float](repeating: 0, count: wholeQuads(spectrum.count) - spectrum.count)
        var energies = [Float](repeating: .nan, count: wholeQuads(bands) + 1)
        MelFilterbank(frontEnd).apply(padded, into: &energies)
        #expect(largestDifference([Array(energies.prefix(bands))], [expected]) < 1e-5)
        #expect(energies.last!.isNaN)
    }

    @Test(arguments: [FrontEnd.MFCC.Scaling.ortho, .tensorflow], [0.0, 22]) func cosineTransform(
        scaling: FrontEnd.MFCC.Scaling, lifter: Double
    ) throws {
        let n = 23
        var mfcc = FrontEnd.MFCC()
        (mfcc.scaling, mfcc.lifter) = (scaling, lifter)
        let x = Noise.samples(n)
        let expected = (0..<13).map { i in
            var sum = 0.0
            for j in 0..<n { sum += Double(x[j]) * cos(.pi * Double(i) * (Double(j) + 0.5) / Double(n)) }
            sum *= sqrt((scaling == .ortho && i == 0 ? 1 : 2) / Double(n))
            return lifter == 0 ? sum : sum * (1 + lifter / 2 * sin(.pi * Double(i) / lifter))
        }
        var ours = [Float](repeating: .nan, count: 13)
        DCT(mfcc, bands: n).apply(x, into: &ours)
        #expect(largestDifference([ours], [expected]) < 1e-5)
    }

    /// All coefficients of an orthonormal transform keep the sum of squares.
    @Test func orthonormalKeepsEnergy() {
        var mfcc = FrontEnd.MFCC()
        mfcc.coefficients = 40
        let x = Noise.samples(40)
        var c = [Float](repeating: 0, count: 40)
        DCT(mfcc, bands: 40).apply(x, into: &c)
        let energy = { (v: [Float]) in v.reduce(0) { $0 + $1 * $1 } }
        #expect(abs(energy(c) - energy(x)) < 1e-5)
    }

    @Test func mfccIsTheTransformOfLogMel() throws {
        var frontEnd = FrontEnd.kaldi
        let bands = try steps(frontEnd, speech())
        frontEnd.output = .mfcc(FrontEnd.MFCC())
        let dct = DCT(FrontEnd.MFCC(), bands: 80)
        let expected = bands.map { row in
            var c = [Float](repeating: 0, count: 13)
            dct.apply(row, into: &c)
            return c
        }
        #expect(try steps(frontEnd, speech()) == expected)
    }

    /// Regression written out, the second order as the regression of the first over a signal extended at its edges.
    /// Lengths below, at and above the lookahead.
    @Test(arguments: [1, 2, 3], [1, 2, 5, 9, 40]) func deltas(window: Int, frames: Int) throws {
        var frontEnd = small
        let samples = Noise.samples(frontEnd.windowSamples + (frames - 1) * frontEnd.hopSamples)
        let plain = try steps(frontEnd, samples).map { $0.map(Double.init) }
        try #require(plain.count == frames)
        func x(_ t: Int) -> [Double] { plain[min(max(t, 0), frames - 1)] }
        func slope(_ t: Int, _ value: (Int) -> [Double]) -> [Double] {
            var slope = [Double](repeating: 0, count: plain[0].count)
            let norm: Double = (-window...window).reduce(0.0) { $0 + Double($1 * $1) }
            for n in -window...window {
                for (i, x) in value(t + n).enumerated() { slope[i] += Double(n) * x / norm }
            }
            return slope
        }
        func first(_ t: Int) -> [Double] { slope(t, x) }
        frontEnd.deltas.window = window
        for order in 1...2 {
            frontEnd.deltas.order = order
            let expected: [[Double]] = (0..<frames).map { t in
                let second: [Double] = order == 2 ? slope(t, first) : []
                return plain[t] + first(t) + second
            }
            #expect(largestDifference(try steps(frontEnd, samples), expected) < 2e-5)
        }
    }

    @Test func normalisationComesAfterDeltasAndBeforeStacking() throws {
        var frontEnd = small
        frontEnd.deltas.order = 1
        let plain = try steps(frontEnd, speech())
        let n = frontEnd.frameFeatures
        let normalisation = Normalisation(mean: Noise.samples(n), std: Noise.samples(n, seed: 2).map { $0 + 1 })
        frontEnd.stack = 2
        let ours = try steps(frontEnd, speech(), normalisation: normalisation)
        let mean = normalisation.mean.map(Double.init)
        let std = normalisation.std.map(Double.init)
        let frames: [[Double]] = plain.map { row in
            row.indices.map { i in (Double(row[i]) - mean[i]) / std[i] }
        }
        let expected: [[Double]] = (0..<frames.count / 2).map { frames[2 * $0] + frames[2 * $0 + 1] }
        #expect(largestDifference(ours, expected) < 1e-5)
    }

    /// Pre-emphasis, DC removal, scale and window written out, with a naive transform.
    @Test func frameIsKaldisOrder() throws {
        var frontEnd = small
        (frontEnd.preEmphasis, frontEnd.removeMean, frontEnd.sampleScale) = (0.9, true, 4)
        (frontEnd.window, frontEnd.windowIsPeriodic, frontEnd.windowPlacement) = (.hamming, false, .centre)
        frontEnd.output = .logSpectrum
        let samples = Noise.samples(frontEnd.windowSamples).map { $0 + 0.3 }
        let mean = samples.reduce(0.0) { $0 + Double($1) } / Double(samples.count)
        let centred = samples.map { 4 * (Double($0) - mean) }
        let n = Double(samples.count - 1)
        let windowed = centred.indices.map { i in
            (centred[i] - 0.9 * centred[max(i - 1, 0)]) * (0.54 - 0.46 * cos(2 * .pi * Double(i) / n))
        }
        let expected = (0..<frontEnd.bins).map { k in
            var (re, im) = (0.0, 0.0)
            for (i, x) in windowed.enumerated() {
                re += x * cos(2 * .pi * Double(k * i) / Double(frontEnd.fftSize))
                im -= x * sin(2 * .pi * Double(k * i) / Double(frontEnd.fftSize))
            }
            return log(max(re * re + im * im, 1e-10))
        }
        #expect(largestDifference(try steps(frontEnd, samples), [expected]) < 1e-4)
    }
}

/// A cheap front end: 20 samples every 7, transform of 32 points, 5 bands.
let small: FrontEnd = {
    var frontEnd = FrontEnd()
    (frontEnd.windowSamples, frontEnd.hopSamples, frontEnd.fftSize) = (20, 7, 32)
    frontEnd.mel.bands = 5
    return frontEnd
}()

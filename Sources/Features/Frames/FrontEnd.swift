// Every option of the way from samples to feature vectors. A model file keeps it as JSON, so that features and weights
// cannot disagree. Lengths are in samples, frequencies in Hz. The words are those of Kaldi, librosa and TensorFlow.

/// The options of a front end. Its JSON keys are these names in snake_case; a missing key takes the default named here.
///
/// The default is log-mel as most PyTorch recipes have it: 80 HTK bands of 25 ms Hann windows every 10 ms at 16 kHz.
package struct FrontEnd: Sendable, Equatable {
    /// Samples per second of the input, 1,000 to 384,000. Default 16000.
    package var sampleRate = 16000
    /// Samples under the window, 2 to `fftSize`. Default 400.
    package var windowSamples = 400
    /// Samples from one frame to the next, 1 to `windowSamples`: a longer hop would skip samples. Default 160.
    package var hopSamples = 160
    /// Points of the Fourier transform; the windowed samples are zero-padded to it. Default 512, at most 65,536.
    package var fftSize = 512
    /// The window's shape. Default `hann`.
    package var window = Window.hann
    /// True: the window's period is `windowSamples` (STFT, librosa). False: symmetric (Kaldi). Default true.
    package var windowIsPeriodic = true
    /// Where the window stands inside the transform. Default `left`.
    package var windowPlacement = WindowPlacement.left
    /// How many samples a frame needs to exist. Default `window`.
    package var frameSpan = FrameSpan.window
    /// a in y[i] = x[i] - a x[i-1], within each frame, y[0] = x[0] - a x[0], as Kaldi does. 0 to 1, default 0: off.
    package var preEmphasis = 0.0
    /// Subtract each frame's mean before pre-emphasis, as Kaldi does. Default false.
    package var removeMean = false
    /// Factor on the samples, which are in -1 to 1; 32768 gives Kaldi's integers. Default 1.
    package var sampleScale = 1.0
    /// What is taken of each complex bin. Default `power`.
    package var spectrum = Spectrum.power
    /// The mel filterbank.
    package var mel = Mel()
    /// The logarithm. Default ln(max(e, 1e-10)).
    package var log = Log.floor(1e-10)
    /// What a frame is made of. Default `logMel`.
    package var output = Output.logMel
    /// Time derivatives appended to each frame. Default none.
    package var deltas = Deltas()
    /// What becomes of the samples after the last whole frame. Default `drop`.
    package var tail = Tail.drop
    /// Samples of silence that are read after the end of a sound, so that a network which answers late is heard out: 0
    /// to ten seconds of them. Default 0.
    package var trailSamples = 0
    /// Consecutive frames joined into one step, 1 to 64. Default 1.
    package var stack = 1
    /// Frames from one step to the next, 1 to `stack`. Default: the same as `stack`.
    package var stackHop: Int {
        get { storedStackHop ?? stack }
        set { storedStackHop = newValue }
    }
    /// What becomes of the frames after the last whole step. Default `drop`.
    package var stackTail = StackTail.drop

    var storedStackHop: Int?

    /// The default front end.
    package init() {}
}

extension FrontEnd {
    /// Shapes of window; formulas in Window.swift.
    package enum Window: String, Codable, CaseIterable, Sendable { case hann, hamming, povey, blackman, rectangular }

    /// The place of the window inside the transform: at its start, or in its middle with zeros on either side.
    package enum WindowPlacement: String, Codable, CaseIterable, Sendable { case left, centre }

    /// A frame needs `windowSamples`, or `fftSize` although only the samples under the window count.
    package enum FrameSpan: String, Codable, CaseIterable, Sendable { case window, fft }

    /// |X|² or |X|.
    package enum Spectrum: String, Codable, CaseIterable, Sendable { case power, magnitude }

    /// After the last whole frame: drop what is left, or zero-pad it to further frames until every sample was under a
    /// window.
    package enum Tail: String, Codable, CaseIterable, Sendable { case drop, pad }

    /// After the last whole step: drop the frames left over, or repeat the last frame until they fill a step.
    package enum StackTail: String, Codable, CaseIterable, Sendable { case drop, `repeat` }

    /// The mel filterbank; formulas in MelFilterbank.swift. Not used by the output `logSpectrum`.
    package struct Mel: Sendable, Equatable {
        /// Number of triangles, 1 to 1,024. Default 80.
        package var bands = 80
        /// Lower edge of the first triangle. Default 20.
        package var lowHz = 20.0
        /// Upper edge of the last triangle; nil (a missing key) is half the sample rate. Default nil.
        package var highHz: Double?
        /// The mel scale. Default `htk`.
        package var scale = Scale.htk
        /// The form of the triangles. Default `linearInMel`.
        package var shape = Shape.linearInMel
        /// The height of the triangles. Default `none`.
        package var norm = Norm.none

        /// 80 HTK triangles from 20 Hz to half the sample rate.
        package init() {}

        /// HTK: 1127 ln(1 + f/700). Slaney: linear to 1 kHz, logarithmic above.
        package enum Scale: String, Codable, CaseIterable, Sendable { case htk, slaney }

        /// Straight sides on the mel axis (Kaldi, HTK), on the Hz axis (librosa), or TensorFlow's filterbank, which is
        /// straight on the mel axis and leaves out the first bin above `lowHz` if it is closer than half a bin.
        package enum Shape: String, Codable, CaseIterable, Sendable {
            case linearInMel = "linear_in_mel"
            case linearInHz = "linear_in_hz"
            case shared
        }

        /// Peak 1, or area 1 over Hz (librosa's "slaney").
        package enum Norm: String, Codable, CaseIterable, Sendable { case none, slaney }
    }

    /// The logarithm of an energy e. JSON: `{"floor": x}` or `{"offset": x}`, x above 0.
    package enum Log: Sendable, Equatable {
        /// ln(max(e, x)).
        case floor(Double)
        /// ln(e + x).
        case offset(Double)
    }

    /// What one frame holds. JSON: `"log_mel"`, `"log_spectrum"` or `{"mfcc": {…}}`.
    package enum Output: Sendable, Equatable {
        /// The logarithms of the mel bands: [mel.bands].
        case logMel
        /// A cosine transform of the logarithms of the mel bands: [coefficients].
        case mfcc(MFCC)
        /// The logarithms of the spectrum's bins, without mel: [fftSize / 2 + 1].
        case logSpectrum
    }

    /// Mel-frequency cepstral coefficients; formulas in DCT.swift.
    package struct MFCC: Sendable, Equatable {
        /// Coefficients kept, from 0 on; at most `mel.bands`. Default 13.
        package var coefficients = 13
        /// Scaling of the transform. Default `ortho`.
        package var scaling = Scaling.ortho
        /// L of the sine lifter 1 + L/2 sin(πi/L); 0 is off. Default 0.
        package var lifter = 0.0

        /// 13 orthonormal coefficients without a lifter.
        package init() {}

        /// Orthonormal (sqrt(1/n) for coefficient 0, sqrt(2/n) for the others), or TensorFlow's sqrt(2/n) for all.
        package enum Scaling: String, Codable, CaseIterable, Sendable { case ortho, tensorflow }
    }

    /// Time derivatives by regression; formulas in DeltaWindow.swift.
    package struct Deltas: Sendable, Equatable {
        /// 0 none, 1 velocity, 2 also acceleration. Default 0.
        package var order = 0
        /// Frames on either side of the regression, 1 to 16. Default 2.
        package var window = 2

        /// No deltas.
        package init() {}
    }
}

extension FrontEnd {
    /// Samples that a frame needs to exist.
    package var frameSamples: Int { frameSpan == .fft ? fftSize : windowSamples }

    /// Bins of the spectrum, 0 Hz to half the sample rate.
    package var bins: Int { fftSize / 2 + 1 }

    /// Upper edge of the filterbank in Hz.
    package var highHz: Double { mel.highHz ?? Double(sampleRate) / 2 }

    /// Floats of a frame before deltas.
    package var staticFeatures: Int {
        switch output {
        case .logMel: mel.bands
        case .mfcc(let mfcc): mfcc.coefficients
        case .logSpectrum: bins
        }
    }

    /// Floats of a frame with its deltas: what mean and deviation are given for.
    package var frameFeatures: Int { staticFeatures * (deltas.order + 1) }
}

/// Mean and deviation of every feature of a frame, deltas included, before stacking: y = (x - mean) / std.
package struct Normalisation: Sendable, Equatable {
    /// [frameFeatures].
    package var mean: [Float]
    /// [frameFeatures], every one above 0.
    package var std: [Float]

    /// Takes the two tensors of a model file, both [frameFeatures].
    package init(mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }
}

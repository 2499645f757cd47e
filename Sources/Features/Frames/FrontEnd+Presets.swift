// Front ends with a name: the two of the field, and those of the models that `heard model import` reads.

extension FrontEnd {
    /// kaldi-native-fbank's defaults with 80 bins and no dither: Povey window, DC removed, pre-emphasis 0.97, integer
    /// scale, HTK triangles from 20 Hz, floor at the machine epsilon of a float, no frame that is not whole.
    package static let kaldi: FrontEnd = {
        var frontEnd = FrontEnd()
        frontEnd.window = .povey
        frontEnd.windowIsPeriodic = false
        frontEnd.removeMean = true
        frontEnd.preEmphasis = 0.97
        frontEnd.sampleScale = 32768
        frontEnd.log = .floor(Double(Float.ulpOfOne))
        return frontEnd
    }()

    /// `log(max(librosa.feature.melspectrogram(sr=16000, n_fft=512, win_length=400, hop_length=160, n_mels=80,
    /// center=False), 1e-10))`: Slaney scale and norm from 0 Hz, the window centred in the transform.
    package static let librosa: FrontEnd = {
        var frontEnd = FrontEnd()
        frontEnd.windowPlacement = .centre
        frontEnd.frameSpan = .fft
        frontEnd.mel.lowHz = 0
        frontEnd.mel.scale = .slaney
        frontEnd.mel.shape = .linearInHz
        frontEnd.mel.norm = .slaney
        return frontEnd
    }()

    /// The AN4 pair's: steps of three frames, 240 floats every 30 ms. Its mean and deviation are tensors of the model.
    package static let an4: FrontEnd = {
        var frontEnd = FrontEnd()
        frontEnd.windowPlacement = .centre
        frontEnd.frameSpan = .fft
        frontEnd.mel.highHz = 7600
        frontEnd.log = .offset(1e-6)
        frontEnd.stack = 3
        return frontEnd
    }()

    /// ARM's ML-KWS-for-MCU: 10 MFCC of 40 ms windows. Its GRU_S hops by 640 samples, GRU_M and GRU_L by 320.
    package static func armKeyword(hop: Int) -> FrontEnd {
        var frontEnd = FrontEnd()
        frontEnd.windowSamples = 640
        frontEnd.hopSamples = hop
        frontEnd.fftSize = 1024
        frontEnd.spectrum = .magnitude
        frontEnd.mel.bands = 40
        frontEnd.mel.highHz = 4000
        frontEnd.mel.shape = .shared
        frontEnd.log = .floor(1e-12)
        var mfcc = MFCC()
        mfcc.coefficients = 10
        mfcc.scaling = .tensorflow
        frontEnd.output = .mfcc(mfcc)
        return frontEnd
    }
}

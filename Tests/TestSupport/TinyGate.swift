// A gate for the tiny model with weights that can be understood: it hears sound where the mean of the bands is above a
// level.

import Decoding
import Foundation
import Pipeline
import Recurrent

package enum TinyGate {
    /// The posterior of sound is 1 / (1 + e^(-z)) with z = the mean of the step's normalised features times `slope`,
    /// plus `bias`.
    ///
    /// - Parameters:
    ///   - mean, std: its normalisation; the tiny model's is -3 and 2.
    ///   - bias: 100 for a gate that is always open, -100 for one that never is.
    package static func file(mean: Float = -3, std: Float = 2, slope: Float = 8, bias: Float = 8) throws -> ModelFile {
        var file = try TinyModel.file(hasOffline: false)
        let width = 40
        file.labels = ["silence", "sound"]
        file.online = [
            .linear(LinearDescription(name: "out", inputs: width, outputs: 2)), .activation(.logSoftmax),
        ]
        file.decoder = DecoderOptions()
        file.decoder.kind = .framewise
        file.decoder.nonSpeech = ["silence"]
        file.decoder.endpointSilence = 0.2
        file.tensors = Tensors()
        let row = [Float](repeating: slope / Float(width), count: width)
        file.tensors.insert(
            Tensor(name: "online.out.weight", shape: [2, width], values: row.map { _ in 0 } + row))
        file.tensors.insert(Tensor(name: "online.out.bias", shape: [2], values: [0, bias]))
        file.tensors.insert(Tensor(name: "feature.mean", shape: [20], values: Array(repeating: mean, count: 20)))
        file.tensors.insert(Tensor(name: "feature.std", shape: [20], values: Array(repeating: std, count: 20)))
        file.selfTest = nil
        file.selfTest = try Model(file, path: "gate").answer(8000)
        return file
    }

    package static func make(mean: Float = -3, std: Float = 2, slope: Float = 8, bias: Float = 8) throws -> Model {
        try Model(file(mean: mean, std: std, slope: slope, bias: bias), path: "gate")
    }

    /// The tiny model behind a gate.
    package static func gated(by gate: Model, hasOffline: Bool = true) throws -> Model {
        try Model(TinyModel.file(hasOffline: hasOffline), path: "tiny", gate: gate)
    }
}

// What a file of weights is by its contents, whatever its name: other programs' files are named as what they are.
//
//     safetensors   8 bytes of length, {               ONNX         08 ir_version, then a field of ModelProto
//     zip           PK 3 4: of PyTorch (data.pkl), TorchScript (constants.pkl as well), Keras (model.weights.h5), NumPy
//                   (*.npy)
//     HDF5          89 HDF 0D 0A 1A 0A                 pickle       80 version
//     NumPy         93 NUMPY                           TF Lite      TFL3 at byte 4

import Foundation

/// A kind of file that holds, or might hold, weights.
package enum FileKind: Sendable, Equatable, CaseIterable {
    case safetensors, onnx, pyTorch, torchScript, pickle, hdf5, keras, numPy, numPyArchive, tensorFlowLite, zip

    /// The kind that the first bytes, and those at the end of a zip archive, show; nil when they show none.
    package init?(_ data: Data) {
        func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
            data.dropFirst(offset).prefix(bytes.count).elementsEqual(bytes)
        }
        let first = Array(data.prefix(16))
        if begins([UInt8(ascii: "{")], at: 8), first[4..<8].allSatisfy({ $0 == 0 }) {
            self = .safetensors
        } else if begins([0x50, 0x4B, 3, 4]) {
            self = Self.archive(data)
        } else if begins([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]) {
            self = .hdf5
        } else if begins([0x93] + Array("NUMPY".utf8)) {
            self = .numPy
        } else if begins(Array("TFL3".utf8), at: 4) {
            self = .tensorFlowLite
        } else if begins([0x80, 2]) || begins([0x80, 3]) || begins([0x80, 4]) || begins([0x80, 5]) {
            // torch.save of before 1.6 begins with a pickle of this number.
            self =
                begins([0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], at: 2)
                ? .pyTorch : .pickle
        } else if first.count > 2, first[0] == 8, (3..<64).contains(first[1]),
            [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(first[2])
        {
            self = .onnx
        } else {
            return nil
        }
    }

    /// What is in a zip archive, by the names at its beginning and in its directory, which is at its end.
    private static func archive(_ data: Data) -> FileKind {
        let window = 1 << 16
        let ends = [data.prefix(window), data.suffix(window)]
        func has(_ name: String) -> Bool { ends.contains { $0.range(of: Data(name.utf8)) != nil } }
        if has("/data.pkl") { return has("/constants.pkl") ? .torchScript : .pyTorch }
        if has("model.weights.h5") { return .keras }
        return has(".npy") ? .numPyArchive : .zip
    }

    /// In words.
    package var name: String {
        switch self {
        case .safetensors: "a safetensors file"
        case .onnx: "an ONNX file"
        case .pyTorch: "a PyTorch checkpoint"
        case .torchScript: "a TorchScript program of PyTorch"
        case .pickle: "a Python pickle"
        case .hdf5: "an HDF5 file, as Keras writes it"
        case .keras: "a Keras model"
        case .numPy: "a NumPy array"
        case .numPyArchive: "an archive of NumPy arrays"
        case .tensorFlowLite: "a TensorFlow Lite model"
        case .zip: "a zip archive"
        }
    }
}

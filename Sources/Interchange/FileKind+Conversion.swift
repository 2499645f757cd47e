// How a file that only its own program reads becomes one that Heard reads: one line of Python for each, which its user
// can run.

import Foundation
import Recurrent

extension FileKind {
    /// What to do about the file at `path`; for kinds that cannot be read.
    func advice(path: String) -> String {
        let program: String, packages: String
        let source = Self.literal(path), target = Self.literal(Self.target(of: path))
        switch self {
        case .safetensors, .onnx: return "it can be read as it is"
        case .tensorFlowLite:
            return "its weights are those of fused operators; take the Keras model or the ONNX file that it was made of"
        case .zip: return "unpack it, and give the file of weights that is in it"
        case .pyTorch:
            packages = "torch safetensors"
            program =
                "import torch, safetensors.torch as s; d = torch.load(\(source), map_location=\"cpu\"); "
                + "d = getattr(d, \"state_dict\", lambda: d)(); "
                + "d = d.get(\"state_dict\", d.get(\"model_state_dict\", d)); "
                + "s.save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, \(target))"
        case .torchScript:
            packages = "torch safetensors"
            program =
                "import torch, safetensors.torch as s; "
                + "d = torch.jit.load(\(source), map_location=\"cpu\").state_dict(); "
                + "s.save_file({k: v.clone().contiguous() for k, v in d.items()}, \(target))"
        case .pickle:
            packages = "numpy safetensors"
            program =
                "import pickle, numpy as n, safetensors.numpy as s; d = pickle.load(open(\(source), \"rb\")); "
                + "s.save_file({k: n.ascontiguousarray(v) for k, v in d.items()}, \(target))"
        case .hdf5:
            packages = "h5py safetensors"
            program =
                "import h5py, safetensors.numpy as s; f = h5py.File(\(source)); t = {}; "
                + "f.visititems(lambda n, o: t.update({n: o[()]}) "
                + "if \"float\" in str(getattr(o, \"dtype\", \"\")) else None); "
                + "s.save_file({n.removeprefix(\"model_weights/\"): v for n, v in t.items() "
                + "if \"optimizer\" not in n and v.ndim}, "
                + "\(target), {\"keras\": str(f.attrs.get(\"model_config\", \"\"))})"
        case .keras:
            packages = "keras safetensors, and what Keras computes with"
            program =
                "import keras, safetensors.numpy as s; m = keras.saving.load_model(\(source), compile=False); "
                + "s.save_file({v.path: keras.ops.convert_to_numpy(v) for v in m.weights}, \(target), "
                + "{\"keras\": m.to_json()})"
        case .numPy:
            packages = "numpy safetensors"
            program =
                "import numpy as n, safetensors.numpy as s; "
                + "s.save_file({\"NAME.weight\": n.load(\(source))}, \(target))"
        case .numPyArchive:
            packages = "numpy safetensors"
            program =
                "import numpy as n, safetensors.numpy as s; "
                + "s.save_file({k: n.ascontiguousarray(v) for k, v in n.load(\(source)).items()}, \(target))"
        }
        let warning =
            [.pyTorch, .pickle].contains(self)
            ? " (loading it may run what is in it: only files that you trust)" : ""
        return
            "this line, where \(packages) are installed, makes a safetensors file of it\(warning), "
            + "and that can be imported:\n"
            + "python3 -c '\(program.replacing("'", with: "'\\''"))'"
    }

    /// The path with another ending.
    private static func target(of path: String) -> String {
        let url = URL(fileURLWithPath: path), name = url.lastPathComponent
        let stem =
            [".weights.h5"].first { name.lowercased().hasSuffix($0) }.map { String(name.dropLast($0.count)) }
            ?? url.deletingPathExtension().lastPathComponent
        let folder = path.hasSuffix(name) ? String(path.dropLast(name.count)) : ""
        return "\(folder)\(stem).safetensors"
    }

    /// A text as Python has it between double quotes.
    private static func literal(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
    }
}

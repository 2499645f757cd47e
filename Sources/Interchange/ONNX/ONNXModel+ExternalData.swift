// Tensors whose values are kept in files beside the ONNX file, as PyTorch's exporter writes them since 2.9
// (onnx.proto3, external_data: `location`, a path relative to the file; `offset` and `length` in bytes, both decimal).
// A location leads nowhere but into the file's own folder, a range nowhere but into its file, and all of them together
// are bounded: a file may name the same bytes as often as it likes.

import Foundation

/// Where the values of a tensor are.
struct ONNXExternalData: Equatable {
    var location = ""
    var offset = 0
    /// nil: to the file's end.
    var length: Int?
    /// The tensor's data_type.
    var type = 0

    /// Takes one entry of external_data.
    mutating func read(_ message: ProtobufReader, of tensor: ProtobufReader) throws(ForeignError) {
        var reader = message, key = "", text = ""
        while let (number, value) = try reader.next() {
            if number == 1 { key = try reader.string(value) }
            if number == 2 { text = try reader.string(value) }
        }
        func count() throws(ForeignError) -> Int {
            guard let count = Int(text), count >= 0 else {
                throw tensor.damaged("the \(key) of a tensor in another file is \"\(text.prefix(40))\"")
            }
            return count
        }
        switch key {
        case "location": location = text
        case "offset": offset = try count()
        case "length": length = try count()
        default: break
        }
    }
}

extension ONNXModel {
    /// Bytes that the tensors in other files may have together: as many as protobuf lets one file have.
    private static let mostBytes = 1 << 31

    /// Reads what is kept in other files beside the one at `path`.
    /// - Throws: ``ForeignError/onnx(path:reason:)`` when a file is not there, or has not what the tensor says.
    mutating func loadExternalData(path: String) throws(ForeignError) {
        var files = ONNXFiles(path: path, left: Self.mostBytes)
        for index in initializers.indices { try files.load(&initializers[index]) }
        for node in nodes.indices {
            for (name, attribute) in nodes[node].attributes {
                guard case .tensor(var tensor) = attribute else { continue }
                try files.load(&tensor)
                nodes[node].attributes[name] = .tensor(tensor)
            }
        }
    }
}

/// The files beside an ONNX file.
private struct ONNXFiles {
    let path: String
    /// Bytes that may still be read.
    var left: Int
    private var open: [String: Data] = [:]

    init(path: String, left: Int) { (self.path, self.left) = (path, left) }

    /// Reads a tensor's values, if they are not there.
    mutating func load(_ tensor: inout ONNXTensor) throws(ForeignError) {
        guard case .elsewhere(let external) = tensor.values else { return }
        let name = tensor.name, shape = tensor.shape, path = path
        func failure(_ reason: String) -> ForeignError {
            .onnx(path: path, reason: "its tensor \"\(name)\" is kept in the file \"\(external.location)\": \(reason)")
        }
        guard let width = ONNXTensor.width(ofType: external.type), let count = shape.elements else {
            tensor.values = .other(type: external.type)
            return
        }
        let needed = count * width
        guard needed <= left else { throw failure("all of its tensors together have more than 2 GB") }
        let file = try data(at: external.location, failure)
        guard external.offset <= file.count, external.length ?? needed <= file.count - external.offset,
            needed <= file.count - external.offset
        else {
            throw failure(
                "it has \(file.count) bytes, and the tensor would end at byte \(external.offset) + \(external.length ?? needed); "
                    + "copy the file again, with the ONNX file")
        }
        guard external.length ?? needed == needed else {
            throw failure("it has \(external.length ?? 0) bytes there, and the shape \(shape) takes \(needed)")
        }
        left -= needed
        let start = file.startIndex + external.offset
        tensor.values = ONNXTensor.parse(Array(file[start..<start + needed])[...], type: external.type)
    }

    /// The contents of a file of the folder.
    private mutating func data(at location: String, _ failure: (String) -> ForeignError) throws(ForeignError) -> Data {
        if let data = open[location] { return data }
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        guard !location.isEmpty, !location.utf8.contains(0), !parts.contains(""), !parts.contains("..") else {
            throw failure("that is no place in the folder of the ONNX file")
        }
        let place = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(location)
        var status = stat()
        guard stat(place.path, &status) == 0 else {
            throw failure("it is not beside the ONNX file; both belong together, copy it there")
        }
        guard status.st_mode & S_IFMT == S_IFREG, let data = try? Data(contentsOf: place, options: .alwaysMapped) else {
            throw failure("it cannot be read")
        }
        open[location] = data
        return data
    }
}

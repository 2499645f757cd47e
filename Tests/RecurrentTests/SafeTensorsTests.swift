import Foundation
import Recurrent
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
    /// Weights of each precision, and what is not a matrix: the same values and types, and then the same bytes.
    @Test(arguments: Weights.all)
    func writesWhatItReads(weights: Weights) throws {
        for cell in EveryCell.all {
            var tensors = weights.tensors(for: cell.bidirectional)
            tensors.metadata = ["labels": #"["a","b"]"#]
            let bytes = try tensors.serialized()
            let read = try Tensors(bytes: bytes, path: "x")
            #expect(read == tensors)
            #expect(read.metadata == tensors.metadata && read.unread.isEmpty)
            #expect(try read.serialized() == bytes)
        }
    }

    /// Values that are hard to keep: the largest and smallest, and rows without any weight.
    @Test(arguments: Precision.allCases)
    func extremesSurvive(precision: Precision) throws {
        var tensors = Tensors()
        let values: [Float] = [3e38, -3e38, 1, 0, 0, 0, 1e-30, -1e-30, 0.5e-30, 127, -127, 1]
        tensors.insert(Tensor(name: "w", shape: [4, 3], values: values).rounded(to: precision))
        let read = try Tensors(bytes: tensors.serialized(), path: "x")
        #expect(read == tensors)
        #expect(try read.require("w").precision == precision)
    }

    @Test func eightBitsAreHalfOfSixteen() throws {
        let sizes = try Weights.pure.map { try $0.tensors(for: EveryCell.all[5].network).serialized().count }
        #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
    }

    /// A safetensors file of one tensor after another.
    private static func file(_ entries: [(name: String, type: String, shape: [Int], bytes: [UInt8])]) -> Data {
        var header: [String] = [], body: [UInt8] = []
        for entry in entries {
            let range = [body.count, body.count + entry.bytes.count]
            header.append(
                #""\#(entry.name)":{"dtype":"\#(entry.type)","shape":\#(entry.shape),"data_offsets":\#(range)}"#)
            body += entry.bytes
        }
        let json = "{\(header.joined(separator: ","))}"
        return withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Data($0) } + Data(json.utf8) + Data(body)
    }

    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
    }

    @Test func readsEveryFloatType() throws {
        let tensors = try Tensors(
            bytes: Self.file([
                ("h", "F16", [1], [0x00, 0x3e]), ("b", "BF16", [1], [0xc0, 0x3f]),
                ("d", "F64", [], [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]), ("f", "F32", [1], Self.bytes([1.5])),
                ("i", "I64", [1], [1, 0, 0, 0, 0, 0, 0, 0]),
            ]), path: "x")
        for name in ["h", "b", "d", "f"] { #expect(try tensors.require(name).values == [1.5]) }
        #expect(try tensors.require("b").precision == .bf16)
        let error = ModelError.unsupportedType(name: "i", type: "I64")
        #expect(throws: error) { try tensors.require("i") }
        #expect(error.description.contains("F32, F64, F16 and BF16 can be read, and I8 matrices that have scales"))
    }

    @Test func integersWithScalesAreWeights() throws {
        let integers: [UInt8] = [1, 2, 127, 0x81, 0, 0xff]
        let scaled = try Tensors(
            bytes: Self.file([("w", "I8", [2, 3], integers), ("w.scale", "F32", [2], Self.bytes([0.5, 2]))]), path: "x")
        let tensor = try scaled.require("w")
        #expect(tensor.values == [0.5, 1, 63.5, -254, 0, -2])
        #expect(tensor.precision == .int8 && tensor.scales == [0.5, 2])
        #expect(scaled.find("w.scale") == nil)
        // Without scales, with too few of them, no matrix, an integer that no symmetric scale gives, or what is no
        // scale.
        let others: [[(name: String, type: String, shape: [Int], bytes: [UInt8])]] = [
            [("w", "I8", [2, 3], integers)],
            [("w", "I8", [2, 3], integers), ("w.scale", "F32", [1], Self.bytes([1]))],
            [("w", "I8", [6], integers), ("w.scale", "F32", [6], Self.bytes([1, 1, 1, 1, 1, 1]))],
            [("w", "I8", [1, 1], [0x80]), ("w.scale", "F32", [1], Self.bytes([1]))],
            [("w", "I8", [1, 1], [3]), ("w.scale", "F32", [1], Self.bytes([-1]))],
            [("w", "I8", [1, 1], [3]), ("w.scale", "F32", [1], Self.bytes([.infinity]))],
            [("w", "I8", [1, 1], [3]), ("w.scale", "F32", [1], Self.bytes([.nan]))],
        ]
        for entries in others {
            let tensors = try Tensors(bytes: Self.file(entries), path: "x")
            #expect(throws: ModelError.unsupportedType(name: "w", type: "I8")) { try tensors.require("w") }
        }
    }

    @Test func refusesEveryTruncation() throws {
        var tensors = Tensors()
        var random = Random(seed: 9)
        for precision in Precision.allCases {
            let tensor = Tensor(name: precision.rawValue, shape: [3, 2], values: random.floats(6, within: 1))
            tensors.insert(tensor.rounded(to: precision))
        }
        let bytes = try tensors.serialized()
        for length in 0..<bytes.count {
            #expect(throws: ModelError.self) { try Tensors(bytes: bytes.prefix(length), path: "x") }
        }
        #expect(throws: ModelError.self) { try Tensors(path: "/nowhere/model.safetensors") }
    }
}

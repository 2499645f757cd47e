// Weights in the order in which the kernels read them (CKernels.h, `heard_matrix`): groups of four blocks of 16 units,
// the gates of all of them side by side for each column, so that one pass over memory gives all that a unit needs.
// Packed once, at load.

import CKernels

/// The weights of some gates of one product, packed. Immutable.
final class PackedMatrix: @unchecked Sendable {
    // Sendable: the memory is written in `init` alone.
    /// What the kernels take; its pointers live as long as this object.
    let matrix: heard_matrix
    private let memory: UnsafeMutableRawPointer
    private let scale: AlignedFloats
    private let offset: UnsafeMutablePointer<Int32>

    static let lanes = Int(HEARD_LANES)

    /// Rows `gates[i] * units …` of the matrix `weight` [n * units, columns], in its precision.
    init(_ weight: Tensor, gates: [Int], units: Int) {
        let columns = weight.shape[1], blocks = units.padded / Self.lanes
        let isInt8 = weight.precision == .int8
        let group = isInt8 ? 4 : 1
        let depth = isInt8 ? columns.rounded(up: Int(HEARD_I8_COLUMNS)) : columns
        let count = blocks * depth * gates.count * Self.lanes
        memory = .allocate(byteCount: max(count * weight.precision.bytes, 64), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(count * weight.precision.bytes, 64))
        scale = AlignedFloats(count: isInt8 ? blocks * gates.count * Self.lanes : 0)
        offset = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(scale.count, Self.lanes), alignment: 64)
            .bindMemory(to: Int32.self, capacity: max(scale.count, Self.lanes))
        offset.initialize(repeating: 0, count: max(scale.count, Self.lanes))
        let integers = isInt8 ? weight.integers : []
        for (g, gate) in gates.enumerated() {
            for unit in 0..<units {
                let block = unit / Self.lanes, lane = unit % Self.lanes
                let row = gate * units + unit
                // The group that the block is in: its first block, and how many it has.
                let first = block / Int(HEARD_GROUP) * Int(HEARD_GROUP), width = min(blocks - first, Int(HEARD_GROUP))
                let output = (block * gates.count + g) * Self.lanes + lane
                if isInt8 { scale.pointer[output] = weight.scales![row] }
                for c in 0..<columns {
                    let column = first * (depth / group) + c / group * width + block - first
                    let at = ((column * gates.count + g) * Self.lanes + lane) * group + c % group
                    let from = row * columns + c
                    switch weight.precision {
                    case .fp32: memory.storeBytes(of: weight.values[from], toByteOffset: 4 * at, as: Float.self)
                    case .bf16:
                        memory.storeBytes(of: weight.values[from].bfloat16, toByteOffset: 2 * at, as: UInt16.self)
                    case .int8:
                        memory.storeBytes(of: integers[from], toByteOffset: at, as: Int8.self)
                        offset[output] -= 128 * Int32(integers[from])
                    }
                }
            }
        }
        matrix = heard_matrix(
            precision: weight.precision.kernel, gates: gates.count, units: units, columns: columns,
            weight: UnsafeRawPointer(memory), scale: UnsafePointer(scale.pointer), offset: UnsafePointer(offset))
    }

    deinit {
        memory.deallocate()
        UnsafeMutableRawPointer(offset).deallocate()
    }

    /// The vector of some gates [n * units] as [blocks][gates][16], zeros where `values` is nil or a block is not full.
    static func pack(_ values: [Float]?, gates: [Int], units: Int) -> AlignedFloats {
        let packed = AlignedFloats(count: units.padded * gates.count)
        guard let values else { return packed }
        for (g, gate) in gates.enumerated() {
            for unit in 0..<units {
                packed.pointer[(unit / lanes * gates.count + g) * lanes + unit % lanes] = values[gate * units + unit]
            }
        }
        return packed
    }
}

extension Int {
    /// The next multiple of `step`.
    func rounded(up step: Int) -> Int { (self + step - 1) / step * step }
    /// Units with the padding that the kernels write.
    var padded: Int { rounded(up: PackedMatrix.lanes) }
}

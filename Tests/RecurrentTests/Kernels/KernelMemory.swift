// Weights and rows as the kernels take them, packed here once more from the words of CKernels.h alone.

import CKernels

/// A block of memory on a 64-byte boundary.
final class AlignedBytes {
    let base: UnsafeMutableRawPointer

    init(count: Int) {
        base = .allocate(byteCount: max(count, 64), alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 64))
    }

    var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }

    deinit { base.deallocate() }
}

/// A matrix in the order of `heard_matrix`.
final class PackedWeights {
    let matrix: heard_matrix
    private let owners: [AlignedBytes]

    init(_ plain: PlainMatrix) {
        let lanes = Int(HEARD_LANES), blocks = roundUp(plain.units, to: lanes) / lanes
        let isInt8 = plain.precision == heard_i8
        let depth = isInt8 ? roundUp(plain.columns, to: Int(HEARD_I8_COLUMNS)) : plain.columns
        let weight = AlignedBytes(count: 4 * blocks * depth * plain.gates * lanes)
        let scale = AlignedBytes(count: 4 * blocks * plain.gates * lanes)
        let offset = AlignedBytes(count: 4 * blocks * plain.gates * lanes)
        for row in 0..<(plain.gates * plain.units) {
            let gate = row / plain.units, unit = row % plain.units, block = unit / lanes, lane = unit % lanes
            // Groups of blocks: the columns of all blocks of a group stand side by side.
            let first = block - block % Int(HEARD_GROUP), width = min(Int(HEARD_GROUP), blocks - first)
            func place(_ column: Int, of depth: Int) -> Int {
                ((first * depth + column * width + block - first) * plain.gates + gate) * lanes + lane
            }
            var sum: Int32 = 0
            for c in 0..<plain.columns {
                let value = plain.values[row * plain.columns + c]
                let at = place(c, of: depth)
                switch plain.precision {
                case heard_i8:
                    let quad = place(c / 4, of: depth / 4)
                    weight.base.storeBytes(of: Int8(value), toByteOffset: 4 * quad + c % 4, as: Int8.self)
                    sum += Int32(value)
                case heard_bf16:
                    let half = UInt16(value.bitPattern >> 16)
                    weight.base.storeBytes(of: half, toByteOffset: 2 * at, as: UInt16.self)
                default: weight.base.storeBytes(of: value, toByteOffset: 4 * at, as: Float.self)
                }
            }
            guard isInt8 else { continue }
            let output = (block * plain.gates + gate) * lanes + lane
            scale.floats[output] = plain.scales[row]
            offset.base.storeBytes(of: -128 * sum, toByteOffset: 4 * output, as: Int32.self)
        }
        owners = [weight, scale, offset]
        matrix = heard_matrix(
            precision: plain.precision, gates: plain.gates, units: plain.units, columns: plain.columns,
            weight: UnsafeRawPointer(weight.base), scale: UnsafePointer(scale.floats),
            offset: UnsafePointer(offset.base.assumingMemoryBound(to: Int32.self)))
    }
}

/// A vector of some gates [gates * units] as [blocks][gates][16].
func packed(_ values: [Float], gates: Int) -> AlignedBytes {
    let units = values.count / gates, lanes = Int(HEARD_LANES)
    let result = AlignedBytes(count: 4 * roundUp(units, to: lanes) * gates)
    for (row, value) in values.enumerated() {
        let gate = row / units, unit = row % units
        result.floats[(unit / lanes * gates + gate) * lanes + unit % lanes] = value
    }
    return result
}

/// Rows that lie anywhere, each of a size that a sanitizer watches.
final class KernelRows {
    private let rows: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    private let count: Int
    private let width: Int

    /// Rows with these values, `width` floats each; the rest is not a number, so that who reads it is found.
    init(_ values: [[Float]], width: Int) {
        (count, self.width) = (values.count, width)
        rows = .allocate(capacity: values.count)
        for (n, row) in values.enumerated() {
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: width)
            memory.initialize(repeating: .nan, count: width)
            for (index, value) in row.enumerated() { memory[index] = value }
            rows[n] = memory
        }
    }

    deinit {
        for n in 0..<count { rows[n]?.deallocate() }
        rows.deallocate()
    }

    subscript(n: Int) -> [Float] { Array(UnsafeBufferPointer(start: rows[n], count: width)) }

    var writable: UnsafePointer<UnsafeMutablePointer<Float>?> { UnsafePointer(rows) }
    func readable(from first: Int = 0) -> UnsafePointer<UnsafePointer<Float>?> {
        UnsafeRawPointer(rows + first).assumingMemoryBound(to: UnsafePointer<Float>?.self)
    }
    func writable(from first: Int) -> UnsafePointer<UnsafeMutablePointer<Float>?> { UnsafePointer(rows + first) }
}

func roundUp(_ count: Int, to step: Int) -> Int { (count + step - 1) / step * step }

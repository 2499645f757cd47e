// A fixed block of 32-bit floats on a 64-byte boundary: weights (written once, then shared), state and scratch memory
// (owned by one stream each). One of the few places where `unsafe` memory is made.

import Glibc

/// A block of `count` floats, zero at first, freed with its owner.
package final class AlignedFloats: @unchecked Sendable {
    // Sendable: a block is written either before it is shared (weights) or by the one stream that owns it (state, scratch).
    package let pointer: UnsafeMutablePointer<Float>
    package let count: Int

    /// Large blocks are made of these: they would take longer to map than to use.
    private static let hugePage = 2 << 20

    /// Allocates `count` zeros.
    package init(count: Int) {
        precondition(count >= 0, "a block cannot have a negative number of floats")
        let size = max(count, 1) * MemoryLayout<Float>.stride, isLarge = size >= 2 * Self.hugePage
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? Self.hugePage : 64)
        if isLarge { madvise(bytes, size, Int32(MADV_HUGEPAGE)) }
        pointer = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: max(count, 1))
        self.count = count
    }

    /// Copies `values`.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
        }
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    /// Sets every float to zero.
    package func clear() { pointer.update(repeating: 0, count: count) }

    /// The block as an array, for tests and files.
    package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

// A fixed block of 32-bit floats on a 64-byte boundary: weights (written once, then shared), state and scratch memory
// (owned by one stream each). One of the few places where `unsafe` memory is made.

import Glibc

/// A block of `count` floats, zero at first, freed with its owner.
package final class AlignedFloats: @unchecked Sendable {
    // Sendable: a block is written either before it is shared (weights) or by the one stream that owns it (state,
    // scratch).
    package let pointer: UnsafeMutablePointer<Float>
    package let count: Int

    /// Blocks of so many bytes come from the system and go back to it: malloc would keep what a second reading has
    /// needed once.
    private static let mappedBytes = 1 << 20
    /// Large blocks are made of these: they would take longer to map than to use.
    private static let hugePage = 2 << 20

    /// What was mapped; nil for a block of malloc's.
    private let mapping: UnsafeMutableRawBufferPointer?

    /// Allocates `count` zeros.
    package convenience init(count: Int) {
        self.init(uninitialised: count)
        // What is mapped is zero already.
        if mapping == nil { pointer.initialize(repeating: 0, count: max(count, 1)) }
    }

    /// Allocates room for `count` floats of no meaning: pages that are never written take no memory.
    package init(uninitialised count: Int) {
        precondition(count >= 0, "a block cannot have a negative number of floats")
        let size = max(count, 1) * MemoryLayout<Float>.stride
        var bytes: UnsafeMutableRawPointer
        if size >= Self.mappedBytes {
            let isLarge = size >= 2 * Self.hugePage, length = size + (isLarge ? Self.hugePage : 0)
            let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let start, start != MAP_FAILED else { fatalError("no memory for \(size) bytes") }
            mapping = UnsafeMutableRawBufferPointer(start: start, count: length)
            bytes = start
            if isLarge {
                bytes = start.alignedUp(toMultipleOf: Self.hugePage)
                madvise(bytes, size, Int32(MADV_HUGEPAGE))
            }
        } else {
            mapping = nil
            bytes = .allocate(byteCount: size, alignment: 64)
        }
        pointer = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
    }

    /// Copies `values`.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
        }
    }

    deinit {
        if let mapping {
            munmap(mapping.baseAddress, mapping.count)
        } else {
            UnsafeMutableRawPointer(pointer).deallocate()
        }
    }

    /// Sets every float to zero.
    package func clear() { pointer.update(repeating: 0, count: count) }

    /// The block as an array, for tests and files.
    package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

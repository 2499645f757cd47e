// The memory of one training pass: what the layers keep for their backward halves. It is taken in order and given back all
// at once, so a pass allocates only when it is larger than all before it.

/// A stack of numbers that is emptied between passes. One thread uses it at a time.
package final class TrainingMemory<Real: TrainingScalar>: @unchecked Sendable {
    // Sendable: handed from one pass to the next, never shared by two.
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0
    /// Of the blocks before the last.
    private var filled = 0

    package init() {}

    deinit { for block in blocks { block.deallocate() } }

    /// Bytes that it holds.
    package var byteCount: Int { blocks.reduce(0) { $0 + $1.count } }

    /// `count` numbers on a 64-byte boundary, of no meaning yet; good until ``reset()``.
    func take(_ count: Int) -> UnsafeMutablePointer<Real> {
        let size = (max(count, 1) * MemoryLayout<Real>.stride + 63) / 64 * 64
        if used + size > blocks.last?.count ?? 0 {
            filled += used
            blocks.append(.allocate(byteCount: max(size, 1 << 20), alignment: 64))
            used = 0
        }
        defer { used += size }
        return (blocks[blocks.count - 1].baseAddress! + used).bindMemory(to: Real.self, capacity: max(count, 1))
    }

    /// The same, all zero.
    func takeZeros(_ count: Int) -> UnsafeMutablePointer<Real> {
        let pointer = take(count)
        pointer.update(repeating: 0, count: count)
        return pointer
    }

    /// Gives everything back. What took several blocks will fit into one the next time.
    package func reset() {
        if blocks.count > 1 {
            let size = (filled + used) * 5 / 4
            for block in blocks { block.deallocate() }
            blocks = [.allocate(byteCount: size, alignment: 64)]
        }
        (used, filled) = (0, 0)
    }
}

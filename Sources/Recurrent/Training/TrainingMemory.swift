// The memory of one training pass: what the layers keep for their backward halves. It is taken in order and given back
// all at once, or, what one layer alone needed on the way back, after that layer. A pass allocates only when it is
// larger than all before it. Blocks come from the system and go back to it, not to malloc, which would keep them.

import Glibc

/// A stack of numbers that is emptied between passes. One thread uses it at a time.
package final class TrainingMemory<Real: TrainingScalar>: @unchecked Sendable {
    // Sendable: handed from one pass to the next, never shared by two.
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0
    /// Of the blocks before the last.
    private var filled = 0
    /// The most that was in use at a time since the block was made, and whether it took several.
    private var peak = 0
    private var isSplit = false

    package init() {}

    deinit { for block in blocks { Self.give(block) } }

    /// Bytes that it holds.
    package var byteCount: Int { blocks.reduce(0) { $0 + $1.count } }

    /// `count` numbers on a 64-byte boundary, of no meaning yet; good until ``reset()``.
    func take(_ count: Int) -> UnsafeMutablePointer<Real> {
        let size = (max(count, 1) * MemoryLayout<Real>.stride + 63) / 64 * 64
        if used + size > blocks.last?.count ?? 0 {
            filled += used
            isSplit = isSplit || !blocks.isEmpty
            blocks.append(Self.block(max(size, 1 << 20)))
            used = 0
        }
        defer {
            used += size
            peak = max(peak, filled + used)
        }
        return (blocks[blocks.count - 1].baseAddress! + used).bindMemory(to: Real.self, capacity: max(count, 1))
    }

    /// The same, all zero.
    func takeZeros(_ count: Int) -> UnsafeMutablePointer<Real> {
        let pointer = take(count)
        pointer.update(repeating: 0, count: count)
        return pointer
    }

    /// How much is in use at some moment.
    struct Mark {
        fileprivate let blocks, used, filled: Int
    }

    var mark: Mark { Mark(blocks: blocks.count, used: used, filled: filled) }

    /// Gives back what was taken since then.
    func release(to mark: Mark) {
        while blocks.count > mark.blocks { Self.give(blocks.removeLast()) }
        (used, filled) = (mark.used, mark.filled)
    }

    /// Gives everything back. What took several blocks will fit into one the next time.
    package func reset() {
        if isSplit {
            for block in blocks { Self.give(block) }
            blocks = [Self.block(peak * 5 / 4)]
            (peak, isSplit) = (0, false)
        }
        (used, filled) = (0, 0)
    }

    /// Pages of zeros; large ones where the machine has them, which are quicker to walk through.
    private static func block(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages, pages != MAP_FAILED else {
            fatalError("no memory for \(size >> 20) MB of a training pass: make the batches smaller")
        }
        madvise(pages, size, Int32(MADV_HUGEPAGE))
        return UnsafeMutableRawBufferPointer(start: pages, count: size)
    }

    private static func give(_ block: UnsafeMutableRawBufferPointer) { munmap(block.baseAddress, block.count) }
}

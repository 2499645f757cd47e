// Rows of floats by their addresses: how the kernels are told where streams keep their inputs and states.

/// The addresses of some rows. A view: ``RowStorage`` keeps them.
struct Rows: @unchecked Sendable {
    // Sendable: part of one scratch memory, which one thread uses at a time.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

    subscript(index: Int) -> UnsafeMutablePointer<Float> {
        get { pointers[index].unsafelyUnwrapped }
        nonmutating set { pointers[index] = newValue }
    }

    /// The rows from `first` on.
    func from(_ first: Int) -> Rows { Rows(pointers: pointers + first) }

    /// As the kernels take rows that they write.
    var writable: UnsafePointer<UnsafeMutablePointer<Float>?> { UnsafePointer(pointers) }

    /// As the kernels take rows that they read, from row `first` on.
    func readable(from first: Int = 0) -> UnsafePointer<UnsafePointer<Float>?> {
        UnsafeRawPointer(pointers + first).assumingMemoryBound(to: UnsafePointer<Float>?.self)
    }
}

/// Owns the addresses of a scratch memory, and the rows that have no other owner.
final class RowStorage {
    private var addresses: [UnsafeMutablePointer<UnsafeMutablePointer<Float>?>] = []
    private var blocks: [AlignedFloats] = []

    deinit { for pointer in addresses { pointer.deallocate() } }

    /// Room for the addresses of `count` rows.
    func rows(_ count: Int) -> Rows {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>.allocate(capacity: max(count, 1))
        pointers.initialize(repeating: nil, count: max(count, 1))
        addresses.append(pointers)
        return Rows(pointers: pointers)
    }

    /// `count` rows of `width` floats, zero at first.
    func rows(_ count: Int, width: Int) -> Rows {
        let block = AlignedFloats(count: count * width)
        blocks.append(block)
        let rows = rows(count)
        for index in 0..<count { rows[index] = block.pointer + index * width }
        return rows
    }
}

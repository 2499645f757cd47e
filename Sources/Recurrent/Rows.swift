// Rows of floats by their addresses: how the kernels are told where streams keep their inputs and states.

/// A fixed number of row addresses.
final class Rows: @unchecked Sendable {
    // Sendable: owned by one scratch memory, which one thread uses at a time.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        pointers = .allocate(capacity: self.capacity)
        pointers.initialize(repeating: nil, count: self.capacity)
    }

    /// The rows of a block, `stride` floats apart.
    convenience init(of block: AlignedFloats, stride: Int) {
        self.init(capacity: stride > 0 ? block.count / stride : 0)
        for index in 0..<(stride > 0 ? block.count / stride : 0) { pointers[index] = block.pointer + index * stride }
    }

    deinit { pointers.deallocate() }

    subscript(index: Int) -> UnsafeMutablePointer<Float> {
        get { pointers[index].unsafelyUnwrapped }
        set { pointers[index] = newValue }
    }

    /// As the kernels take rows that they write.
    var writable: UnsafePointer<UnsafeMutablePointer<Float>?> { UnsafePointer(pointers) }

    /// As the kernels take rows that they read, from row `first` on.
    func readable(from first: Int = 0) -> UnsafePointer<UnsafePointer<Float>?> {
        UnsafeRawPointer(pointers + first).assumingMemoryBound(to: UnsafePointer<Float>?.self)
    }
}

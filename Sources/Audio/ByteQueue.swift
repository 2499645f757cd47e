// A first-in, first-out run of bytes, contiguous in memory, that knows its place in the stream.

/// Bytes appended at the back and dropped from the front; allocates only when it must hold more than ever before.
struct ByteQueue: ~Copyable {
    private var storage: [UInt8] = []
    private var head = 0
    /// The stream offset of the first byte held.
    private(set) var offset = 0

    /// Bytes held.
    var count: Int { storage.count - head }

    /// Appends a copy of `bytes`.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if head > 0 {
            storage.removeSubrange(..<head)
            head = 0
        }
        storage.append(contentsOf: bytes)
    }

    /// Forgets the first `count` bytes.
    mutating func drop(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "cannot drop more bytes than are held")
        head += count
        offset += count
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        }
    }

    /// Calls `body` with the bytes held.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
    }

    /// The byte at `index`, counted from the front.
    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "the byte is not held")
        return storage[head + index]
    }

    /// A little-endian 16-bit number at `index`.
    func uint16(at index: Int) -> Int {
        Int(self[index]) | Int(self[index + 1]) << 8
    }

    /// A little-endian 32-bit number at `index`.
    func uint32(at index: Int) -> Int {
        uint16(at: index) | uint16(at: index + 2) << 16
    }

    /// A little-endian 64-bit number at `index`; those above `Int.max` wrap to negative ones.
    func int64(at index: Int) -> Int {
        uint32(at: index) | uint32(at: index + 4) << 32
    }

    /// A big-endian number of `count` bytes, at most eight, at `index`; of eight, those above `Int.max` wrap to
    /// negative ones.
    func bigEndian(_ count: Int, at index: Int) -> Int {
        (0..<count).reduce(0) { $0 << 8 | Int(self[index + $1]) }
    }

    /// Up to `count` bytes from `index` on, for messages.
    func prefix(_ count: Int, at index: Int = 0) -> [UInt8] {
        (index..<max(index, min(index + count, self.count))).map { self[$0] }
    }

    /// Whether the bytes at `index` are `text`, as far as they are held. True for a cut prefix, even an empty one.
    func mayStart(_ text: StaticString, at index: Int = 0) -> Bool {
        let held = min(text.utf8CodeUnitCount, count - index)
        for i in 0..<max(0, held) where self[index + i] != text.utf8Start[i] { return false }
        return true
    }

    /// Whether the bytes at `index` are `text`, whole.
    func has(_ text: StaticString, at index: Int = 0) -> Bool {
        index + text.utf8CodeUnitCount <= count && mayStart(text, at: index)
    }
}

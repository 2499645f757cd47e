// A fuzz target for the reader of audio streams. The first byte picks how the rest is cut and with which options it is
// read; whatever the bytes are, the reader must come to its end without a trap, speak in the promised order, and say
// the same whatever the cut.

import Audio

/// Feeds one input to an `AudioReader` until it is finished.
func fuzzAudio(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    var options = AudioOptions()
    options.bufferLimitBytes = 1 << 16
    options.endsAtDeclaredLength = choice & 1 != 0
    options.outputRate = choice & 2 != 0 ? 8000 : 16_000
    options.channel = choice & 4 != 0 ? 1 : nil
    if choice & 0x38 == 0x38 {
        options.container = .raw(RawFormat(encoding: .s24le, sampleRate: 16_000, channels: 2))
    }
    let sizes = [1, 2, 7, 64, 1000, 4096, 65_536, 13]
    let idleEvery = choice & 0xC0 == 0xC0 ? 5 : nil
    let said = feed(bytes.dropFirst(), cut: sizes[Int(choice >> 3) & 7], idleEvery: idleEvery, options)
    // Where no idle time comes between, the cut makes no difference.
    if idleEvery == nil {
        let other = feed(bytes.dropFirst(), cut: 31, idleEvery: nil, options)
        if other != said { fatalError("the cut made a difference: \(said), in pieces of 31 bytes \(other)") }
    }
}

/// What a reader says of `bytes`, and the samples in one number.
private func feed(
    _ bytes: Slice<UnsafeRawBufferPointer>, cut: Int, idleEvery: Int?, _ options: AudioOptions
) -> [String] {
    var reader = AudioReader(options)
    var samples: [Float] = []
    var isOpen = false
    var said: [String] = []
    var sum: UInt64 = 0
    func drain(_ reader: inout AudioReader) {
        while true {
            let item = reader.next(&samples)
            switch item {
            case .samples: for sample in samples { sum = sum &* 31 &+ UInt64(sample.bitPattern) }
            case .needsBytes: break
            default: said.append("\(sum) \(item)")
            }
            switch item {
            case .begin:
                precondition(!isOpen, "an utterance opened inside another")
                isOpen = true
            case .samples:
                precondition(isOpen && (1...AudioReader.largestBlock).contains(samples.count), "samples out of place")
                precondition(samples.allSatisfy(\.isFinite), "a sample is no number")
            case .end(let error):
                precondition(isOpen || error != nil, "an end that ends nothing and says nothing")
                isOpen = false
            case .warning: break
            case .failure: precondition(!isOpen, "a failure left an utterance open")
            case .needsBytes: return
            case .finished:
                precondition(!isOpen, "the stream finished inside an utterance")
                return
            }
        }
    }
    var rest = UnsafeRawBufferPointer(rebasing: bytes)
    var pieces = 0
    while !rest.isEmpty {
        let size = min(cut, rest.count)
        reader.append(UnsafeRawBufferPointer(rebasing: rest[..<size]))
        rest = UnsafeRawBufferPointer(rebasing: rest[size...])
        drain(&reader)
        pieces += 1
        if let idleEvery, pieces % idleEvery == 0 {
            reader.endUtterance()
            drain(&reader)
        }
    }
    reader.finish()
    drain(&reader)
    return said
}

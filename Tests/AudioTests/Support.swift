// What the tests of Audio share: a reader run to its end over any cut.

import Audio
import TestSupport
import Testing

/// Everything that a reader said about a stream.
struct Transcript: Equatable {
    struct Utterance: Equatable {
        var format: AudioFormat
        /// Bit patterns, so that equal means equal to the bit.
        var bits: [UInt32] = []
        /// nil while open; `.some(nil)` when it ended well.
        var end: AudioError??
        var samples: [Float] { bits.map { Float(bitPattern: $0) } }
        var code: String? { (end ?? nil)?.code }
    }
    var utterances: [Utterance] = []
    /// Errors said outside of utterances by `.end`.
    var strayEnds: [AudioError] = []
    /// Recordings that could not be read.
    var failures: [AudioError] = []
    var warnings: [AudioWarning] = []

    /// The only one of them.
    var failure: AudioError? { failures.count == 1 ? failures[0] : nil }
    var onlySamples: [Float] { utterances.count == 1 ? utterances[0].samples : [] }
    var onlyCode: String? { utterances.count == 1 ? utterances[0].code : nil }
    var isOneWholeUtterance: Bool { utterances.count == 1 && utterances[0].end == .some(nil) && failures.isEmpty }

    /// Adds what `next` said; checks the order that `AudioItem` promises.
    mutating func note(_ item: AudioItem, _ samples: [Float]) {
        let isOpen = utterances.last.map { $0.end == nil } ?? false
        switch item {
        case .needsBytes: break
        case .begin(let format):
            #expect(!isOpen)
            utterances.append(Utterance(format: format))
        case .samples:
            #expect(isOpen && !samples.isEmpty && samples.count <= AudioReader.largestBlock)
            if isOpen { utterances[utterances.count - 1].bits += samples.map(\.bitPattern) }
        case .end(let error):
            if isOpen {
                utterances[utterances.count - 1].end = .some(error)
            } else if let error {
                strayEnds.append(error)
            }
        case .failure(let error):
            #expect(!isOpen)
            failures.append(error)
        case .warning(let warning): warnings.append(warning)
        case .finished: #expect(!isOpen)
        }
    }
}

/// Hands more bytes to a reader; how many samples that gives.
func feed(_ bytes: [UInt8], to reader: inout AudioReader) -> Int {
    bytes.withUnsafeBytes { reader.append($0) }
    var samples: [Float] = [], count = 0
    while true {
        switch reader.next(&samples) {
        case .samples: count += samples.count
        case .needsBytes, .finished: return count
        default: break
        }
    }
}

/// How a stream is cut.
enum Cut { case whole, every(Int), random(UInt64) }

/// Reads `bytes` to the end.
func transcribe(_ bytes: [UInt8], _ options: AudioOptions = AudioOptions(), cut: Cut = .whole) -> Transcript {
    var reader = AudioReader(options)
    var transcript = Transcript()
    var samples: [Float] = []
    var random = Random(seed: 0)
    if case .random(let seed) = cut { random = Random(seed: seed) }
    func drain(_ reader: inout AudioReader) {
        while true {
            let item = reader.next(&samples)
            transcript.note(item, samples)
            if item == .needsBytes || item == .finished { return }
        }
    }
    var start = 0
    while start < bytes.count {
        let size =
            switch cut {
            case .whole: bytes.count
            case .every(let size): size
            case .random: Int.random(in: 1...977, using: &random)
            }
        let end = min(bytes.count, start + size)
        bytes[start..<end].withUnsafeBytes { reader.append($0) }
        drain(&reader)
        start = end
    }
    reader.finish()
    drain(&reader)
    return transcript
}

/// Options for a stream whose samples must pass as they are.
func atRate(_ rate: Int, _ change: (inout AudioOptions) -> Void = { _ in }) -> AudioOptions {
    var options = AudioOptions()
    options.outputRate = rate
    change(&options)
    return options
}

/// The floats that 16-bit samples are.
func floats(_ samples: [Int16]) -> [Float] { samples.map { Float($0) / 32768 } }

/// Noise that repeats.
func noise(_ count: Int, seed: UInt64 = 1) -> [Int16] {
    var random = Random(seed: seed)
    return (0..<count).map { _ in Int16.random(in: -20000...20000, using: &random) }
}

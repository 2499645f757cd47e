// What the tests of this target share: golden tensors, a signal, and ways to run an extractor.

import Features
import Foundation
import TestSupport
import Testing

/// A safetensors file of Tests/Golden: 8 bytes of header length, JSON, then the tensors' bytes, little-endian.
struct Golden {
    private let header: [String: Entry]
    private let body: Data

    private struct Entry: Decodable {
        var dtype: String?
        var shape: [Int]?
        var data_offsets: [Int]?
    }

    init(_ name: String) throws {
        let data = try Data(contentsOf: Repository.golden.appendingPathComponent("\(name).safetensors"))
        let length = data.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        header = try JSONDecoder().decode([String: Entry].self, from: data.dropFirst(8).prefix(length))
        body = Data(data.dropFirst(8 + length))
    }

    /// A tensor of two dimensions as rows; one of one dimension as one row.
    func rows(_ name: String) throws -> [[Double]] {
        let entry = try #require(header[name], "no tensor \(name)")
        let range = try #require(entry.data_offsets)
        let bytes = Array(body[range[0]..<range[1]])
        let values: [Double] =
            switch entry.dtype {
            case "F64": bytes.loaded(as: UInt64.self).map(Double.init(bitPattern:))
            case "F32": bytes.loaded(as: UInt32.self).map { Double(Float(bitPattern: $0)) }
            case "I16": bytes.loaded(as: Int16.self).map(Double.init)
            default: []
            }
        let width = try #require(entry.shape?.last)
        try #require(!values.isEmpty, "\(name) has an unknown type")
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
}

extension [UInt8] {
    fileprivate func loaded<Word: FixedWidthInteger>(as type: Word.Type) -> [Word] {
        withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size).map {
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Word.self))
            }
        }
    }
}

/// Half a second of speech at 16 kHz, in -1 to 1: what the golden values were made from.
func speech() throws -> [Float] {
    try Golden("logmel").rows("pcm_i16")[0].map { Float($0 / 32768) }
}

/// Runs one utterance through an extractor; `cut` gives the length of each piece.
func steps(
    _ extractor: inout FeatureExtractor, _ plan: FeaturePlan, _ samples: [Float], cut: () -> Int = { 1000 }
) -> [[Float]] {
    var steps: [[Float]] = []
    var step = [Float](repeating: 0, count: plan.stepFeatures)
    func take(_ extractor: inout FeatureExtractor) {
        while step.withUnsafeMutableBufferPointer({ extractor.next(into: $0) }) { steps.append(step) }
    }
    var at = 0
    while at < samples.count {
        let end = min(samples.count, at + cut())
        while at < end {
            at += samples[at..<end].withUnsafeBufferPointer { extractor.append($0) }
            take(&extractor)
        }
    }
    extractor.finish()
    take(&extractor)
    #expect(extractor.consumedSamples == samples.count)
    #expect(extractor.producedSteps == steps.count)
    return steps
}

/// Runs one utterance through a new extractor.
func steps(
    _ frontEnd: FrontEnd, _ samples: [Float], normalisation: Normalisation? = nil, cut: () -> Int = { 1000 }
) throws -> [[Float]] {
    let plan = try FeaturePlan(frontEnd, normalisation: normalisation)
    var extractor = FeatureExtractor(plan)
    return steps(&extractor, plan, samples, cut: cut)
}

/// The largest |a - b|; infinite if the shapes differ or a value is not a number.
func largestDifference(_ a: [[Float]], _ b: [[Double]]) -> Double {
    guard a.map(\.count) == b.map(\.count) else { return .infinity }
    return zip(a.joined(), b.joined()).reduce(0) { worst, pair in
        let difference = abs(Double(pair.0) - pair.1)
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}

/// A reproducible stream of numbers (Knuth's MMIX constants).
struct Noise: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }

    /// Samples in -0.5 to 0.5.
    static func samples(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var noise = Noise(state: seed)
        return (0..<count).map { _ in Float.random(in: -0.5...0.5, using: &noise) }
    }
}

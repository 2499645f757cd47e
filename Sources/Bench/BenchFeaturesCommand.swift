// heard-bench features: the front end on a minute of sound that arrives in pieces of 10 ms, in the peers' JSON lines.

import ArgumentParser
import Features
import Foundation
import Pipeline
import Terminal

struct BenchFeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Measure the front end: log-mel of 80 bands at 16 kHz, 25 ms every 10 ms.")

    @Option(help: "The folder with speech16.s16 that the peers' gen_data.py writes; noise when absent.")
    var data: String?
    @OptionGroup var timer: BenchTimer

    private static let seconds = 60

    func run() throws {
        let plan = try FeaturePlan(FrontEnd())
        let samples = try samples(count: Self.seconds * plan.frontEnd.sampleRate)
        var extractor = FeatureExtractor(plan)
        let step = UnsafeMutableBufferPointer<Float>.allocate(capacity: plan.stepFeatures)
        defer { step.deallocate() }
        var frames = 0
        let place = BenchPlace(peer: "heard", name: "D/logmel80")
        let median = timer.timeWhole(place, work: Double(Self.seconds), unit: "audio_s/s") {
            frames = Self.extract(samples, &extractor, into: step)
        }
        place.print("us_per_frame", median / Double(frames) * 1e6, "us/frame")
    }

    /// All frames of the samples, which come in pieces of 10 ms. Returns how many.
    private static func extract(
        _ samples: [Float], _ extractor: inout FeatureExtractor, into step: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        samples.withUnsafeBufferPointer { samples in
            extractor.reset()
            for start in stride(from: 0, to: samples.count, by: 160) {
                var piece = UnsafeBufferPointer(rebasing: samples[start..<min(start + 160, samples.count)])
                while !piece.isEmpty {
                    piece = UnsafeBufferPointer(rebasing: piece[extractor.append(piece)...])
                    while extractor.next(into: step) {}
                }
            }
            return extractor.producedSteps
        }
    }

    /// A minute of samples in -1 to 1; silence follows what is shorter.
    private func samples(count: Int) throws -> [Float] {
        guard let data else { return SelfTest.signal(samples: count) }
        let path = "\(data)/speech16.s16"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw BenchError("cannot read \(path); gen_data.py of the peers writes it")
        }
        var samples = [Float](repeating: 0, count: count)
        bytes.withUnsafeBytes { bytes in
            for index in 0..<min(count, bytes.count / 2) {
                let sample = bytes.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self)
                samples[index] = Float(Int16(littleEndian: sample)) / 32_768
            }
        }
        return samples
    }
}

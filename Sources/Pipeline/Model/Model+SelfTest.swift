// A model file carries what its networks answered on a known signal when it was made. A daemon says READY only after it
// has got the same answer: a damaged file, a wrong kernel or a broken library shows before the first stream.

import Features
import Recurrent

/// What the networks answer to ``signal(samples:)``.
package struct SelfTest: Codable, Sendable, Equatable {
    /// Length of the signal, in samples.
    package var samples: Int
    /// Means of the outputs over all steps, by network.
    package var online: [Float]
    package var offline: [Float]?

    /// Differences up to this are rounding.
    package static let tolerance: Float = 1e-3

    /// Floats that answers may take: 256 MB. Of a real model they are a thousandth of it.
    private static let mostFloats = 1 << 26

    /// Whether the answers of some networks to so many steps can be taken.
    static func isModest(steps: Int, _ networks: [RecurrentNetwork]) -> Bool {
        networks.allSatisfy { steps <= mostFloats / Swift.max($0.width, $0.inputs, 1) }
    }

    /// - Throws: ``ModelError/selfTest(reading:difference:tolerance:)`` when one of some means is not what it should
    ///   be.
    static func compare(_ expected: [Float], _ found: [Float], reading: String) throws(ModelError) {
        let difference = zip(expected, found).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
        guard difference <= tolerance else {
            throw .selfTest(reading: reading, difference: difference, tolerance: tolerance)
        }
    }

    /// Noise from a linear congruential generator under a slow triangle: exact in 32-bit floats on every machine.
    package static func signal(samples: Int) -> [Float] {
        var seed: UInt32 = 1
        return (0..<samples).map { index in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            let noise = Float(Int32(bitPattern: seed) >> 16) / 32_768
            let ramp = Float(abs(index % 4_096 - 2_048)) / 4_096
            return noise * ramp
        }
    }
}

extension Model {
    /// Runs both networks on the signal.
    package func answer(samples: Int) -> SelfTest {
        let (steps, count) = features.steps(of: SelfTest.signal(samples: samples))
        precondition(count > 0, "the self-test's signal is shorter than one step")
        func means(_ network: RecurrentNetwork) -> [Float] {
            let outputs = network.read(steps, steps: count)
            return (0..<network.outputs).map { output in
                (0..<count).reduce(0) { $0 + outputs.pointer[$1 * network.outputs + output] } / Float(count)
            }
        }
        return SelfTest(samples: samples, online: means(online), offline: offline.map(means))
    }

    /// Compares the networks' answers with those in the file; those of the gate too.
    /// - Throws: ``ModelError/selfTest(reading:difference:tolerance:)``, or ``ModelError/metadata(key:reason:)`` when
    ///   the file has none.
    package func runSelfTest() throws(ModelError) {
        guard let expected = file.selfTest else { throw .metadata(key: "self_test", reason: "it is not there") }
        guard (features.spanSamples * 2...10_000_000).contains(expected.samples),
            SelfTest.isModest(
                steps: (expected.samples + file.frontEnd.trailSamples) / features.stepSamples + 1,
                [online] + (offline.map { [$0] } ?? []))
        else {
            throw .metadata(key: "self_test", reason: "its signal of \(expected.samples) samples is absurd")
        }
        let found = answer(samples: expected.samples)
        let pairs = [
            ("online", expected.online, found.online), ("offline", expected.offline ?? [], found.offline ?? []),
        ]
        for (name, expected, found) in pairs {
            guard expected.count == found.count else {
                throw .metadata(
                    key: "self_test", reason: "its \(name) answer has another size than the network's output")
            }
            try SelfTest.compare(expected, found, reading: name)
        }
        try gate?.model.runSelfTest()
    }
}

extension FeaturePlan {
    /// All steps of a whole recording, [count, stepFeatures]: the streaming extractor fed to its end.
    package func steps(of samples: [Float]) -> (AlignedFloats, count: Int) {
        var extractor = FeatureExtractor(self)
        var rows: [Float] = []
        let step = AlignedFloats(count: stepFeatures)
        func collect(_ extractor: inout FeatureExtractor) {
            while extractor.next(into: UnsafeMutableBufferPointer(start: step.pointer, count: step.count)) {
                rows += step.values
            }
        }
        samples.withUnsafeBufferPointer { samples in
            var taken = 0
            while taken < samples.count {
                taken += extractor.append(UnsafeBufferPointer(rebasing: samples[taken...]))
                collect(&extractor)
            }
        }
        extractor.finish()
        collect(&extractor)
        return (AlignedFloats(rows), rows.count / stepFeatures)
    }
}

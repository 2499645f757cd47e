// A model file carries what its networks answered on a known signal when it was made. A daemon says READY only after it
// has got the same answer: a damaged file, a wrong kernel or a broken library shows before the first stream.

import Decoding
import Features
import Recurrent

/// What the networks answer to ``signal(samples:)``, or to so many tokens or vectors.
package struct SelfTest: Codable, Sendable, Equatable {
    /// Length of the signal, in samples or steps.
    package var samples: Int
    /// Means of the outputs over all steps, by network; an encoder-decoder's stand as the first.
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

    /// The mean of each output, of outputs [steps, outputs].
    static func means(_ outputs: [Float], steps: Int) -> [Float] {
        let count = outputs.count / max(steps, 1)
        return (0..<count).map { output in
            Float((0..<steps).reduce(0.0) { $0 + Double(outputs[$1 * count + output]) } / Double(steps))
        }
    }

    /// A token of a way that hops through the vocabulary.
    static func hop(_ step: Int, of vocabulary: TokenVocabulary) -> Int {
        Int((UInt64(step) * 7919) % UInt64(vocabulary.count))
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
    /// The length of the signal when a model is made: three seconds, or so many steps.
    package var selfTestLength: Int {
        switch file.kind {
        case .sound: 3 * sampleRate
        case .sequence: 256
        case .pairs: 64
        }
    }

    /// What the networks answer to a signal of so many samples, or steps; ``selfTestLength`` when nil.
    package func answer(_ length: Int? = nil) -> SelfTest {
        let length = length ?? selfTestLength
        let (x, steps) = selfTestSteps(length)
        func means(_ network: RecurrentNetwork?) -> [Float]? {
            network.map { SelfTest.means($0.read(x, steps: steps).values, steps: steps) }
        }
        return file.kind == .pairs
            ? SelfTest(samples: length, online: transducerMeans(length))
            : SelfTest(samples: length, online: means(online) ?? [], offline: means(offline))
    }

    /// Steps of the signal, [steps, inputs]: of noise; of tokens that hop through the vocabulary; or of what values can
    /// be.
    private func selfTestSteps(_ length: Int) -> (AlignedFloats, count: Int) {
        switch file.kind {
        case .sound:
            let (steps, count) = features.steps(of: SelfTest.signal(samples: length))
            precondition(count > 0, "the self-test's signal is shorter than one step")
            return (steps, count)
        case .sequence:
            let x = AlignedFloats(count: length * inputs)
            for step in 0..<length { write(selfTestStep: step, to: x.pointer + step * inputs) }
            return (x, length)
        case .pairs: return (AlignedFloats(count: 0), 0)
        }
    }

    private func write(selfTestStep step: Int, to x: UnsafeMutablePointer<Float>) {
        if let encoder {
            let token = SelfTest.hop(step, of: encoder.vocabulary)
            if encoder.subwords == nil {
                encoder.write(token, to: x)
            } else {
                encoder.write(encoder.vocabulary.tokens[token], to: x)
            }
            return
        }
        for index in 0..<inputs {
            let hop = Float((step * 7919 + index * 104_729) % 1009) / 1008
            x[index] = file.vectors?.encoding == .indices ? (hop > 0.95 ? 1 : 0) : 2 * hop - 1
        }
    }

    /// The means of the answers when `steps` tokens of the target stand against half as many of the source.
    private func transducerMeans(_ steps: Int) -> [Float] {
        let stream = TargetStream(self)
        stream.begin((0..<max(1, steps / 2)).map { SelfTest.hop($0, of: tokens) })
        let answers = (0..<steps).flatMap { stream.read(SelfTest.hop($0, of: target)) }
        return SelfTest.means(answers, steps: steps)
    }

    /// Compares the networks' answers with those in the file; those of the gate too.
    /// - Throws: ``ModelError/selfTest(reading:difference:tolerance:)``, or ``ModelError/metadata(key:reason:)`` when
    ///   the file has none, or an absurd one.
    package func runSelfTest() throws(ModelError) {
        func refuse(_ reason: String) -> ModelError { .metadata(key: "self_test", reason: reason) }
        guard let expected = file.selfTest else { throw refuse("it is not there") }
        guard isModest(expected.samples) else { throw refuse("its signal of \(expected.samples) samples is absurd") }
        let found = answer(expected.samples), first = file.kind == .pairs ? "transducer" : "online"
        for (name, expected, found) in [
            (first, expected.online, found.online), ("offline", expected.offline ?? [], found.offline ?? []),
        ] {
            guard expected.count == found.count else {
                throw refuse("its \(name) answer has another size than the network's output")
            }
            try SelfTest.compare(expected, found, reading: name)
        }
        try gate?.model.runSelfTest()
    }

    /// Whether the answers to a signal of so many samples, or steps, can be taken.
    private func isModest(_ length: Int) -> Bool {
        let networks = [online, offline].compactMap(\.self)
        switch file.kind {
        case .sound:
            let steps = { (length + self.file.frontEnd.trailSamples) / self.features.stepSamples + 1 }
            return (features.spanSamples * 2...10_000_000).contains(length)
                && SelfTest.isModest(steps: steps(), networks)
        case .sequence: return (1...4096).contains(length) && SelfTest.isModest(steps: length, networks)
        case .pairs:
            let networks = [transducer.encoder, transducer.lower, transducer.upper]
            return (1...4096).contains(length) && SelfTest.isModest(steps: length, networks)
        }
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

import Recurrent
import TestSupport
import Testing
import Training

@Suite struct GradientClippingTests {
    private func clip(_ clipping: GradientClipping, _ gradient: [Double]) -> (norm: Double, gradient: [Double]) {
        var gradient = gradient
        let norm = clipping(&gradient, count: gradient.count)
        return (norm, gradient)
    }

    @Test func theNormIsScaledDownAndReturned() {
        let (norm, gradient) = clip(GradientClipping(norm: 1), [3, 0, -4])
        #expect(norm == 5)
        #expect(greatestDifference(gradient, [0.6, 0, -0.8]) < 1e-6)
        #expect(clip(GradientClipping(norm: 6), [3, 0, -4]).gradient == [3, 0, -4])
        #expect(clip(GradientClipping(), [3, 0, -4]) == (5, [3, 0, -4]))
    }

    @Test func valuesAreBounded() {
        #expect(clip(GradientClipping(value: 1), [3, 0.5, -4]) == (25.25.squareRoot(), [1, 0.5, -1]))
        let both = clip(GradientClipping(norm: 0.75, value: 1), [3, 0.5, -4])
        #expect(greatestDifference(both.gradient, [0.5, 0.25, -0.5]) < 1e-6)
    }

    @Test func whatIsNotFiniteIsLeftAlone() {
        let (norm, gradient) = clip(GradientClipping(norm: 1, value: 1), [3, .infinity])
        #expect(norm == .infinity && gradient == [3, .infinity])
        #expect(clip(GradientClipping(norm: 1), [3, .nan]).norm.isNaN)
    }

    @Test func optionsAreReadAndRefused() throws {
        #expect(try decode(#"{"norm":5}"#) == GradientClipping(norm: 5))
        #expect(try recoded(GradientClipping(norm: 5, value: 2)) == GradientClipping(norm: 5, value: 2))
        #expect(
            refusal(#"{"norms":5}"#, as: GradientClipping.self)
                == #"gradient clipping has no "norms"; it has norm, value"#)
        #expect(
            refusal(#"{"value":0}"#, as: GradientClipping.self)
                == #""value" of gradient clipping is 0.0; use a number above 0"#)
    }
}

@Suite struct ExplosionDetectorTests {
    private let table = ParameterTable([
        .linear(LinearDescription(name: "one", inputs: 2, outputs: 1)),
        .linear(LinearDescription(name: "two", inputs: 1, outputs: 1)),
    ])

    private func gradient(_ name: String, _ value: Float) -> [Float] {
        var gradient = [Float](repeating: 0.5, count: table.count)
        gradient[table[name].offset] = value
        return gradient
    }

    @Test func whatIsNotANumberIsFoundAtOnce() {
        var detector = ExplosionDetector()
        let found = detector.observe(norm: .nan, gradient: gradient("two.weight", .nan), table: table)
        #expect(found?.tensor == "two.weight" && found?.median == nil && found?.tensorNorm.isNaN == true)
        #expect(detector.norms.isEmpty)
    }

    @Test func aBlowUpIsFarAboveTheMedianAndTheBound() {
        var detector = ExplosionDetector()
        (detector.factor, detector.bound, detector.window) = (10, 50, 20)
        let ordinary = gradient("one.weight", 1)
        for step in 0..<9 { #expect(detector.observe(norm: Double(step), gradient: ordinary, table: table) == nil) }
        // Nine norms have no median yet.
        #expect(detector.observe(norm: 1000, gradient: ordinary, table: table) == nil)
        for norm in [45, 49.0] { #expect(detector.observe(norm: norm, gradient: ordinary, table: table) == nil) }
        let found = detector.observe(norm: 100, gradient: gradient("one.bias", -99), table: table)
        #expect(found?.tensor == "one.bias" && found?.norm == 100 && found?.tensorNorm == 99 && found?.median == 6)
        for _ in 0..<30 { _ = detector.observe(norm: 11, gradient: ordinary, table: table) }
        #expect(detector.norms == [Double](repeating: 11, count: 20))
        #expect(detector.observe(norm: 109, gradient: ordinary, table: table) == nil)
    }

    @Test func optionsAreReadAndRefused() throws {
        var expected = ExplosionDetector()
        expected.factor = 7
        #expect(try decode(#"{"factor":7}"#) == expected)
        expected.norms = [1, 2]
        #expect(try recoded(expected).norms.isEmpty)
        #expect(
            refusal(#"{"norms":[]}"#, as: ExplosionDetector.self)
                == #"explosion detection has no "norms"; it has factor, bound, window"#)
    }
}

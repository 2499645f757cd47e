// The logarithm against Foundation's in Double. Over all 2,130,706,432 positive normal floats the largest error is
// 0.835 units in the last place, near 1.405. Tried here: a fifth of those from 1/2 to 2, where the result is small, and
// a sample of every other binade.

import Features
import Foundation
import Testing

@Suite struct LogarithmTests {
    /// The smallest floor that an option may have: nothing above it is touched.
    private let log = FrontEnd.Log.floor(Double(Float.leastNormalMagnitude))

    /// The largest error in units of the last place of the exact result, over floats of consecutive bit patterns.
    private func largestError(_ bits: some Sequence<UInt32>) -> Double {
        let x = bits.map(Float.init(bitPattern:))
        var y = [Float](repeating: .nan, count: x.count)
        log.apply(x, into: &y, count: x.count)
        return zip(x, y).reduce(0) { worst, pair in
            let exact = Foundation.log(Double(pair.0))
            let error = abs(Double(pair.1) - exact) / Double(max(Float(exact).ulp, .leastNormalMagnitude))
            return error.isNaN ? .infinity : max(worst, error)
        }
    }

    @Test func aroundOne() {
        #expect(largestError(stride(from: Float(0.5).bitPattern, through: Float(2).bitPattern, by: 5)) < 0.84)
    }

    @Test func everyBinade() {
        let normal = Float.leastNormalMagnitude.bitPattern...Float.greatestFiniteMagnitude.bitPattern
        #expect(largestError(stride(from: normal.lowerBound, through: normal.upperBound, by: 997)) < 0.84)
        #expect(largestError([normal.lowerBound, normal.upperBound]) < 0.84)
    }

    @Test func exactValues() {
        #expect(naturalLogarithm(1) == 0)
        for k in -126...127 {
            let x = Float(sign: .plus, exponent: k, significand: 1)
            #expect(
                abs(Double(naturalLogarithm(x)) - Double(k) * Foundation.log(2.0)) <= Double(naturalLogarithm(x).ulp))
        }
    }

    /// What several lanes compute at once is to the bit what one value alone gives, whatever the number of values.
    @Test(arguments: [FrontEnd.Log.floor(0.25), .offset(0.25)]) func lanesAreTheScalar(log: FrontEnd.Log) {
        for count in 0...67 {
            let x = Noise.samples(count).map { $0 + 0.5 }
            var y = [Float](repeating: .nan, count: count + 1)
            log.apply(x, into: &y, count: count)
            let expected = x.map { x in
                switch log {
                case .floor: naturalLogarithm(max(x, 0.25))
                case .offset: naturalLogarithm(x + 0.25)
                }
            }
            #expect(Array(y.prefix(count)) == expected)
            #expect(y[count].isNaN)
        }
    }
}

// The natural logarithm of energies, within 0.84 ulp of the exact one for every positive normal float (all were tried).
// With x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), and s = f / (2 + f):
//   ln x = k ln 2 + ln(1 + f),  ln(1 + f) = f - f²/2 + s (f²/2 + R(s²)),  R of degree 4 in s²
// R's coefficients and the split of ln 2 are those of Sun's fdlibm (FreeBSD e_logf.c). Only IEEE's + - * /, no branch
// and no fused multiply-add: the bits are the same on every machine, as those of libm's logf are not, and the compiler
// computes as many at once as a register holds.

/// ln x in single precision. x is positive, normal and finite; of anything else the result says nothing.
@inline(__always)
package func naturalLogarithm(_ x: Float) -> Float {
    let sqrtHalf: Int32 = 0x3F35_04F3
    let fromSqrtHalf = Int32(bitPattern: x.bitPattern) &- sqrtHalf
    let k = Float(fromSqrtHalf >> 23)
    let f = Float(bitPattern: UInt32(bitPattern: (fromSqrtHalf & 0x007F_FFFF) &+ sqrtHalf)) - 1

    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let r = z * (0xAAAAAAp-24 + w * 0x91E9EEp-25) + w * (0xCCCE13p-25 + w * 0xF89E26p-26)
    let halfSquare = 0.5 * f * f
    // The high part of ln 2 has 15 bits, so that k times it is exact.
    return s * (halfSquare + r) + k * 0x1.2FEFA2p-17 - halfSquare + f + k * 0x1.62E3p-1
}

extension FrontEnd.Log {
    /// y[i] = ln(max(x[i], floor)) or ln(x[i] + offset); x [count], 0 or above and finite. y [count] is not x, or the
    /// compiler could not take several at once.
    package func apply(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        switch self {
        case .floor(let floor):
            let floor = Float(floor)
            for i in 0..<count { y[i] = naturalLogarithm(x[i] > floor ? x[i] : floor) }
        case .offset(let offset):
            let offset = Float(offset)
            for i in 0..<count { y[i] = naturalLogarithm(x[i] + offset) }
        }
    }
}

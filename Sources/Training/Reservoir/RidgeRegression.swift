// Linear regression with a penalty on the weights (ridge, Tikhonov; Hoerl and Kennard 1970), in 64 bits. Of rows x
// [features] and their targets y [outputs], n of them, it finds
//
//     min over W, b of  1/n Σ |y - W x - b|² + λ |W|²        W (C + λ I) = D,  b = mean(y) - W mean(x)
//
// C the covariance of x, D that of y with x. b has no penalty. C + λ I is factored by Cholesky. Rows are not kept: any
// number can be added.

/// Sums over rows, and the weights that they ask for.
package struct RidgeRegression: Sendable {
    package let features: Int
    package let outputs: Int
    /// Rows added.
    package private(set) var count = 0
    private var sumX: [Double]
    private var sumY: [Double]
    /// Σ x xᵀ, the lower triangle of [features, features].
    private var squares: [Double]
    /// Σ y xᵀ, [outputs, features].
    private var products: [Double]

    package init(features: Int, outputs: Int) {
        self.features = features
        self.outputs = outputs
        sumX = [Double](repeating: 0, count: features)
        sumY = [Double](repeating: 0, count: outputs)
        squares = [Double](repeating: 0, count: features * features)
        products = [Double](repeating: 0, count: features * outputs)
    }

    /// Adds a row: `x` [features], `y` [outputs].
    package mutating func add(_ x: [Float], _ y: [Float]) {
        precondition(x.count == features && y.count == outputs, "a row has as many numbers as there are features")
        let x = x.map(Double.init)
        count += 1
        squares.withUnsafeMutableBufferPointer { squares in
            for i in 0..<features {
                sumX[i] += x[i]
                let row = i * features
                for j in 0...i { squares[row + j] += x[i] * x[j] }
            }
        }
        for (k, value) in y.enumerated() {
            sumY[k] += Double(value)
            for i in 0..<features { products[k * features + i] += Double(value) * x[i] }
        }
    }

    /// The best weights under a penalty, above 0; nil when there are no rows, or they are so much alike that 64 bits do
    /// not do: take a greater penalty then.
    package func solve(penalty: Double) -> LinearReadout? {
        guard count > 0 else { return nil }
        let n = Double(count), meanX = sumX.map { $0 / n }, meanY = sumY.map { $0 / n }
        var covariance = squares
        for i in 0..<features {
            for j in 0...i {
                covariance[i * features + j] = squares[i * features + j] / n - meanX[i] * meanX[j]
            }
            covariance[i * features + i] += penalty
        }
        guard let factor = CholeskyFactor(covariance, size: features) else { return nil }
        var readout = LinearReadout(features: features, weight: [], bias: [])
        for k in 0..<outputs {
            let row = factor.solve((0..<features).map { products[k * features + $0] / n - meanY[k] * meanX[$0] })
            readout.weight += row
            readout.bias.append(meanY[k] - zip(row, meanX).reduce(0) { $0 + $1.0 * $1.1 })
        }
        return readout
    }
}

/// y = W x + b.
package struct LinearReadout: Sendable, Equatable {
    package var features: Int
    /// [outputs, features].
    package var weight: [Double]
    /// [outputs].
    package var bias: [Double]

    /// The outputs for a row [features].
    package func callAsFunction(_ x: [Float]) -> [Double] {
        bias.indices.map { k in
            x.indices.reduce(bias[k]) { $0 + weight[k * features + $1] * Double(x[$1]) }
        }
    }

    /// Mean over rows and outputs of the squared error; `x` row by row [rows, features], `y` [rows, outputs].
    package func error(_ x: [[Float]], _ y: [[Float]]) -> Double {
        let sum = zip(x, y).reduce(0.0) { sum, row in
            zip(self(row.0), row.1).reduce(sum) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
        }
        return sum / Double(max(x.count * bias.count, 1))
    }
}

/// A = L Lᵀ with a lower triangle L, of a symmetric, positive definite A.
struct CholeskyFactor {
    private let size: Int
    private var l: [Double]

    /// The factor of `matrix` [size, size], of which the lower triangle is read; nil when it is not positive definite.
    init?(_ matrix: [Double], size: Int) {
        var l = matrix
        let isDefinite = l.withUnsafeMutableBufferPointer { l in
            for i in 0..<size {
                for j in 0...i {
                    var sum = l[i * size + j]
                    for k in 0..<j { sum -= l[i * size + k] * l[j * size + k] }
                    if i == j {
                        guard sum > 0 else { return false }
                        l[i * size + i] = sum.squareRoot()
                    } else {
                        l[i * size + j] = sum / l[j * size + j]
                    }
                }
            }
            return true
        }
        guard isDefinite else { return nil }
        self.size = size
        self.l = l
    }

    /// x of A x = b.
    func solve(_ b: [Double]) -> [Double] {
        var x = b
        for i in 0..<size {
            for k in 0..<i { x[i] -= l[i * size + k] * x[k] }
            x[i] /= l[i * size + i]
        }
        for i in (0..<size).reversed() {
            for k in (i + 1)..<max(size, i + 1) { x[i] -= l[k * size + i] * x[k] }
            x[i] /= l[i * size + i]
        }
        return x
    }
}

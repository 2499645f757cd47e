// Functions by element and softmaxes in training. From y alone:
//
//     ReLU: dx = dy where y > 0      tanh: dy (1 - y²)      σ: dy y (1 - y)
//     softmax: y (dy - Σ dy y)       log-softmax: dy - e^y Σ dy

extension TrainingScalar {
    package static func add(_ x: UnsafePointer<Self>, to y: UnsafeMutablePointer<Self>, count: Int) {
        for i in 0..<count { y[i] += x[i] }
    }

    package static func squares(_ x: UnsafePointer<Self>, count: Int) -> Double {
        var sum = 0.0
        for i in 0..<count { sum += Double(x[i]) * Double(x[i]) }
        return sum
    }

    package static func apply(_ activation: Activation, _ y: UnsafeMutablePointer<Self>, count: Int) {
        switch activation {
        case .relu: for i in 0..<count { y[i] = max(0, y[i]) }
        case .tanh: for i in 0..<count { y[i] = tanh(y[i]) }
        case .sigmoid: for i in 0..<count { y[i] = sigmoid(y[i]) }
        case .softmax, .logSoftmax:
            var greatest = y[0], sum: Self = 0
            for i in 0..<count { greatest = max(greatest, y[i]) }
            for i in 0..<count { sum += exp(y[i] - greatest) }
            let shift = greatest + log(sum)
            for i in 0..<count { y[i] = activation == .softmax ? exp(y[i] - shift) : y[i] - shift }
        }
    }

    package static func backward(
        _ activation: Activation, y: UnsafePointer<Self>, gradient: UnsafeMutablePointer<Self>, count: Int
    ) {
        switch activation {
        case .relu: for i in 0..<count where y[i] <= 0 { gradient[i] = 0 }
        case .tanh: for i in 0..<count { gradient[i] *= 1 - y[i] * y[i] }
        case .sigmoid: for i in 0..<count { gradient[i] *= y[i] * (1 - y[i]) }
        case .softmax:
            var along: Self = 0
            for i in 0..<count { along += gradient[i] * y[i] }
            for i in 0..<count { gradient[i] = y[i] * (gradient[i] - along) }
        case .logSoftmax:
            var sum: Self = 0
            for i in 0..<count { sum += gradient[i] }
            for i in 0..<count { gradient[i] -= exp(y[i]) * sum }
        }
    }
}

// The plain cell in training. With a = W x + b + U h + c and h' = f(a):
//
//     da = dh' * f'(a)        tanh: 1 - h'²        ReLU: 1 where h' > 0

extension TrainingScalar {
    package static func rnnForward(_ rows: CellRows<Self>, _ nonlinearity: Nonlinearity) {
        let count = rows.count * rows.units
        add(rows.state, to: rows.gates, count: count)
        apply(nonlinearity == .tanh ? .tanh : .relu, rows.gates, count: count)
        rows.next.update(from: rows.gates, count: count)
    }

    package static func rnnBackward(_ rows: CellRows<Self>, _ nonlinearity: Nonlinearity) {
        let count = rows.count * rows.units
        // Not in place: the gradient of h' is reported.
        rows.state.update(from: rows.next, count: count)
        backward(nonlinearity == .tanh ? .tanh : .relu, y: rows.gates, gradient: rows.state, count: count)
        rows.gates.update(from: rows.state, count: count)
        rows.previousGradient.update(repeating: 0, count: count)
    }
}

// Depth and direction in training: the wrappers of RecurrentStack.swift, forward and backward.

/// A stack of recurrent layers in training.
struct TrainedStack<Real: TrainingScalar>: Sendable {
    let description: RecurrentDescription
    /// Directions by layer.
    let layers: [[TrainedDirection<Real>]]

    init(_ description: RecurrentDescription, table: ParameterTable, _ arithmetic: Arithmetic) {
        self.description = description
        let h0 = table.find("\(description.name).h0"), c0 = table.find("\(description.name).c0")
        layers = (0..<description.layers).map { layer in
            description.suffixes(ofLayer: layer).enumerated().map { direction, suffix in
                let index = layer * description.directions + direction
                return TrainedDirection(
                    cell: TrainedCell(description, layer: layer, suffix: suffix, table: table, arithmetic),
                    isBackward: direction == 1, h0: h0.map { $0.offset + index * description.hiddenSize },
                    c0: c0.map { $0.offset + index * description.units })
            }
        }
    }

    func pack(_ parameters: UnsafePointer<Real>) {
        for direction in layers.joined() { direction.cell.pack(parameters) }
    }

    /// `x` [rows, inputs] to [rows, outputs].
    func forward(_ x: UnsafePointer<Real>, pass: TrainingPass<Real>)
        -> (y: UnsafePointer<Real>, tapes: [[DirectionTape<Real>]])
    {
        var x = x
        let tapes = layers.map { directions in
            let tapes = directions.map { $0.forward(x, pass: pass, carried: pass.states?.next()) }
            x = tapes.count == 1 ? UnsafePointer(tapes[0].h) : merge(tapes, pass)
            return tapes
        }
        return (x, tapes)
    }

    /// From the gradient of the outputs to that of the inputs.
    func backward(_ tapes: [[DirectionTape<Real>]], dy: UnsafeMutablePointer<Real>, pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        var dy = dy
        for (layer, directions) in layers.enumerated().reversed() {
            let dx = pass.memory.take(pass.batch.rows * description.inputs(ofLayer: layer))
            let mark = pass.memory.mark
            for (index, direction) in directions.enumerated() {
                let dh = directions.count == 1 ? dy : part(index, of: dy, pass)
                let isMemoryWanted = pass.reportMemory != nil && description.cell.hasMemory
                let memories = isMemoryWanted ? pass.memory.take(pass.batch.rows * description.units) : nil
                direction.backward(
                    tapes[layer][index], dh: dh, dx: dx, start: index == 0 ? .zero : .sum, memories: memories,
                    pass: pass)
                let gradient = StateGradient(name: description.name, layer: layer, direction: index)
                if let memories { pass.reportMemory?(gradient, memories, description.units) }
                pass.report?(gradient, dh, description.hiddenSize)
            }
            pass.memory.release(to: mark)
            dy = dx
        }
        return dy
    }

    private func merge(_ tapes: [DirectionTape<Real>], _ pass: TrainingPass<Real>) -> UnsafePointer<Real> {
        let hidden = description.hiddenSize, width = description.outputs
        let y = pass.memory.take(pass.batch.rows * width)
        for row in 0..<pass.batch.rows {
            (y + row * width).update(from: tapes[0].h + row * hidden, count: hidden)
            switch description.merge {
            case .concatenate: (y + row * width + hidden).update(from: tapes[1].h + row * hidden, count: hidden)
            case .sum: Real.add(tapes[1].h + row * hidden, to: y + row * width, count: hidden)
            }
        }
        return UnsafePointer(y)
    }

    /// One direction's part of the gradient of the merged outputs.
    private func part(_ index: Int, of dy: UnsafePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let hidden = description.hiddenSize, width = description.outputs
        let first = description.merge == .concatenate ? index * hidden : 0
        let dh = pass.memory.take(pass.batch.rows * hidden)
        for row in 0..<pass.batch.rows { (dh + row * hidden).update(from: dy + row * width + first, count: hidden) }
        return dh
    }
}

import Foundation
import Recurrent
import TestSupport
import Testing

/// Networks that look ahead, and networks that are looked at.
@Suite struct ObserverTests {
    private static func input(_ count: Int) -> AlignedFloats {
        var random = Random(seed: 8)
        return AlignedFloats(random.floats(count, within: 2))
    }

    /// A step with all of its future is that step of the whole reading, to the bit.
    @Test(arguments: EveryCell.all, [false, true])
    func aStepWithItsWholeFuture(cell: EveryCell, bidirectional: Bool) throws {
        // A network that answers late has no such step.
        let description =
            bidirectional ? cell.bidirectional : cell.network.filter { if case .lookahead = $0 { false } else { true } }
        let steps = 29
        for weights in Weights.pure {
            let network = try RecurrentNetwork(description, tensors: weights.tensors(for: description))
            let x = Self.input(steps * 9), whole = network.read(x, steps: steps).values
            let state = NetworkState(network), scratch = NetworkScratch(network, rows: steps)
            let y = AlignedFloats(count: steps * network.outputs)
            var read: [Float] = []
            for step in 0..<steps {
                network.readFirst(
                    x.pointer + step * 9, steps: steps - step, state: state, scratch: scratch, output: y.pointer)
                read += y.values.prefix(network.outputs)
            }
            #expect(read.bits == whole.bits)
        }
    }

    /// Less future is another reading, and a state that was reset begins it anew.
    @Test func aStepWithLittleFuture() throws {
        let description = EveryCell.all[4].bidirectional, steps = 12
        let network = try RecurrentNetwork(description, tensors: Weights.pure[0].tensors(for: description))
        let x = Self.input(steps * 9), whole = network.read(x, steps: steps).values
        let state = NetworkState(network), scratch = NetworkScratch(network, rows: 3)
        let y = AlignedFloats(count: 3 * network.outputs)
        func read() -> [Float] {
            (0..<steps).flatMap { step -> [Float] in
                let count = min(3, steps - step)
                network.readFirst(x.pointer + step * 9, steps: count, state: state, scratch: scratch, output: y.pointer)
                return Array(y.values.prefix(network.outputs))
            }
        }
        let first = read()
        #expect(first != whole)
        // Its last step has all the future that there is, but its past had not.
        state.reset()
        #expect(read().bits == first.bits)
    }

    /// The states that are observed are those of the network that runs, however many steps are observed at once.
    @Test(arguments: EveryCell.all) func whatIsObservedIsWhatRuns(cell: EveryCell) throws {
        let description = cell.network, tensors = Weights.pure[0].tensors(for: description), steps = 17
        let network = try RecurrentNetwork(description, tensors: tensors)
        let observed = try ObservedNetwork(description, tensors: tensors, prefix: "")
        #expect(observed.layers.map(\.name) == ["low.l0", "low.l1", "top.l0"])
        let x = Self.input(steps * 9), state = NetworkState(network), observer = GateObserver(observed)
        let whole = observed.observe(x.pointer, steps: steps)
        var offset = 0
        for step in 0..<steps {
            let one = AlignedFloats(Array(x.values[(step * 9)..<(step * 9 + 9)]))
            _ = network.read(one, steps: 1, state: state)
            let activity = try #require(observer.observe(one.pointer, steps: 1).first)
            offset = 0
            for (layer, activity) in zip(observed.layers, activity) {
                let size = state.values.h.count / 3
                let h = state.values.h[offset..<(offset + size)]
                let norm = (h.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(size)).squareRoot()
                #expect(abs(activity.norm - norm) < 1e-4 * max(1, norm))
                #expect(activity.means.count == layer.gates.count && activity.saturated.count == layer.gates.count)
                #expect((activity.means + activity.saturated).allSatisfy { (0...1).contains($0) })
                offset += size
            }
            for (one, other) in zip(activity, whole[step]) {
                #expect(abs(one.norm - other.norm) < 1e-4 * max(1, one.norm))
            }
        }
        observer.reset()
        let again = observer.observe(x.pointer, steps: steps)
        #expect(again.count == steps && again[0].map(\.norm) == whole[0].map(\.norm))
    }

    /// The gates of a full GRU against its equations.
    @Test func gatesOfAGRU() throws {
        let units = 5, inputs = 3
        let description: [LayerDescription] = [
            .recurrent(RecurrentDescription(name: "net", cell: .gru(.after), inputs: inputs, units: units))
        ]
        let tensors = Weights.pure[0].tensors(for: description), x = Self.input(4 * inputs).values
        let activity = try ObservedNetwork(description, tensors: tensors, prefix: "").observe(x, steps: 4)
        let (w, u) = (try tensors.require("net.weight_ih_l0").values, try tensors.require("net.weight_hh_l0").values)
        let (b, c) = (try tensors.require("net.bias_ih_l0").values, try tensors.require("net.bias_hh_l0").values)
        var h = [Float](repeating: 0, count: units)
        for step in 0..<4 {
            func sum(_ row: Int) -> (input: Float, state: Float) {
                let input = (0..<inputs).reduce(b[row]) { $0 + w[row * inputs + $1] * x[step * inputs + $1] }
                return (input, (0..<units).reduce(c[row]) { $0 + u[row * units + $1] * h[$1] })
            }
            func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
            let r = (0..<units).map { sigmoid(sum($0).input + sum($0).state) }
            let z = (0..<units).map { sigmoid(sum(units + $0).input + sum(units + $0).state) }
            let n = (0..<units).map {
                2 * sigmoid(2 * (sum(2 * units + $0).input + r[$0] * sum(2 * units + $0).state)) - 1
            }
            h = (0..<units).map { (1 - z[$0]) * n[$0] + z[$0] * h[$0] }
            func mean(_ gate: [Float]) -> Double { Double(gate.reduce(0, +)) / Double(units) }
            func saturated(_ gate: [Float]) -> Double { Double(gate.count { $0 < 0.1 || $0 > 0.9 }) / Double(units) }
            let found = activity[step][0]
            #expect(abs(found.means[0] - (1 - mean(z))) < 1e-5 && abs(found.means[1] - mean(r)) < 1e-5)
            #expect(found.saturated == [saturated(z), saturated(r)])
        }
    }

    @Test func aNetworkWithoutRecurrentLayersCannotBeObserved() throws {
        let description: [LayerDescription] = [.linear(LinearDescription(name: "out", inputs: 3, outputs: 2))]
        #expect(throws: ModelError.self) {
            try ObservedNetwork(description, tensors: Weights.pure[0].tensors(for: description), prefix: "")
        }
    }
}

// The networks of one stream of steps: where its chunk stands, the state that is carried, and what is kept for the
// second reading.

import Decoding
import Recurrent

/// What one stream owns of a model of sequences.
final class SequenceNetwork {
    /// Steps of one walk through the network: it reads its weights once for all of them.
    static let chunk = 64

    private let model: SequenceModel
    var readings: Readings
    private let online: Online?
    private let x, y: AlignedFloats
    /// The sequence at hand, [steps, inputs], and its tokens; empty unless it is read again.
    private var kept: [Float] = []
    private(set) var keptTokens: [String?] = []

    /// The network that reads in one direction, and its state.
    private final class Online {
        let network: RecurrentNetwork
        let state: NetworkState
        let scratch: NetworkScratch

        init(_ network: RecurrentNetwork) {
            self.network = network
            state = NetworkState(network)
            scratch = NetworkScratch(network, rows: SequenceNetwork.chunk)
        }
    }

    init(_ model: SequenceModel, _ options: SequenceOptions) {
        self.model = model
        readings = options.readings
        online = model.online.map { Online($0) }
        x = AlignedFloats(count: Self.chunk * model.inputs)
        y = AlignedFloats(count: Self.chunk * model.outputs)
    }

    /// Where a step of the chunk is read from, [inputs].
    func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: x.pointer + index * model.inputs, count: model.inputs)
    }

    /// What the online network made of a step of the chunk, [outputs].
    func outputs(_ index: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: y.pointer + index * model.outputs, count: model.outputs)
    }

    /// Writes a token to a row.
    func write(_ token: Int, row index: Int) { model.write(token, to: row(index).baseAddress!) }

    /// Reads the first rows of the chunk, which stand for these tokens.
    func run(_ tokens: [String?]) {
        if readings.contains(.online) { advance(tokens.count) }
        guard readings.contains(.offline) else { return }
        kept.append(contentsOf: UnsafeBufferPointer(start: x.pointer, count: tokens.count * model.inputs))
        keptTokens += tokens
    }

    private func advance(_ steps: Int) {
        guard let online else { return }
        online.network.advance(
            x.pointer, steps: steps, state: online.state, scratch: online.scratch, output: y.pointer)
    }

    /// Reads one row that is no step of the stream, and gives what the network makes of it, [outputs].
    func readAhead() -> UnsafeBufferPointer<Float> {
        advance(1)
        return outputs(0)
    }

    /// The sequence at hand by the bidirectional network, [steps, outputs]; nil unless it is asked for.
    func readWhole() -> AlignedFloats? {
        guard readings.contains(.offline), let offline = model.offline, !keptTokens.isEmpty else { return nil }
        return offline.read(AlignedFloats(kept), steps: keptTokens.count)
    }

    /// Another sequence begins.
    func reset() {
        online?.state.reset()
        kept.removeAll(keepingCapacity: true)
        keptTokens.removeAll(keepingCapacity: true)
    }
}

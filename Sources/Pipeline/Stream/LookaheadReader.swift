// The bidirectional network while the sound arrives, with a limited future. Its forward direction carries its states
// from step to step; its backward direction begins anew for each step, as many steps ahead as the lookahead is, and
// comes back to it. The latency-controlled bidirectional network of Zhang et al. 2016 (arXiv:1510.08983), with chunks
// of one step: so each step knows exactly as much of the future, and each label waits exactly as long.
//
// With a lookahead longer than what is left of a recording this is the whole reading, to the bit. A step costs as much
// as 1 + lookahead steps of the whole reading.

import Recurrent

/// Reads one stream. Used by one thread at a time.
final class LookaheadReader {
    let network: RecurrentNetwork
    private let state: NetworkState
    private let scratch: NetworkScratch
    /// [1 + steps, outputs]; the first row counts.
    private let posteriors: AlignedFloats

    /// `steps`: steps of future.
    init(_ network: RecurrentNetwork, steps: Int) {
        self.network = network
        state = NetworkState(network)
        scratch = NetworkScratch(network, rows: steps + 1)
        posteriors = AlignedFloats(count: (steps + 1) * network.outputs)
    }

    /// The posteriors [outputs] of the first of `count` steps `window` [count, inputs], good until the next call.
    func read(_ window: UnsafePointer<Float>, count: Int) -> UnsafeMutablePointer<Float> {
        network.readFirst(window, steps: count, state: state, scratch: scratch, output: posteriors.pointer)
        return posteriors.pointer
    }

    func reset() { state.reset() }
}

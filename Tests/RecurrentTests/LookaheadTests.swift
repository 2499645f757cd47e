import Foundation
import Recurrent
import TestSupport
import Testing

/// The lookahead convolution by itself: its words, its sums and its bits. Among other layers it is in
/// ``EveryCell/network``, which the tests of batches, allocations, instruction sets and gradients run.
@Suite struct LookaheadTests {
    private static func lookahead(_ features: Int, _ steps: Int, _ name: String = "ahead") -> LayerDescription {
        .lookahead(LookaheadDescription(name: name, features: features, steps: steps))
    }

    private static func network(_ layers: [LayerDescription], _ set: InstructionSet = InstructionSet.all[0]) throws
        -> RecurrentNetwork
    {
        try RecurrentNetwork(layers, tensors: Weights.pure[0].tensors(for: layers), kernels: set.kernels)
    }

    // MARK: words

    @Test func survivesJSON() throws {
        let json = #"{"type":"lookahead","name":"ahead","features":320,"steps":5}"#
        let layer = try JSONDecoder().decode(LayerDescription.self, from: Data(json.utf8))
        #expect(layer == Self.lookahead(320, 5))
        let again = try JSONDecoder().decode(LayerDescription.self, from: JSONEncoder().encode(layer))
        #expect(again == layer)
        #expect(ParameterTable([layer])["ahead.weight"].shape == [320, 6])
    }

    @Test(arguments: [
        #"{"type":"lookahead","name":"a","features":3}"#, #"{"type":"lookahead","features":3,"steps":2}"#,
        #"{"type":"lookahead","name":"a","features":3,"steps":0}"#,
        #"{"type":"lookahead","name":"a","features":3,"steps":-1}"#,
        #"{"type":"lookahead","name":"a","features":3,"steps":201}"#,
        #"{"type":"lookahead","name":"a","features":3,"steps":2.5}"#,
        #"{"type":"lookahead","name":"a","features":3,"steps":2,"bias":true}"#,
    ])
    func refusesOtherWords(json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LayerDescription.self, from: Data(json.utf8))
        }
    }

    @Test func saysWhatIsWrong() throws {
        func refusal(_ layers: [LayerDescription], _ tensors: Tensors = Tensors()) -> String {
            do throws(ModelError) {
                _ = try RecurrentNetwork(layers, tensors: tensors)
                return "nothing"
            } catch {
                return error.description
            }
        }
        for steps in [Int.min, -1, 0, 201, .max] {
            #expect(refusal([Self.lookahead(3, steps)]).contains("it looks \(steps) steps ahead; 1 to 200 can be"))
        }
        #expect(refusal([Self.lookahead(0, 3)]).contains("0 values in"))
        let fitting: [LayerDescription] = [.residual([Self.lookahead(3, 2)])]
        #expect(refusal(fitting, Weights.pure[0].tensors(for: fitting)).contains("put it before or behind"))
        let both: [LayerDescription] = [
            .residual([
                .recurrent(
                    RecurrentDescription(
                        name: "both", cell: .rnn(.tanh), inputs: 3, units: 3, bidirectional: true, merge: .sum))
            ]), Self.lookahead(3, 2),
        ]
        #expect(refusal(both, Weights.pure[0].tensors(for: both)).contains("the bidirectional layer \"both\""))
        #expect(refusal([Self.lookahead(3, 2)]).contains("no tensor \"ahead.weight\""))
    }

    @Test func delaysAddUp() throws {
        let linear = LayerDescription.linear(LinearDescription(name: "in", inputs: 4, outputs: 6))
        let layers = [Self.lookahead(4, 200, "a"), linear, .activation(.tanh), Self.lookahead(6, 7, "b")]
        let network = try Self.network(layers)
        #expect(network.delaySteps == 207 && network.isStreaming)
        #expect(try Self.network([linear]).delaySteps == 0)
        // The states of recurrent layers are what they were.
        let state = NetworkState(network)
        #expect(state.values.h.isEmpty && state.bytes == 4 * (800 + 48))
    }

    // MARK: sums

    /// The formula of the papers, a column for each distance, and then `steps` late.
    @Test(arguments: InstructionSet.all, [1, 2, 5, 40])
    func isThePlainSumLate(set: InstructionSet, steps: Int) throws {
        for features in [1, 3, 16, 37] {
            let layers = [Self.lookahead(features, steps)]
            let network = try Self.network(layers, set)
            let w = try Weights.pure[0].tensors(for: layers).require("ahead.weight").values
            var random = Random(seed: features)
            let count = 33, x = AlignedFloats(random.floats(count * features, within: 2))
            let y = network.read(x, steps: count).values
            for s in 0..<count {
                for i in 0..<features {
                    var sum: Float = 0
                    for j in 0...steps where s - steps + j >= 0 {
                        sum += w[i * (steps + 1) + j] * x.pointer[(s - steps + j) * features + i]
                    }
                    #expect(y[s * features + i] == sum, "step \(s), feature \(i)")
                }
            }
        }
    }

    /// Cuts shorter and longer than what is remembered, layers after each other and after a GRU, streams beside each
    /// other.
    @Test(arguments: InstructionSet.all)
    func anyCutAndCompanyIsTheSameBits(set: InstructionSet) throws {
        let network = try Self.network(
            [
                Self.lookahead(5, 9, "first"),
                .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 5, units: 18)),
                Self.lookahead(18, 4, "second"), .activation(.relu), Self.lookahead(18, 1, "third"),
            ], set)
        var random = Random(seed: 2)
        let lengths = [70, 33, 9, 8, 1]
        let inputs = lengths.map { AlignedFloats(random.floats($0 * 5, within: 2)) }
        let whole = zip(inputs, lengths).map { network.read($0, steps: $1).values.bits }
        #expect(network.read(zip(inputs, lengths).map { ($0, $1) }, threads: 2).map(\.values.bits) == whole)
        let streams = zip(inputs, lengths).map { CutStream(network, $0, steps: $1) }
        let scratch = NetworkScratch(network, rows: 60, streams: streams.count)
        for round in 0..<40 {
            // Each round begins anew in the states of the round before, after a reset.
            for stream in streams { stream.restart() }
            let longest = [1, 3, 12][round % 3]
            while true {
                let waiting = streams.filter { $0.done < $0.steps }.shuffled(using: &random)
                guard !waiting.isEmpty else { break }
                let cuts = waiting.map { ($0, min($0.steps - $0.done, Int.random(in: 1...longest, using: &random))) }
                scratch.begin()
                for (stream, count) in cuts.sorted(by: { $0.1 > $1.1 }) { stream.add(count, to: scratch) }
                network.run(scratch)
            }
            #expect(streams.map(\.output.values.bits) == whole, "cuts of up to \(longest)")
        }
    }
}

/// A stream that is fed in pieces.
private final class CutStream {
    let input: AlignedFloats
    let output: AlignedFloats
    let steps: Int
    private let network: RecurrentNetwork
    private let state: NetworkState
    private(set) var done = 0

    init(_ network: RecurrentNetwork, _ input: AlignedFloats, steps: Int) {
        self.network = network
        self.input = input
        self.steps = steps
        output = AlignedFloats(count: steps * network.outputs)
        state = NetworkState(network)
    }

    func restart() {
        state.reset()
        output.clear()
        done = 0
    }

    func add(_ count: Int, to scratch: NetworkScratch) {
        scratch.add(
            state, steps: count, input: input.pointer + done * network.inputs,
            output: output.pointer + done * network.outputs)
        done += count
    }
}

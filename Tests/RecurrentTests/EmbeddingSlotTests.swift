import Recurrent
import TestSupport
import Testing

@Suite struct EmbeddingSlotTests {
    private let bag: [LayerDescription] = [.embedding(EmbeddingDescription(name: "emb", tokens: 9, size: 5, slots: 3))]

    /// A sum of rows is a linear layer on how often each row is named.
    @Test func rowsAreAddedUp() throws {
        let table = ParameterTable(bag)
        var random = Random(seed: 3)
        let values = random.floats(table.count, within: 1)
        let network = try RecurrentNetwork(bag, tensors: table.tensors(values))
        #expect(network.inputs == 3 && network.outputs == 5)
        for slots in [[0, 4, 8], [2, 2, -1], [-1, -1, -1], [7, -1, 3], [12, -1, -1]] as [[Float]] {
            let found = network.read(AlignedFloats(slots), steps: 1).values
            for column in 0..<5 {
                let sum = slots.filter { $0 >= 0 }.reduce(Float(0)) {
                    $0 + values[($1 < 9 ? Int($1) : 0) * 5 + column]
                }
                #expect(abs(found[column] - sum) < 1e-6)
            }
        }
    }

    @Test func gradientsAreThoseOfDifferences() throws {
        let check = try GradientCheck<Double>(
            bag + [.linear(LinearDescription(name: "out", inputs: 5, outputs: 2))], tokens: 9)
        // Some slots are empty, and some tokens stand in two of them.
        for index in check.x.indices where index % 4 == 1 { check.x[index] = -1 }
        check.differentiate()
        let gradient = check.gradient
        for index in check.parameters.indices {
            let value = check.parameters[index]
            check.parameters[index] = value + 1e-5
            let above = check.loss
            check.parameters[index] = value - 1e-5
            let below = check.loss
            check.parameters[index] = value
            #expect(abs(gradient[index] - (above - below) / 2e-5) < 1e-6)
        }
    }
}

// What a run needs to go on to the same bits: one safetensors file with the parameters, the optimiser's moments, the
// averages and the best weights so far as tensors in 32-bit floats, and the rest as JSON. All randomness is a function
// of seed, epoch and place, so there is no generator to save.

import Foundation
import Recurrent

/// The state of a run between two steps.
package struct TrainingCheckpoint: Sendable, Equatable {
    /// What is not a block of numbers.
    package struct Progress: Codable, Sendable, Equatable {
        /// Hash of the recipe, and of what the clips are: another run cannot go on from here.
        package var recipe: String
        package var data: String
        /// The epoch under way, the first of which is 0, and how many of its batches are done.
        package var epoch = 0
        package var batch = 0
        /// Steps taken, and steps in all as they were reckoned at the start.
        package var step = 0
        package var steps = 0
        /// Sum and count of the epoch's loss so far.
        package var lossSum = 0.0
        package var lossCount = 0.0
        /// Figure of the best weights so far, and their epoch; nil before the first validation.
        package var bestFigure: Double?
        package var bestEpoch = 0
        package var schedule = Schedule.State()
        package var waiting = BestFigure()
        package var averagesTaken = 0
        package var isDone = false
    }

    package var progress: Progress
    package var parameters: [Float]
    package var moments: [[Float]]
    package var averages: [[Float]]
    /// The weights that the model will have if nothing better comes.
    package var best: [Float]?
    /// The explosion detector's memory.
    package var norms: [Double]
    /// Where pieces of longer sequences go on, one block for each batch of a step: sequences, and their states. Empty
    /// between epochs and for whole sequences.
    package var states: [CarriedStates] = []

    /// Where a run keeps it, within its folder.
    package static let fileName = "checkpoint.safetensors"

    /// Writes the file as a whole: a crash leaves the one before.
    package func write(to path: String) throws {
        var tensors = Tensors()
        func add(_ name: String, _ values: [Float]) {
            tensors.insert(Tensor(name: name, shape: [values.count], values: values))
        }
        add("parameters", parameters)
        for (index, block) in moments.enumerated() { add("moments.\(index)", block) }
        for (index, block) in averages.enumerated() { add("averages.\(index)", block) }
        if let best { add("best", best) }
        for (index, block) in states.enumerated() {
            tensors.insert(
                Tensor(
                    name: "states.\(index)", shape: [block.sequences, block.values.count / block.sequences],
                    values: block.values))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        tensors.metadata["progress"] = String(decoding: try encoder.encode(progress), as: UTF8.self)
        tensors.metadata["norms"] = String(decoding: try encoder.encode(norms), as: UTF8.self)
        try tensors.serialized().write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    package init(
        progress: Progress, parameters: [Float], moments: [[Float]], averages: [[Float]], best: [Float]?,
        norms: [Double], states: [CarriedStates] = []
    ) {
        self.progress = progress
        self.parameters = parameters
        self.moments = moments
        self.averages = averages
        self.best = best
        self.norms = norms
        self.states = states
    }

    /// Reads what ``write(to:)`` wrote.
    /// - Throws: ``TrainingError/checkpoint(path:reason:)``.
    package init(path: String) throws(TrainingError) {
        func unusable(_ error: any Error) -> TrainingError { .checkpoint(path: path, reason: "\(error)") }
        let tensors: Tensors
        do { tensors = try Tensors(path: path) } catch { throw unusable(error) }
        do {
            func json<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
                try JSONDecoder().decode(type, from: Data((tensors.metadata[key] ?? "").utf8))
            }
            progress = try json("progress", as: Progress.self)
            norms = try json("norms", as: [Double].self)
            parameters = try tensors.require("parameters").values
        } catch {
            throw .checkpoint(path: path, reason: "it is not a checkpoint of heard train")
        }
        func all(_ name: String) -> [Tensor] {
            (0...).lazy.map { tensors.find("\(name).\($0)") }.prefix { $0 != nil }.compactMap(\.self)
        }
        func blocks(_ name: String) -> [[Float]] { all(name).map(\.values) }
        moments = blocks("moments")
        averages = blocks("averages")
        best = tensors.find("best")?.values
        states = all("states").map { CarriedStates(sequences: $0.shape[0], values: $0.values) }
    }
}

/// The states that some sequences have come to.
package struct CarriedStates: Sendable, Equatable {
    package var sequences: Int
    /// As `TrainingStates.values` gives them.
    package var values: [Float]
}

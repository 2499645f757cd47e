import Foundation
import Recurrent
import Testing
import Training

@Suite struct TrainerTests {
    @Test func learnsTones() throws {
        let corpus = try ToneCorpus()
        let trainer = try corpus.trainer(ToneCorpus.recipe(["epochs": "40"]), threads: 2)
        var losses: [Double] = [], rates: [Double] = []
        let outcome = try trainer.run { event in
            if case .epoch(let report) = event {
                losses.append(report.loss)
                rates.append(try #require(report.validation).rate)
            }
            return true
        }
        #expect(outcome == .finished && losses.count == 40)
        #expect(losses[39] < losses[0] / 10)
        #expect(rates[0] > 0.5 && trainer.progress.bestFigure == rates.min())
        #expect(try #require(rates.min()) < 0.05)
        // `keep: best` keeps the weights of that epoch.
        #expect(try trainer.validate(trainer.weights, on: #require(trainer.validation)).rate == rates.min())
    }

    // MARK: interruption

    /// What a run remembers by kind of optimiser, average and schedule.
    static let kinds: [[String: String?]] = [
        [:],
        [
            "optimiser": #"{"type": "sgd", "rate": 0.05}"#, "average": #"{"type": "last", "count": 3}"#,
            "schedule": #"{"type": "plateau", "patience": 1}"#, "batches_per_step": "3",
        ],
        [
            "optimiser": #"{"type": "rmsprop", "momentum": 0.5}"#, "average": #"{"type": "exponential", "decay": 0.9}"#,
            "schedule": #"{"type": "one_cycle"}"#, "early_stopping": #"{"patience": 2}"#, "arithmetic": #""bf16""#,
            "augmentation": #"{"gain_db": [-6, 6], "speed": [0.9, 1.1], "masks": {}}"#,
        ],
    ]

    @Test(arguments: kinds.indices)
    func aRunThatIsStoppedAnywhereEndsInTheSameBits(kind: Int) throws {
        let corpus = try ToneCorpus(), recipe = try ToneCorpus.recipe(Self.kinds[kind])
        let whole = try corpus.trainer(recipe)
        #expect(try whole.run { _ in true } != .interrupted)
        let steps = whole.progress.step
        #expect(steps >= 6)
        for stop in 1...steps {
            let run = "stop\(stop)"
            // The part before has another number of threads than the part after.
            let before = try corpus.trainer(recipe, threads: 1 + stop % 2, run: run)
            let outcome = try before.run { event in
                if case .step(let report) = event { return report.step < stop }
                return true
            }
            #expect(outcome == .interrupted)
            let path = corpus.checkpoint(run), checkpoint = try TrainingCheckpoint(path: path)
            #expect(checkpoint == before.checkpoint)
            let behind = try corpus.trainer(recipe, threads: 2 - stop % 2)
            try behind.resume(checkpoint, path: path)
            #expect(try behind.run { _ in true } != .interrupted)
            #expect(behind.checkpoint == whole.checkpoint, "stopped at step \(stop)")
            #expect(behind.weights.map(\.bitPattern) == whole.weights.map(\.bitPattern))
        }
    }

    @Test func aRunIsStoppedBetweenEpochsToo() throws {
        let corpus = try ToneCorpus(), recipe = try ToneCorpus.recipe()
        let whole = try corpus.trainer(recipe)
        _ = try whole.run { _ in true }
        for stop in 1...2 {
            let before = try corpus.trainer(recipe, run: "epoch\(stop)")
            let outcome = try before.run { event in
                if case .epoch(let report) = event { return report.epoch < stop }
                return true
            }
            #expect(outcome == .interrupted && before.progress.epoch == stop)
            let path = corpus.checkpoint("epoch\(stop)")
            let behind = try corpus.trainer(recipe)
            try behind.resume(TrainingCheckpoint(path: path), path: path)
            #expect(try behind.run { _ in true } == .finished)
            #expect(behind.checkpoint == whole.checkpoint)
        }
    }

    /// The sum of gradients is in the order of the batches, whoever computed them.
    @Test func threadsDoNotMatterAndSeedsDo() throws {
        let corpus = try ToneCorpus()
        func weights(_ changes: [String: String?], threads: Int) throws -> [UInt32] {
            let trainer = try corpus.trainer(ToneCorpus.recipe(changes), threads: threads)
            _ = try trainer.run { _ in true }
            return trainer.weights.map(\.bitPattern)
        }
        for count in ["1", "2", "3"] {
            let one = try weights(["batches_per_step": count], threads: 1)
            #expect(try weights(["batches_per_step": count], threads: 2) == one)
            #expect(try weights(["batches_per_step": count], threads: 5) == one)
        }
        #expect(try weights(["seed": "2"], threads: 1) != weights([:], threads: 1))
    }

    @Test func anotherRecipeOrOtherDataIsRefused() throws {
        let corpus = try ToneCorpus(), recipe = try ToneCorpus.recipe()
        _ = try corpus.trainer(recipe, run: "run").run { _ in false }
        let path = corpus.checkpoint("run"), checkpoint = try TrainingCheckpoint(path: path)
        func refusal(_ changes: [String: String?], digest: String? = nil) throws -> String? {
            let other = try corpus.trainer(ToneCorpus.recipe(changes), digest: digest)
            do {
                try other.resume(checkpoint, path: path)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try refusal([:]) == nil)
        #expect(
            try refusal(["seed": "5"])
                == "\(path) cannot be gone on from: it is of another recipe; use --fresh to begin anew")
        let fewer = ["train": #"[{"path": "train.jsonl", "limit": 39}]"#]
        #expect(
            try refusal(fewer, digest: recipe.digest)
                == "\(path) cannot be gone on from: the data is not what it was; use --fresh to begin anew")
        try corpus.folder.write("no tensors", to: "bad.safetensors")
        #expect(throws: TrainingError.self) { try TrainingCheckpoint(path: corpus.folder.path + "/bad.safetensors") }
    }

    // MARK: ends

    @Test func anExplosionStopsAndKeepsTheLastCheckpoint() throws {
        let corpus = try ToneCorpus()
        let layers = """
            [{"type": "rnn", "name": "rnn", "inputs": 48, "units": 24, "nonlinearity": "relu"},
             {"type": "linear", "name": "out", "inputs": 24, "outputs": 4}]
            """
        func recipe(rate: String) throws -> Recipe {
            try ToneCorpus.recipe(["layers": layers, "optimiser": #"{"type": "sgd", "rate": \#(rate)}"#])
        }
        let calm = try corpus.trainer(recipe(rate: "0.001"), digest: "one", run: "run")
        _ = try calm.run { event in
            if case .step = event { false } else { true }
        }
        let path = corpus.checkpoint("run"), kept = try Data(contentsOf: URL(fileURLWithPath: path))
        let wild = try corpus.trainer(recipe(rate: "1e6"), digest: "one", run: "run")
        try wild.resume(TrainingCheckpoint(path: path), path: path)
        let error = #expect(throws: TrainingError.self) { try wild.run { _ in true } }
        guard case .exploded(let step, let reason, let checkpoint)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect((2...4).contains(step) && checkpoint == path)
        #expect(
            reason.contains("the gradient's norm is") && reason.contains("rnn.") && reason.contains("lower the rate"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == kept)
    }

    @Test func stopsEarlyWhenNothingImproves() throws {
        let corpus = try ToneCorpus()
        let recipe = try ToneCorpus.recipe([
            "epochs": "50", "early_stopping": #"{"patience": 2}"#, "optimiser": #"{"type": "sgd", "rate": 1e-12}"#,
        ])
        let trainer = try corpus.trainer(recipe, run: "run")
        #expect(try trainer.run { _ in true } == .stoppedEarly(epochs: 3))
        // And does not begin again.
        let again = try corpus.trainer(recipe)
        try again.resume(TrainingCheckpoint(path: corpus.checkpoint("run")), path: "")
        #expect(try again.run { _ in true } == .stoppedEarly(epochs: 3))
        #expect(again.weights == trainer.weights)
    }

    @Test func nothingToTrainOn() throws {
        let corpus = try ToneCorpus()
        let empty = try ToneCorpus.recipe(["train": #"[{"path": "train.jsonl", "minimum_seconds": 60}]"#])
        #expect(throws: (any Error).self) { try corpus.trainer(empty) }
    }

    // MARK: gradients

    /// A tanh RNN's gradient shrinks by its recurrent weights at each step back (Bengio, Simard, Frasconi 1994).
    @Test func theReportShowsVanishingGradients() throws {
        let corpus = try ToneCorpus()
        func norms(recurrent scale: Float) throws -> [Double] {
            let trainer = try corpus.trainer(ToneCorpus.recipe(ToneCorpus.classes))
            var tensors = Tensors()
            var identity = [Float](repeating: 0, count: 24 * 24)
            for unit in 0..<24 { identity[unit * 25] = scale }
            tensors.insert(Tensor(name: "rnn.weight_hh_l0", shape: [24, 24], values: identity))
            // Small sums, where tanh is nearly straight.
            tensors.insert(
                Tensor(name: "rnn.weight_ih_l0", shape: [24, 48], values: [Float](repeating: 1e-3, count: 24 * 48)))
            #expect(trainer.initialise(from: tensors, prefix: "").sorted() == ["rnn.weight_hh_l0", "rnn.weight_ih_l0"])
            let report = try trainer.gradientReport()
            #expect(
                report.tensors.map(\.name) == [
                    "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "out.weight",
                    "out.bias",
                ])
            #expect(report.tensors.allSatisfy { $0.norm > 0 })
            return try #require(report.states.first).norms
        }
        let fading = try norms(recurrent: 0.1), lasting = try norms(recurrent: 1)
        #expect(fading.count >= 6 && fading[0] < 1e-4 * fading.max()!)
        #expect(zip(fading, fading.dropFirst().prefix(4)).allSatisfy { $0 < $1 / 5 })
        #expect(lasting[0] > 0.1 * lasting.max()!)
    }

    @Test func theReportHasLayersAndDirectionsInOrder() throws {
        let corpus = try ToneCorpus()
        let recipe = try ToneCorpus.recipe([
            "network": #""offline""#,
            "layers": """
            [{"type": "gru", "name": "low", "inputs": 48, "units": 8, "layers": 2, "bidirectional": true, "reset": "after"},
             {"type": "lstm", "name": "top", "inputs": 16, "units": 8},
             {"type": "linear", "name": "out", "inputs": 8, "outputs": 4}]
            """,
        ])
        let states = try corpus.trainer(recipe).gradientReport().states.map(\.gradient)
        #expect(
            states.map { "\($0.name) \($0.layer) \($0.direction)" } == [
                "low 0 0", "low 0 1", "low 1 0", "low 1 1", "top 0 0",
            ])
    }
}

// heard-bench train: a step of training, beside PyTorch's in the same run.

import ArgumentParser
import CKernels
import Dispatch
import Foundation
import Recurrent
import Terminal

struct BenchTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Measure a step of training.",
        discussion: """
            The network 80-3x256 (GRU, 40 outputs) on 32 sequences of 300 frames: forward, loss, backward and Adam. With several
            threads the batch is cut into as many parts, as `batches_per_step` of a recipe does. Beside the speed: the greatest memory
            of the process, what the machine multiplies at best in this run, the frames a second that this would allow, and
            the share of it that is reached.

            With --peers the peers' train_torch.py is run behind it with as many threads, and the ratios are printed.
            """)

    @Option(help: "ctc or ce (one label a frame), or both with a comma.", transform: list)
    var loss: [BenchLoss] = BenchLoss.allCases
    @Option(help: "fp32 or bf16 (of products), or both with a comma.", transform: list)
    var precision: [Arithmetic] = Arithmetic.allCases
    @Option(help: "Threads: 1, 2, 4 or 8.") var threads = 1
    @Option(help: "The folder of the peers' train_torch.py.") var peers: String?
    @Option(help: "A Python that has PyTorch.") var python = "python3"
    @OptionGroup var timer: BenchTimer

    func validate() throws {
        guard [1, 2, 4, 8].contains(threads) else {
            throw ValidationError("--threads takes 1, 2, 4 or 8, not \(threads)")
        }
    }

    func run() throws {
        var heard: [TrainingFigure] = []
        for precision in precision {
            let peak = TrainingPeak(precision, threads: threads, timer: timer)
            for loss in loss { heard.append(try measure(loss, precision, peak)) }
        }
        guard let peers else { return }
        let torch = try PeerTraining(folder: peers, python: python, threads: threads, repeats: timer.repeats).run()
        for figure in heard where figure.precision == .fp32 {
            let best = heard.filter { $0.loss == figure.loss }.max { $0.framesPerSecond < $1.framesPerSecond }!
            let place = BenchPlace(peer: "heard-fp32", name: figure.name, threads: threads)
            if let fp32 = torch["torch \(figure.name)"] {
                place.print("times_as_fast_as_torch", figure.framesPerSecond / fp32, "x")
                BenchPlace(peer: "heard-\(best.precision.rawValue)", name: figure.name, threads: threads)
                    .print("best_times_as_fast_as_torch", best.framesPerSecond / fp32, "x")
            }
            if let narrow = torch["torch-bf16-autocast \(figure.name)"] {
                place.print("times_as_fast_as_torch_bf16", figure.framesPerSecond / narrow, "x")
            }
        }
    }

    private func measure(_ loss: BenchLoss, _ precision: Arithmetic, _ peak: TrainingPeak) throws -> TrainingFigure {
        let place = BenchPlace(peer: "heard-\(precision.rawValue)", name: "E/\(loss.rawValue)", threads: threads)
        PeakMemory.restart()
        let training = try BenchTraining(loss, precision, threads: threads)
        training.step()
        let first = training.loss
        let median = timer.timeWhole(place, work: Double(BenchTraining.frames), unit: "frames/s") { training.step() }
        place.print("loss", training.loss, "nats") { $0.add("before", first.rounded(digits: 3)) }
        place.print("memory_peak", PeakMemory.megabytes, "MB") {
            $0.add("kept_for_backward", (Double(training.memoryBytes) / 1e6).rounded(digits: 1))
        }
        let seconds = Double(BenchTraining.operations) / (peak.gigaflops * 1e9)
        place.print("floor", Double(BenchTraining.frames) / seconds, "frames/s") { line in
            line.add("gflop", (Double(BenchTraining.operations) / 1e9).rounded(digits: 2))
            line.add("gflop_per_s", peak.gigaflops.rounded(digits: 1))
            line.add("by", peak.source)
        }
        place.print("share_of_floor", seconds / median, "")
        guard training.loss < first else {
            throw BenchError("the loss has not become less: \(first), \(training.loss)")
        }
        return TrainingFigure(loss: loss, precision: precision, framesPerSecond: Double(BenchTraining.frames) / median)
    }
}

/// Frames a second of one loss in one arithmetic, by the median step.
private struct TrainingFigure {
    let loss: BenchLoss
    let precision: Arithmetic
    let framesPerSecond: Double
    var name: String { "E/\(loss.rawValue)" }
}

/// What all threads together multiply at best: on registers, and as products of the shapes of a step.
private struct TrainingPeak {
    /// The greatest of the rates.
    private(set) var gigaflops = 0.0
    private(set) var source = ""

    init(_ precision: Arithmetic, threads: Int, timer: BenchTimer) {
        func time(_ name: String, operations: Int, _ body: @Sendable (_ thread: Int) -> Void) {
            let place = BenchPlace(peer: "heard-\(precision.rawValue)", name: name, threads: threads)
            let work = Double(threads * operations) / 1e9
            // The best repeat: a peak that was disturbed would make the floor too low.
            timer.timeWhole(place, work: work, metric: "rate", unit: "GFLOP/s") {
                let began = now(CLOCK_MONOTONIC)
                DispatchQueue.concurrentPerform(iterations: threads, execute: body)
                let rate = work / (now(CLOCK_MONOTONIC) - began)
                if rate > gigaflops { (gigaflops, source) = (rate, name) }
            }
        }
        let rows = BenchTraining.sequences / threads
        for count in [rows, rows * BenchTraining.steps] {
            let shape = ProductShape(rows: count, depth: 256, columns: 768, arithmetic: precision)
            let repeats = max(1, (1 << 28) / shape.operations)
            let products = (0..<threads).map { _ in BenchProduct(shape) }
            time("G/product/\(count)x256x768", operations: repeats * shape.operations) { thread in
                for _ in 0..<repeats { products[thread].run() }
            }
        }
        let rounds = 2_000_000, operations = heard_peak(heard_f32, 1) * rounds
        if precision == .fp32, operations > 0 {
            time("G/fma_peak", operations: operations) { _ in _ = heard_peak(heard_f32, rounds) }
        }
    }
}

/// The greatest resident memory of this process, by /proc/self.
private enum PeakMemory {
    /// Counts from now on.
    static func restart() { try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs")) }

    static var megabytes: Double {
        let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Double($0.split(separator: " ")[1]) }.map { $0 * 1024 / 1e6 } ?? .nan
    }
}

/// The peers' program, whose lines are passed on.
private struct PeerTraining {
    let folder: String
    let python: String
    let threads: Int
    let repeats: Int

    /// Frames a second of the median step by peer and case.
    func run() throws -> [String: Double] {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "train_torch.py"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging([
            "OMP_NUM_THREADS": "\(threads)", "REPEATS": "\(repeats)", "PYTHONDONTWRITEBYTECODE": "1",
        ]) { $1 }
        process.standardOutput = pipe
        try process.run()
        var rest: [UInt8] = [], speeds: [String: Double] = [:]
        while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
            rest += data
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeFirst(end + 1)
                printLine(line)
                if let figure = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)),
                    figure.metric == "speed_median"
                {
                    speeds["\(figure.peer) \(figure.case)"] = figure.value
                }
            }
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError(
                "\(python) \(folder)/train_torch.py ended with status \(process.terminationStatus); it needs PyTorch: --python PATH"
            )
        }
        return speeds
    }

    private struct Line: Decodable {
        var peer, metric: String
        var `case`: String
        var value: Double
    }
}

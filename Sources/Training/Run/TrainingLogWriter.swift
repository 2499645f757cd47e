// The log of a run as JSON lines, which `heard evaluate --log` and TensorBoard's kin read.

import Foundation

/// Writes log.jsonl: an object for every tenth step, and one for each epoch with its validation.
final class TrainingLogWriter {
    private let file: FileHandle
    private let started = Date()
    private let judge: ValidationFigure.Judge

    init(path: String, judge: ValidationFigure.Judge) throws {
        self.judge = judge
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw TrainingError.setup("cannot write \(path)")
            }
        }
        file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seekToEnd()
    }

    func write(_ event: Trainer.Event) throws {
        switch event {
        case .step(let r):
            guard r.step % 10 == 0 else { return }
            try write(
                StepLine(
                    step: r.step, epoch: r.epoch, loss: r.loss, rate: r.rate, norm: r.norm, rows: r.rows,
                    auxiliary: r.auxiliary,
                    skipped: r.skipped, seconds: seconds))
        case .epoch(let r):
            let validation = r.validation.map {
                EpochLine.Validation(
                    loss: $0.loss.mean, error: $0.rate, errors: $0.errors, total: $0.total,
                    perplexity: judge == .loss ? exp($0.loss.mean) : nil)
            }
            try write(
                EpochLine(
                    step: r.step, epoch: r.epoch, loss: r.loss, rate: r.rate, seconds: seconds, validation: validation))
        }
    }

    private var seconds: Double { (Date().timeIntervalSince(started) * 10).rounded() / 10 }

    private func write(_ line: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try file.write(contentsOf: encoder.encode(line) + Data([UInt8(ascii: "\n")]))
    }

    private struct StepLine: Encodable {
        var step, epoch: Int
        var loss, rate, norm: Double
        var rows: Int
        var auxiliary: Double?
        var skipped: Int
        var seconds: Double
    }

    private struct EpochLine: Encodable {
        struct Validation: Encodable {
            var loss, error: Double
            var errors, total: Int
            var perplexity: Double?
        }
        var step, epoch: Int
        var loss, rate, seconds: Double
        var validation: Validation?
    }
}

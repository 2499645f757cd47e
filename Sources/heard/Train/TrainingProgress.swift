// What a training run says while it works: a bar on a terminal, lines otherwise.

import Evaluation
import Foundation
import Schema
import Synchronization
import Terminal
import Training

/// A part of one as the user reads it.

/// Tells the user how a run goes, and stops it at Ctrl-C.
struct TrainingObserver: RunObserver {
    func say(_ sentence: String) { printError(sentence) }

    func reading() -> @Sendable (_ done: Int, _ of: Int) -> Void { ReadingBar().show }

    func watch(unit: String, judge: ValidationFigure.Judge) -> (Trainer.Event) -> Bool {
        let bar = TrainingBar(unit: unit, judge: judge), stop = StopSignal()
        return { event in
            bar.show(event)
            return !stop.isSet
        }
    }
}

/// Shows how many sounds have been read.
final class ReadingBar: Sendable {
    private let bar = Mutex<ProgressBar?>(nil)

    /// May be called from any thread.
    var show: @Sendable (Int, Int) -> Void {
        { [self] done, total in
            bar.withLock { bar in
                if bar == nil { bar = ProgressBar(total: total, unit: "sounds read") }
                bar?.show(done)
            }
        }
    }
}

/// Shows a run: one line that is written again on a terminal, one line an epoch elsewhere.
final class TrainingBar {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let started = Date()
    private var firstDone: Double?
    private var recentRows = 0
    private var recentStart = Date()
    private var speed = 0.0
    private var epochRows = 0
    private var epochStart = Date()
    private let unit: String
    private let judge: ValidationFigure.Judge

    /// `unit`: what a row of the network stands for.
    init(unit: String, judge: ValidationFigure.Judge) { (self.unit, self.judge) = (unit, judge) }

    func show(_ event: Trainer.Event) {
        switch event {
        case .step(let report): show(report)
        case .epoch(let report):
            var line = "epoch \(report.epoch)  loss \(String(format: "%.4f", report.loss))"
            if let figure = report.validation {
                line += "  validation loss \(String(format: "%.4f", figure.loss.mean))  "
                line +=
                    judge == .errors
                    ? "error \(percent(figure.rate))"
                    : String(
                        format: "%.4f bits  perplexity %.3f", figure.loss.mean / M_LN2, exp(figure.loss.mean))
                if report.isBest { line += "  best" }
            }
            let speed = Double(epochRows) / Date().timeIntervalSince(epochStart)
            (epochRows, epochStart) = (0, Date())
            say("\(line)  \(Int(speed)) \(unit)/s  \(duration(Date().timeIntervalSince(started)))", ends: true)
        }
    }

    private func show(_ report: Trainer.StepReport) {
        recentRows += report.rows
        epochRows += report.rows
        let passed = Date().timeIntervalSince(recentStart)
        if passed > 2 {
            speed = Double(recentRows) / passed
            (recentRows, recentStart) = (0, Date())
        }
        let first = firstDone ?? report.done
        firstDone = first
        guard isTerminal else { return }
        let elapsed = Date().timeIntervalSince(started)
        let left = report.done > first ? duration(elapsed / (report.done - first) * (1 - report.done)) : "?"
        let filled = Int(20 * report.done)
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 20 - filled)
        say(
            "[\(bar)] epoch \(report.epoch)/\(report.epochs)  loss \(String(format: "%.4f", report.epochLoss))  "
                + "rate \(String(format: "%.2g", report.rate))  \(Int(speed))/s  \(left) left", ends: false)
    }

    private func say(_ text: String, ends: Bool) {
        guard isTerminal else { return printNote(text) }
        StatusLine.show(text)
        if ends { StatusLine.close() }
    }
}

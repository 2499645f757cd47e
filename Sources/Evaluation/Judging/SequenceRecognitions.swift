// What a network says of the sequences of a file, in the form of recordings, so that two readings of tags or classes
// are held side by side as those of sound are. Times are steps.

import Decoding
import Pipeline
import Recurrent
import Training

extension Model {
    /// The labels of one network beside those that the file has, sequence by sequence; `limit` of them at the most.
    /// - Throws: ``DataError``, and ``ModelError`` of a model that says no labels, or has no such network.
    package func recognitions(_ path: String, reading part: ModelFile.Part, limit: Int?) throws -> [Recognition] {
        guard case .sequence(let task) = file.kind, !task.predicts else {
            throw ModelError.kind(
                path: self.path, reason: "it is a \(file.kind.name): it has no two readings of labels")
        }
        try check(part == .online ? .online : .offline)
        let judge = try ItemJudge(self, part)
        return try JudgedItem.read(path, for: self).prefix(limit ?? .max).compactMap { item in
            guard case .sequence(let example) = item, let judged = try judge.judge(item) else { return nil }
            let labels = task == .tag ? tags(judged, example, part) : [pooled(judged, example, part)]
            let times = example.labels.enumerated().compactMap { step, label -> Label? in
                if label == outsideTag { return nil }
                let span = task == .tag ? step..<step + 1 : 0..<example.steps
                return Label(
                    text: label.uppercased(), start: span.lowerBound, end: span.upperBound, confidence: 1,
                    decided: span.upperBound)
            }
            return Recognition(
                name: example.name, samples: example.steps, reference: times.map(\.text), times: times, labels: labels)
        }
    }

    private func row(_ step: Int, _ judged: Judged) -> [Float] {
        Array(judged.outputs[step * outputs..<(step + 1) * outputs])
    }

    /// Of each step that is not outside; of the offline network they are decided at the sequence's end.
    private func tags(_ judged: Judged, _ example: SequenceExample, _ part: ModelFile.Part) -> [Label] {
        (0..<example.steps).compactMap { step in
            let row = row(step, judged), best = row.withUnsafeBufferPointer(\.greatest)
            guard file.labels[best] != outsideTag else { return nil }
            return Label(
                text: file.labels[best], start: step, end: step + 1, confidence: row[best].exponential,
                decided: part == .online ? step + 1 : example.steps)
        }
    }

    /// The class of the whole: that of the first step at which it is as probable as streams wait for, or of the last.
    private func pooled(_ judged: Judged, _ example: SequenceExample, _ part: ModelFile.Part) -> Label {
        var pool = RunningPool(file.pooling, outputs: outputs)
        let threshold = part == .online ? SessionOptions().threshold : .infinity
        var (best, posterior, step) = (0, Float(0), 0)
        repeat {
            row(step, judged).withUnsafeBufferPointer { pool.add($0) }
            let posteriors = pool.posteriors
            best = posteriors.withUnsafeBufferPointer(\.greatest)
            posterior = posteriors[best]
            step += 1
        } while step < example.steps && posterior < threshold
        return Label(text: file.labels[best], start: 0, end: step, confidence: posterior, decided: step)
    }
}

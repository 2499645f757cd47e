// The log of a training run: JSON lines with `step`, `epoch`, `loss`, `rate`, and at some of them `validation`, an
// object of figures. Lines of another kind are passed over.

import Foundation

/// What a page shows of a training run.
package struct TrainingLog: Sendable {
    /// One line.
    package struct Line: Decodable, Sendable {
        package var step: Double?
        package var epoch: Double?
        package var loss: Double?
        package var rate: Double?
        package var validation: [String: Double]?

        private enum Keys: String, CodingKey { case step, epoch, loss, rate, validation }

        package init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: Keys.self)
            func number(_ key: Keys) -> Double? { try? object.decodeIfPresent(Double.self, forKey: key) }
            (step, epoch, loss, rate) = (number(.step), number(.epoch), number(.loss), number(.rate))
            validation = try? object.decodeIfPresent([String: Figure].self, forKey: .validation)?.compactMapValues(
                \.value)
        }
    }

    /// A number, or what is none.
    private struct Figure: Decodable {
        var value: Double?
        init(from decoder: any Decoder) throws { value = try? decoder.singleValueContainer().decode(Double.self) }
    }

    package var lines: [Line]

    /// Reads a log's text; lines that are no JSON objects, as the last one of an interrupted run may be, are left out.
    package init(_ text: Data) {
        let decoder = JSONDecoder()
        lines = text.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(Line.self, from: $0) }
    }

    /// Step and value wherever a line has both.
    package func curve(_ value: (Line) -> Double?) -> [(Double, Double)] {
        lines.compactMap { line in
            guard let step = line.step, let value = value(line), value.isFinite else { return nil }
            return (step, value)
        }
    }

    /// Names of the validation's figures, sorted.
    package var figures: [String] { Set(lines.flatMap { ($0.validation ?? [:]).keys }).sorted() }
}

// The JSON lines of benches, ours and the peers', and what can be looked up in them.

import Foundation
import Recurrent

/// The figures of some files.
struct BenchLines {
    /// One line that has a value.
    struct Line {
        var peer: String
        var name: String
        var metric: String
        var value: Double
        var threads: Int
    }

    /// Programs of the peers' folder that are no library: one loop each that shows what the machine allows.
    static let ownLoops = ["avx512-c", "fftw3f-c"]

    private(set) var lines: [Line] = []

    /// Reads files of JSON lines. Lines that are no objects (`# comments`) and those without a value (a peer that
    /// failed) are passed over.
    /// - Throws: ``BenchError`` that names the file, and the line that is not what it should be.
    init(_ paths: [String]) throws {
        struct Fields: Decodable {
            var peer: String
            var `case`: String
            var metric: String?
            var value: Double?
            var threads: Int?
        }
        for path in paths {
            let before = lines.count
            guard let data = FileManager.default.contents(atPath: path) else { throw BenchError("cannot read \(path)") }
            for (index, text) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            where text.first == UInt8(ascii: "{") {
                guard let fields = try? JSONDecoder().decode(Fields.self, from: text) else {
                    throw BenchError("line \(index + 1) of \(path) is no line of a bench: peer, case, metric, value")
                }
                guard let metric = fields.metric, let value = fields.value else { continue }
                lines.append(
                    Line(
                        peer: fields.peer, name: fields.case, metric: metric, value: value,
                        threads: fields.threads ?? 1))
            }
            if lines.count == before { throw BenchError("\(path) holds no JSON line of a bench") }
        }
    }

    /// The figures of a case of one thread, the best one first, each program's best alone.
    func ranking(
        _ name: String, _ metrics: [String], lessIsBetter: Bool, where isWanted: (String) -> Bool = { _ in true }
    ) -> [(peer: String, value: Double)] {
        var best: [String: Double] = [:]
        for line in lines
        where line.name == name && metrics.contains(line.metric) && line.threads == 1 && isWanted(line.peer) {
            best[line.peer] =
                best[line.peer].map { lessIsBetter ? min($0, line.value) : max($0, line.value) }
                ?? line.value
        }
        let order = best.sorted {
            lessIsBetter ? ($0.value, $0.key) < ($1.value, $1.key) : ($1.value, $0.key) < ($0.value, $1.key)
        }
        return order.map { (peer: $0.key, value: $0.value) }
    }

    /// The greatest rate of a case of the machine's ceilings: GB/s, GFLOP/s or GOP/s.
    func ceiling(_ name: String) -> Double? {
        lines.filter { $0.name == name && $0.metric == "rate_best" }.map(\.value).max()
    }

    /// GB/s at which `bytes` can be read again and again: the best of all memory benches of so many bytes or more.
    func bandwidth(bytes: Int) -> Double? {
        lines.filter { line in
            guard line.metric == "rate_best", line.name.hasPrefix("G/read/") else { return false }
            let size = line.name.dropFirst("G/read/".count).prefix { $0 != "K" }
            return (Int(size) ?? 0) * 1024 >= bytes
        }.map(\.value).max()
    }

    /// The precision that a program's name tells; fp32 when it tells none.
    static func precision(_ peer: String) -> String {
        ["int8", "bf16", "fp16"].first { peer.contains($0) } ?? Precision.fp32.rawValue
    }
}

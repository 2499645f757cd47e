// heard-bench table: Heard beside the other programs and the machine's floors, against the bars of BenchBars.swift.

import ArgumentParser
import Evaluation
import Terminal

struct BenchTableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Hold Heard's figures against those of other programs.",
        discussion: """
            Takes the JSON lines of `heard-bench network` and `heard-bench features`, and those of the peers' run_all.sh, all of
            one machine. Of a figure that is there several times the best counts, for everybody. "own loop" is a plain
            program of the peers' folder, no library. A ratio above 1 says that Heard is faster.
            """)

    @Argument(help: "JSON lines of heard-bench.") var heard: String
    @Argument(help: "JSON lines of other programs, and of the machine's ceilings.") var peers: [String] = []
    @Option(help: "text, json or markdown.") var format = Format.text
    @Option(help: "best (the best repeat) or median.") var by = Statistic.best

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }
    enum Statistic: String, ExpressibleByArgument, CaseIterable { case best, median }

    func run() throws {
        let heard = try BenchLines([heard]), peers = try BenchLines(peers)
        let results = BenchBar.all.map { BenchResult($0, heard: heard, peers: peers, isBest: by == .best) }
        var table = ReportTable(BenchResult.header)
        table.rows = results.map(\.cells)
        let lines =
            switch format {
            case .text: table.text
            case .markdown: table.markdown
            case .json: results.map(\.json)
            }
        for line in lines { printLine(line) }
    }
}

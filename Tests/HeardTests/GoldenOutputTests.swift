// What the program prints of every sample and every model, to the byte: a change of the code that changes none of it
// changes nothing for users. `HEARD_WRITE_GOLDEN=1 swift test --filter GoldenOutputTests` writes what is printed now;
// read the difference before it is committed.

import Foundation
import TestSupport
import Testing

/// Files of Tests/Golden that a test compares with, or writes when it is asked to.
enum Golden {
    private static let root = Repository.root.path
    static let folder = "\(root)/Tests/Golden"
    static let samples = "\(root)/samples"
    static let isWritten = ProcessInfo.processInfo.environment["HEARD_WRITE_GOLDEN"] != nil

    static func compare(_ text: String, _ name: String) throws {
        let path = "\(folder)/\(name)"
        if isWritten { return try text.write(toFile: path, atomically: true, encoding: .utf8) }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        let (lines, wanted) = (text.components(separatedBy: "\n"), expected.components(separatedBy: "\n"))
        let differing = zip(lines, wanted).first { $0 != $1 }
        #expect(differing == nil, "\(name)")
        #expect(lines.count == wanted.count, "\(name)")
    }
}

@Suite struct GoldenOutputTests {
    /// A command whose output is kept under a name.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: [String]
        var input = ""
        var testDescription: String { name }

        /// `heard label` of text or numbers.
        init(_ name: String, model: String, _ arguments: String..., input: String) {
            self.name = name
            self.arguments = ["label", "--model", "\(Golden.samples)/\(model).safetensors"] + arguments
            self.input = input
        }

        init(_ name: String, _ arguments: [String], input: String = "") {
            (self.name, self.arguments, self.input) = (name, arguments, input)
        }
    }

    private static let files: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: Golden.samples)) ?? [])
        .sorted()
    private static let recordings = files.filter { $0.hasSuffix(".wav") || $0.hasSuffix(".flac") }
        .map { "\(Golden.samples)/\($0)" }
    private static let modes = ["online", "offline", "both"]

    private static func label(_ model: String, _ arguments: String..., files: [String] = recordings) -> [String] {
        ["label", "--model", "\(Golden.samples)/\(model).safetensors"] + arguments + files
    }

    static let sound =
        modes.map { Case("speech-\($0).jsonl", label("speech-offline", "--mode", $0)) }
        + modes.map { Case("speech-\($0).txt", label("speech-offline", "--mode", $0, "--format", "text")) } + [
            Case("speech-one-network.jsonl", label("speech-online")),
            Case("speech-lookahead.jsonl", label("speech-offline", "--lookahead", "160ms")),
            Case("speech-gates.jsonl", label("speech-offline", "--gates", "500ms")),
            Case(
                "speech-language-model.jsonl", label("speech-online", "--language-model", words, "--beam-width", "24")),
            Case("speech-beam.jsonl", label("speech-online", "--beam-width", "8")),
            Case("detector.jsonl", label("vad")),
        ]
        + modes.flatMap { mode in
            ["srt", "textgrid"].map { format in
                let file = "\(Golden.samples)/two-in-a-row.wav"
                return Case(
                    "speech-\(mode).\(format)",
                    label("speech-offline", "--mode", mode, "--format", format, files: [file]))
            }
        }
    private static let words = "\(Golden.samples)/words.safetensors"

    private static let sentences = "He said , Teddy Roosevelt was a great President\nThey say Teddy bears are on sale\n"
    private static let chorale = (0..<24).map { "[\(60 + $0 % 5), \(64 + $0 % 3), 67, 72]\n" }.joined()
    static let sequences =
        modes.map { Case("tags-\($0).jsonl", model: "teddy", "--mode", $0, input: sentences) } + [
            Case("tags.txt", model: "teddy", "--mode", "both", "--format", "text", input: sentences),
            Case("entities.jsonl", model: "entities", input: sentences),
            Case(
                "class.jsonl", model: "splice",
                input: "CCAGCTGCATCACAGGAGGCCAGCGAGCAGGTCTGTTCCAAGGGCCTTCGAGCCAGTCTG\n"),
            Case("characters.jsonl", model: "shakespeare", input: "ROMEO:\nBut soft, what light\n"),
            Case("words.jsonl", model: "words", input: "ENTER FIVE\nSTOP\n"),
            Case("vectors.jsonl", model: "chorales", input: chorale),
            Case("pairs.jsonl", model: "dates", input: "3 May 2009\nthe 21st of June, 1987\n\n12/4/99\n"),
            Case("pairs.txt", model: "dates", "--format", "text", input: "3 May 2009\n"),
        ]

    static let others =
        files.filter { $0.hasSuffix(".safetensors") }.flatMap { file in
            ["json", "text"].map { format in
                let name = file.replacingOccurrences(of: ".safetensors", with: format == "json" ? ".json" : ".txt")
                return Case("show-\(name)", ["model", "show", "\(Golden.samples)/\(file)", "--format", format])
            }
        } + [
            Case(
                "sampled.txt",
                ["lm", "sample", "\(Golden.samples)/shakespeare.safetensors", "--length", "60", "--seed", "7"]),
            Case("scored.txt", ["lm", "score", words], input: "ENTER FIVE\nSTOP\n"),
            Case(
                "config.yaml",
                [
                    "config", "--config", "/dev/null", "--model", "m.safetensors", "--runtime-directory", "/run/heard",
                    "--threads", "2",
                ]),
        ]

    @Test(arguments: sound + sequences + others) func isPrinted(_ golden: Case) async throws {
        let command = try Command()
        defer { command.remove() }
        // One instruction set, so that every machine has the same sums.
        let outcome = try await command.run(
            golden.arguments, input: Array(golden.input.utf8), environment: ["HEARD_ISA": "generic"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        try Golden.compare(Self.lasting(outcome.output), "events/\(golden.name)")
    }

    /// What is printed but for times of the wall clock and places of files.
    private static func lasting(_ output: String) -> String {
        output.replacingOccurrences(of: Golden.samples, with: "samples")
            .replacing(#/"(wall_rtf|step_microseconds)":[0-9.e-]+/#) { "\"\($0.1)\":0" }
            .replacing(#/[0-9.]+ us a step here/#, with: "0 us a step here")
    }
}

import Foundation
import TestSupport
import Testing
import Training
import Yams

/// The digests of the recipes that come with Heard: by them a run knows its checkpoint again, so they do not change
/// unless what is trained does. Tests/Golden/recipes.txt has them; a recipe that is changed has a new one.
@Suite struct RecipeDigestTests {
    private static let root = Repository.root.path

    private func digest(_ text: String) throws -> String { try YAMLDecoder().decode(Recipe.self, from: text).digest }

    @Test func areThoseThatTheyWere() throws {
        let folder = "\(Self.root)/samples/recipes", golden = "\(Self.root)/Tests/Golden/recipes.txt"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
        let lines = try files.map { file in
            "\(file) \(try digest(String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)))"
        }
        if ProcessInfo.processInfo.environment["HEARD_WRITE_GOLDEN"] != nil {
            try (lines.joined(separator: "\n") + "\n").write(toFile: golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOfFile: golden, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines == expected)
    }
}

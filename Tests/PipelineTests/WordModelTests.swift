// A model file's lexicon and language model: written, read, and refused where they do not fit the labels.

import Decoding
import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct WordModelTests {
    /// A tiny model that decodes with a prefix beam; its labels are letters.
    private func file() throws -> ModelFile {
        var file = try TinyModel.file(hasOffline: false)
        file.decoder.beamWidth = 4
        return file
    }

    private func reread(_ file: ModelFile) throws -> ModelFile {
        let path = FileManager.default.temporaryDirectory.appending(path: "words-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try file.write(to: path)
        return try ModelFile(path: path)
    }

    @Test func aFileKeepsItsLexiconAndItsLanguageModel() throws {
        var file = try file()
        #expect(try reread(file).lexicon == nil && reread(file).languageModel == nil)
        file.lexicon = try Lexicon(dictionary: "CAB  C A B\nBAD  B A D\nBAD(2)  B D\n")
        file.languageModel = try NGramModel(lines: ["CAB BAD", "BAD"], vocabulary: ["BAD", "CAB"], order: 2)
        let read = try reread(file)
        #expect(read.lexicon == file.lexicon)
        #expect(read.languageModel == file.languageModel)
        #expect(read.decoder == file.decoder)
        _ = try Session(Model(read, path: "words"))
    }

    @Test func aLexiconThatDoesNotFitIsRefusedWhenTheModelIsLoaded() throws {
        var file = try file()
        file.lexicon = try Lexicon(dictionary: "CAT  C A T\n")
        let error = #expect(throws: (any Error).self) { try Model(file, path: "words") }
        #expect("\(try #require(error))".contains("'CAT' has the unit 'T'"))
        // The best path reads neither.
        file.decoder.beamWidth = 0
        _ = try Model(file, path: "words")
    }

    @Test func aLanguageModelThatDoesNotKnowTheWordsIsRefused() throws {
        var file = try file()
        file.languageModel = try NGramModel(lines: [], vocabulary: ["A", "B", "C"], order: 2)
        let error = #expect(throws: (any Error).self) { try Model(file, path: "words") }
        #expect("\(try #require(error))".contains("does not know 'Q', 'D'"))
    }
}

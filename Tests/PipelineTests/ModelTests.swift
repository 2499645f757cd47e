import Decoding
import Features
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct ModelTests {
    private func temporaryFile() -> String { NSTemporaryDirectory() + "heard-test-\(UUID().uuidString).safetensors" }

    @Test func aFileSurvivesAndItsSelfTestPasses() throws {
        let path = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try TinyModel.file()
        try file.write(to: path)
        let model = try Model(path: path)
        try model.runSelfTest()
        #expect(model.file.frontEnd == file.frontEnd && model.file.decoder == file.decoder)
        #expect(model.file.provenance == file.provenance && model.file.selfTest == file.selfTest)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == file.serialized())
    }

    @Test func aDamagedWeightFailsTheSelfTest() throws {
        for name in [
            "online.gru.weight_hh_l1", "offline.gru.weight_ih_l0_reverse", "online.inp.weight", "feature.mean",
        ] {
            var file = try TinyModel.file()
            file.tensors.tensors[name]?.values[3] += 30
            let model = try Model(file, path: "damaged")
            #expect(throws: ModelError.self, "\(name)") { try model.runSelfTest() }
        }
        var file = try TinyModel.file()
        file.tensors.tensors["online.out.bias"]?.values[0] = .nan
        #expect(throws: ModelError.self) { try Model(file, path: "damaged").runSelfTest() }
        file.selfTest = nil
        #expect(throws: ModelError.self) { try Model(file, path: "untested").runSelfTest() }
    }

    @Test func whatDoesNotFitTogetherIsRefused() throws {
        func refused(_ change: (inout ModelFile) -> Void) throws {
            var file = try TinyModel.file()
            change(&file)
            #expect(throws: ModelError.self) { try Model(file, path: "unfit") }
        }
        try refused { $0.labels.append("E") }
        try refused { $0.frontEnd.stack = 3 }
        try refused { $0.frontEnd.mel.bands = 19 }
        try refused { $0.decoder.blank = "blank" }
        try refused { $0.decoder.onThreshold = 3 }
        try refused { $0.online = $0.offline ?? [] }
        try refused { $0.tensors.tensors["feature.std"] = nil }
        try refused { $0.tensors.tensors["feature.std"]?.values[0] = 0 }
    }

    @Test func aForeignSafetensorsFileIsToldToBeImported() throws {
        let path = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try TinyModel.file().tensors.serialized().write(to: URL(fileURLWithPath: path))
        do {
            _ = try Model(path: path)
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains("heard model import"))
        }
    }
}

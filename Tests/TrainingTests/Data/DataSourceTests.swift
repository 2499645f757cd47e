import Foundation
import Testing

import Training

@Suite struct DataSourceTests {
    /// A misspelt "text" must not teach the network to be silent.
    @Test func whatIsSaidHasToBeWritten() throws {
        let folder = try DataFolder()
        try folder.write([Float](repeating: 0.1, count: 8000), to: "a.wav")
        try folder.write(
            #"{"audio_filepath":"a.wav","text":"W1"}"# + "\n" + #"{"audio_filepath":"a.wav","txt":"W1"}"#,
            to: "all.jsonl")
        #expect {
            _ = try DatasetTests.dataset(folder)
        } throws: {
            "\($0)".contains("no text and no label")
        }
        let silent = try DatasetTests.dataset(folder, #"[{"path": "all.jsonl", "text": "none"}]"#)
        #expect(silent.clips.count == 2)
    }

    /// Which fold a clip without a speaker is in does not depend on where the data lies.
    @Test func aFoldIsTheSameInEveryFolder() throws {
        func kept(_ name: String) throws -> [String] {
            let folder = try DataFolder()
            let lines = (0..<40).map { #"{"audio_filepath": "\#(name)/\#($0).wav"}"# }.joined(separator: "\n")
            try folder.write(lines, to: "noise.jsonl")
            var options = SourceOptions(path: "noise.jsonl")
            options.withoutFold = SpeakerFold(number: 1, of: 5)
            return try ClipSource.read(options, relativeTo: folder.path).map {
                String($0.path.dropFirst(folder.path.count + 1))
            }
        }
        let kept1 = try kept("a")
        #expect(try kept("a") == kept1 && (20..<40).contains(kept1.count))
    }

    @Test func hashesAreThePublishedOnes() {
        #expect(
            SecureHash.hexSHA256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SecureHash.hexSHA256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SecureHash.hexSHA256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SecureHash.hex(SecureHash.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(SecureHash.hex(SecureHash.sha1(million)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    @Test func manifestsGiveClipsWithWordsThatFitTheirText() throws {
        let folder = try DataFolder()
        try folder.write(
            """
            {"audio_filepath": "a.wav", "duration": 1.5, "text": " YES  NO ", "speaker": 17, "other": {}}

            {"audio_filepath": "/abs/b.wav", "label": "GO"}\r
            {"audio_filepath": "c.wav", "text": "ONE TWO"}
            """, to: "m.jsonl")
        try folder.write(
            """
            {"audio_filepath":"a.wav","words":[["<s>",0,0.1],["yes",0.1,0.5],["[NOISE]",0.5,0.6],["no",0.6,1]],"phones":[["SIL",0,0.1],["Y",0.1,0.2]]}
            {"audio_filepath":"c.wav","words":[["ONE",0.1,0.5]]}
            """, to: "m.align.jsonl")
        let clips = try ClipSource.read(SourceOptions(path: "m.jsonl"), relativeTo: folder.path)
        #expect(clips.map(\.path) == [folder.path + "/a.wav", "/abs/b.wav", folder.path + "/c.wav"])
        #expect(clips.map(\.text) == ["YES NO", "GO", "ONE TWO"])
        #expect(clips[0].speaker == "17" && clips[0].seconds == 1.5)
        #expect(clips[0].words?.map(\.word) == ["yes", "no"] && clips[0].words?[1].start == 0.6)
        #expect(clips[0].phones == [TimedWord(word: "Y", start: 0.1, end: 0.2)])
        #expect(clips[1].words == nil)
        #expect(clips[2].words == nil, "an alignment that lacks a word is none")
    }

    @Test(arguments: [
        ("{\"duration\": 1}", "there is no audio_filepath"), ("nonsense", "not a JSON object"),
        ("{\"audio_filepath\": \"a.wav\", \"duration\": -1}", "the duration is -1.0"),
        ("{\"audio_filepath\": \"a.wav\", \"duration\": \"1\"}", "duration is of the wrong type"),
        ("{\"audio_filepath\": \"a.wav\", \"offset\": -2}", "the offset is -2.0"),
        ("{\"audio_filepath\": \"a.wav\", \"offset\": 1e300}", "the offset is 1e+300"),
        ("{\"audio_filepath\": \"a.wav\", \"duration\": 1e300}", "the duration is 1e+300"),
        ("{\"audio_filepath\": \"a.wav\", \"offset\": 2, \"end\": 1}", "it ends at 1.0 s and begins at 2.0 s"),
        ("{\"audio_filepath\": \"a.wav\", \"text\": \"A\", \"label\": \"B\"}", "a text and a label"),
    ])
    func badLinesAreNamed(line: String, problem: String) throws {
        let folder = try DataFolder()
        try folder.write("{\"audio_filepath\": \"a.wav\"}\n\n\(line)\n", to: "m.jsonl")
        let error = #expect(throws: DataError.self) {
            try ClipSource.read(SourceOptions(path: "m.jsonl"), relativeTo: folder.path)
        }
        let message = error?.description ?? ""
        #expect(message.contains("m.jsonl, line 3") && message.contains(problem), "\(message)")
    }

    @Test func whatIsNotThereIsNamed() throws {
        let folder = try DataFolder()
        #expect(throws: DataError.self) {
            try ClipSource.read(SourceOptions(path: "no.jsonl"), relativeTo: folder.path)
        }
        try folder.write("", to: "empty.jsonl")
        let error = #expect(throws: DataError.self) {
            try ClipSource.read(SourceOptions(path: "empty.jsonl"), relativeTo: folder.path)
        }
        #expect(error == .noClips(path: folder.path + "/empty.jsonl", reason: "it lists no sounds"))
    }

    @Test func foldersPerLabelAreSplitByListsOrByName() throws {
        let folder = try DataFolder()
        // Parts by the published rule: SHA-1 of "060cd039" gives validation, of "00b01445" train.
        for name in ["060cd039_nohash_0", "060cd039_nohash_1", "00b01445_nohash_0"] {
            try folder.write("", to: "yes/\(name).wav")
        }
        try folder.write("", to: "_background_noise_/hum.wav")
        try folder.write("", to: "yes/readme.txt")
        func names(_ split: SourceOptions.Split?) throws -> [String] {
            var options = SourceOptions(path: ".")
            options.split = split
            return try ClipSource.read(options, relativeTo: folder.path).map {
                $0.text + ":" + URL(fileURLWithPath: $0.path).lastPathComponent
            }
        }
        #expect(try names(nil).count == 3)
        #expect(try names(.validation) == ["yes:060cd039_nohash_0.wav", "yes:060cd039_nohash_1.wav"])
        #expect(try names(.train) == ["yes:00b01445_nohash_0.wav"])
        try folder.write("yes/00b01445_nohash_0.wav\n", to: "testing_list.txt")
        #expect(try names(.testing) == ["yes:00b01445_nohash_0.wav"])
        #expect(try names(.train).count == 2)
    }

    @Test func filtersChooseSpeakersWordsAndNumbers() throws {
        let folder = try DataFolder()
        try folder.writeClips(35)
        func clips(_ json: String) throws -> [Clip] {
            try ClipSource.read(
                JSONDecoder().decode(SourceOptions.self, from: Data(json.utf8)), relativeTo: folder.path)
        }
        #expect(try clips(#""all.jsonl""#).count == 35)
        #expect(try Set(clips(#"{"path":"all.jsonl","speakers":["s1","s2"]}"#).map(\.speaker)) == ["s1", "s2"])
        #expect(try !clips(#"{"path":"all.jsonl","without_speakers":["s1"]}"#).contains { $0.speaker == "s1" })
        #expect(try clips(#"{"path":"all.jsonl","limit":5}"#).map(\.text) == ["W0", "W7", "W14", "W21", "W28"])
        #expect(try clips(#"{"path":"all.jsonl","text":"none"}"#).allSatisfy { $0.text == "" && $0.words != nil })
        #expect(try clips(#"{"path":"all.jsonl","speech":false}"#).allSatisfy { $0.text == "" && $0.words == [] })
        // Folds take the speakers apart, each of them once.
        let folds = try (1...3).map { try Set(clips(#"{"path":"all.jsonl","fold":"\#($0)/3"}"#).map(\.path)) }
        #expect(folds.reduce(0) { $0 + $1.count } == 35)
        #expect(folds.reduce(Set()) { $0.union($1) }.count == 35)
        #expect(try clips(#"{"path":"all.jsonl","without_fold":"1/3"}"#).count == 35 - folds[0].count)
        #expect(throws: DataError.self) { try clips(#"{"path":"all.jsonl","speakers":["nobody"]}"#) }
        try folder.write(
            """
            {"audio_filepath": "c0.wav", "text": "W0"}
            {"audio_filepath": "c1.wav", "text": "W1"}
            """, to: "two.jsonl")
        try folder.write(#"{"audio_filepath":"c1.wav","words":[["W1",0.1,0.3]]}"#, to: "two.align.jsonl")
        #expect(try clips(#"{"path":"two.jsonl","with_words":true}"#).map(\.text) == ["W1"])
        try folder.write("c2.wav\nmore/c3.flac\n", to: "list.txt")
        #expect(try clips(#""list.txt""#).map(\.path) == [folder.path + "/c2.wav", folder.path + "/more/c3.flac"])
        #expect(throws: DataError.self) { try clips(#"{"path":"list.txt","split":"train"}"#) }
    }

    @Test(arguments: [
        (#"{"path":"a","repeat":2}"#, "there is no option repeat"), (#"{"repeats":2}"#, "path is missing"),
        (#"{"path":"a","fold":"0/5"}"#, "a fold such as"), (#"{"path":"a","crop":[3,1]}"#, "crop is [3.0, 1.0]"),
        (#"{"path":"a","repeats":0}"#, "repeats is 0.0"), (#"{"path":"a","text":"x"}"#, "text is x"),
        (#"{"path":"a","crop":1,"cut_words":2}"#, "together with cut_words"),
    ])
    func badOptionsAreNamed(json: String, problem: String) {
        let error = #expect(throws: DataError.self) {
            try JSONDecoder().decode(SourceOptions.self, from: Data(json.utf8))
        }
        #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }
}

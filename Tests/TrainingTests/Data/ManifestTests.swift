// Lists of recordings in every form, pieces of recordings, and texts whose capitals are not the labels'.

import Features
import Foundation
import Testing

import Training

@Suite struct ManifestTests {
    private func clips(_ folder: DataFolder, _ name: String) throws -> [Clip] {
        try ClipSource.read(SourceOptions(path: name), relativeTo: folder.path)
    }

    private func failure(_ folder: DataFolder, _ name: String) -> String {
        let error = #expect(throws: DataError.self) { try clips(folder, name) }
        return error?.description ?? ""
    }

    // MARK: pieces of recordings

    /// Two seconds, of which each tenth has its own level.
    private func stairs() -> [Float] { (0..<32_000).map { Float($0 / 1600 + 1) / 64 } }

    @Test func aSegmentIsItsPartOfTheRecording() throws {
        let folder = try DataFolder()
        try folder.write(stairs(), to: "talk.wav")
        try folder.write(
            """
            {"audio_filepath":"talk.wav","offset":0.5,"duration":0.75,"text":"A","speaker":"s"}
            {"audio_filepath":"talk.wav","offset":1.25,"text":"B"}
            {"audio_filepath":"talk.wav","offset":0.0,"duration":0.5,"text":"C"}
            {"audio_filepath":"talk.wav","duration":2.0,"text":"D"}
            {"audio_filepath":"talk.wav","duration":0.5,"text":"E"}
            {"audio_filepath":"talk.wav","offset":0.0,"duration":2.01,"text":"F"}
            """, to: "m.jsonl")
        let expected = [8000..<20_000, 20_000..<32_000, 0..<8000, 0..<32_000, 0..<8000, 0..<32_000]
        let listed = try clips(folder, "m.jsonl"), whole = stairs()
        let cache = folder.path + "/cache"
        // Kept in memory, and read again each time; with a cache and without.
        for memory in [1 << 20, 0] {
            for place in [nil, cache] {
                var options = StoreOptions(cache: place)
                options.memoryBytes = memory
                let store = SoundStore(options, rate: 16_000), sounds = try store.load(listed.map(\.path))
                let parts = try zip(sounds, listed).map { try $0.part($1, rate: 16_000) }
                for (part, range) in zip(parts, expected) {
                    #expect(part.count == range.count)
                    #expect(try store.samples(part, 0..<part.count) == Array(whole[range]))
                    #expect(try store.samples(part, 10..<20) == Array(whole[range].dropFirst(10).prefix(10)))
                }
                // What is cached of a part is another's only if it is the same part.
                #expect(parts[3].key == sounds[3].key && parts[5].key == sounds[5].key && parts[2].key == parts[4].key)
                #expect(Set(parts.map(\.key)).count == 4)
            }
        }
        let data = try DatasetTests.dataset(folder, #"[{"path": "m.jsonl", "text": "none"}]"#)
        #expect(data.clips.map(\.seconds) == [0.75, 0.75, 0.5, 2, 0.5, 2])
        #expect(listed[0].name == folder.path + "/talk.wav from 0.5 s to 1.25 s" && listed[3].name == listed[3].path)
    }

    @Test func aSegmentBeyondTheEndIsNamed() throws {
        let folder = try DataFolder()
        try folder.write(stairs(), to: "talk.wav")
        for segment in [
            #""offset":2.5,"duration":1"#, #""offset":1.5,"duration":1"#, #""offset":2"#, #""offset":0,"end":9"#,
        ] {
            try folder.write(
                #"{"audio_filepath":"talk.wav"}"# + "\n" + #"{"audio_filepath":"talk.wav",\#(segment)}"#, to: "m.jsonl")
            let error = #expect(throws: DataError.self) {
                try DatasetTests.dataset(folder, #"[{"path": "m.jsonl", "text": "none"}]"#)
            }
            let says = error?.description ?? ""
            #expect(says.contains("m.jsonl, line 2") && says.contains("the recording has 2.0 s"), "\(says)")
        }
    }

    /// Word times of a recording are those of its pieces.
    @Test func alignmentsAreCutToo() throws {
        let folder = try DataFolder()
        try folder.write(
            """
            {"audio_filepath":"talk.wav","offset":0.5,"duration":0.75,"text":"two three"}
            {"audio_filepath":"talk.wav","text":"one two three"}
            """, to: "m.jsonl")
        try folder.write(
            #"{"audio_filepath":"talk.wav","words":[["ONE",0.1,0.4],["TWO",0.5,0.75],["THREE",1.0,1.25]]}"#,
            to: "m.align.jsonl")
        let listed = try clips(folder, "m.jsonl")
        #expect(
            listed[0].words == [
                TimedWord(word: "TWO", start: 0, end: 0.25), TimedWord(word: "THREE", start: 0.5, end: 0.75),
            ])
        #expect(listed[1].words?.count == 3)
    }

    // MARK: tables

    @Test(arguments: [
        ("a.csv", "path,text,speaker\nx.wav,YES  NO,ann\n\"y, z.wav\",\"a \"\"b\"\"\",\n"),
        ("b.csv", "\u{FEFF}Speaker;PATH;Text\r\nann;x.wav;YES NO\r\n;\"y, z.wav\";\"a \"\"b\"\"\"\r\n"),
        ("c.tsv", "client_id\tpath\tsentence\tup_votes\nann\tx.wav\tYES NO\t2\n\ty, z.wav\ta \"b\"\t0\n"),
        ("d.csv", "audio_filepath|transcription|client_id\rx.wav|YES NO|ann\ry, z.wav|\"a \"\"b\"\"\"|"),
    ]) func tablesNameTheirColumns(name: String, text: String) throws {
        let folder = try DataFolder()
        try folder.write(text, to: name)
        let listed = try clips(folder, name)
        #expect(listed.map(\.path) == ["x.wav", "y, z.wav"].map { folder.path + "/" + $0 })
        #expect(listed.map(\.text) == ["YES NO", "a \"b\""] && listed.map(\.speaker) == ["ann", nil])
        #expect(listed.allSatisfy { $0.isTranscribed && !$0.isLabel && $0.segment == nil })
    }

    @Test func tablesHaveSegmentsLabelsAndCommonVoicesFolder() throws {
        let folder = try DataFolder()
        try folder.write("", to: "clips/a.wav")
        try folder.write("file,label,offset,duration\na.wav,DOG BARK,1.5,0.5\n/b.wav,CAT,,\n", to: "a.csv")
        let listed = try clips(folder, "a.csv")
        #expect(
            listed.map(\.path) == [folder.path + "/clips/a.wav", "/b.wav"] && listed.map(\.isLabel) == [true, true])
        #expect(listed[0].segment == SoundSegment(start: 1.5, end: 2) && listed[1].segment == nil)
        try folder.write("path\na.wav\n", to: "a.csv")
        #expect(try clips(folder, "a.csv").map(\.isTranscribed) == [false])
    }

    @Test(arguments: [
        ("a.wav,YES\n", "line 1: no column is named as sound files are"),
        ("path,text\na.wav\n", "line 2: it has 1 cells"),
        ("path,text\na.wav,one, two\n", "line 2: it has 3 cells"), ("path,text\n,YES\n", "line 2: the path is empty"),
        ("path,text\na.wav,\"YES\n", "line 2: a quote is open"),
        ("path,offset\na.wav,x\n", "the offset \"x\" is no number"),
        ("path,duration\na.wav,nan\n", "the duration is nan"), ("path,text\n", "it lists no sounds"),
    ]) func badTablesAreNamed(text: String, says: String) throws {
        let folder = try DataFolder()
        try folder.write(text, to: "a.csv")
        #expect(failure(folder, "a.csv").contains(says))
    }

    /// Other names of NeMo's keys are understood too.
    @Test func objectsGoByOtherNames() throws {
        let folder = try DataFolder()
        try folder.write(
            #"{"path":"a.wav","sentence":"YES","client_id":7}"# + "\n" + #"{"audio":"b.wav","transcript":"NO"}"#,
            to: "a.json")
        let listed = try clips(folder, "a.json")
        #expect(listed.map(\.text) == ["YES", "NO"] && listed.map(\.speaker) == ["7", nil])
    }

    // MARK: Kaldi

    private func kaldi(_ files: [String: String]) throws -> DataFolder {
        let folder = try DataFolder()
        for (name, text) in files { try folder.write(text, to: "data/\(name)") }
        return folder
    }

    @Test func aFolderOfKaldis() throws {
        let folder = try kaldi([
            "wav.scp": "r1 wav/one.wav\nr2  /abs/two words.wav\n", "text": "r2 NO\nr1\tYES  SIR\n",
            "utt2spk": "r1 ann\n",
        ])
        for name in ["data", "data/wav.scp"] {
            let listed = try clips(folder, name)
            #expect(listed.map(\.path) == [folder.path + "/data/wav/one.wav", "/abs/two words.wav"])
            #expect(listed.map(\.text) == ["YES SIR", "NO"] && listed.map(\.speaker) == ["ann", nil])
        }
        #expect(ClipSource.isManifest(folder.path + "/data") && !ClipSource.isManifest(folder.path))
    }

    @Test func utterancesOfKaldis() throws {
        let folder = try kaldi([
            "wav.scp": "r1 a.wav\n", "segments": "u2 r1 1.5 2.25\nu1 r1 0 1.5\nu3 r1 2.5 -1\n",
            "text": "u1 A\nu2 B\nu3\n",
        ])
        let listed = try clips(folder, "data")
        #expect(listed.map(\.text) == ["B", "A", ""] && listed.allSatisfy(\.isTranscribed))
        #expect(
            listed.map(\.segment) == [
                SoundSegment(start: 1.5, end: 2.25), SoundSegment(start: 0, end: 1.5),
                SoundSegment(start: 2.5, end: nil),
            ])
        #expect(listed[0].listed == ManifestPlace(file: folder.path + "/data/segments", line: 1))
    }

    @Test(arguments: [
        (
            ["wav.scp": "r1 a.wav\nr2 sph2pipe -f wav b.sph |\n"],
            "wav.scp, line 2: \"sph2pipe -f wav b.sph |\" is a command"
        ),
        (["wav.scp": "r1 raw.ark:123\n"], "is a place in an archive"),
        (["wav.scp": "r1\n"], "behind \"r1\" stands nothing"),
        (["wav.scp": "r1 a.wav\nr1 b.wav\n"], "line 2: \"r1\" was there before"),
        (
            ["wav.scp": "r1 a.wav\n", "segments": "u1 r2 0 1\n"],
            "segments, line 1: the recording \"r2\" is not in wav.scp"
        ),
        (["wav.scp": "r1 a.wav\n", "segments": "u1 r1 0 x\n"], "segments, line 1: it is no segment"),
        (["wav.scp": "r1 a.wav\n", "segments": "u1 r1 2 1\n"], "it ends at 1.0 s and begins at 2.0 s"),
        (["wav.scp": "r1 a.wav\n", "text": "r1 YES\nr7 NO\n"], "text, line 2: \"r7\" is not in wav.scp"),
    ]) func badFoldersOfKaldisAreNamed(files: [String: String], says: String) throws {
        #expect(failure(try kaldi(files), "data").contains(says))
    }

    // MARK: capitals

    private func tokens(_ labels: LabelSet, _ text: String) throws -> [Int] {
        try labels.tokens(Transcript(text: text, words: nil, phones: nil, name: "a.wav"))
    }

    @Test func capitalsAreFoldedWhereOneLabelIsMeant() throws {
        let words = try LabelSet(.words, listed: ["YES", "NO", "Ja", "ja"])
        #expect(try tokens(words, "yes NO Yes ja Ja") == [1, 2, 1, 4, 3])
        #expect(words.folded("yes NO maybe ja") == "YES NO maybe ja")
        let clips = ["yes no", "NO", "Ja"].map { Clip(path: "a.wav", text: $0) }
        #expect(words.folds(of: clips) == ["yes": "YES", "no": "NO"])
        let letters = try LabelSet(.characters, listed: [])
        #expect(try tokens(letters, "ab") == tokens(letters, "AB"))
        let classes = try LabelSet(.classes, listed: ["Dog bark", "cat"])
        #expect(try tokens(classes, "dog bark") == [0] && tokens(classes, "CAT") == [1])
    }

    @Test func unknownLabelsAreNamedWithTheNearest() throws {
        let words = try LabelSet(.words, listed: ["YES", "NO", "Ja", "ja", "MAYBE"])
        for (text, says) in [
            ("NO maybee", "\"maybee\" is none of the recipe's labels (the nearest is MAYBE)"),
            ("JA", "differ by capitals alone: Ja, ja"),
        ] {
            let error = #expect(throws: TrainingError.self) { try tokens(words, text) }
            #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        }
        let error = #expect(throws: TrainingError.self) { try tokens(words, String(repeating: "x", count: 100_000)) }
        #expect(error.map { $0.description.utf8.count < 400 } == true)
    }
}

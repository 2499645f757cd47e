// libFuzzer's entry for the audio reader. An executable target that depends on `Audio` holds this file and AudioFuzz.swift, with
// swiftSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])] and
// linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])] (and -sanitize=address,fuzzer-no-link on `Audio` for
// coverage). Then: AudioFuzz -max_len=8192 CORPUS_FOLDER

/// Runs one input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzAudio(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

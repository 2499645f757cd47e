// libFuzzer's entry; Tests/Fuzz/run builds it once for each target.

/// Runs one input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    #if FUZZ_AUDIO
        fuzzAudio(bytes)
    #elseif FUZZ_TEXT
        fuzzText(bytes)
    #elseif FUZZ_VECTORS
        fuzzVectors(bytes)
    #else
        fuzzEvents(bytes)
    #endif
    return 0
}

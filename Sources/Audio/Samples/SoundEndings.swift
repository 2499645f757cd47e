// How the names of files of sound end.

/// Endings, in lower case, of what is decoded here and of what ffmpeg is asked for.
package let soundEndings: Set = [
    "wav", "flac", "ogg", "opus", "oga", "aif", "aiff", "au", "caf", "w64", "mp3", "mp2",
    "m4a", "mp4", "aac", "wma", "webm", "mka", "spx", "amr", "ape", "wv", "tta",
]

// Files that are not decoded here, read through ffmpeg as a child process: on the command line alone, never in the
// daemon.

import Glibc

/// Whether files that are not decoded here are read through ffmpeg.
package enum FFmpegUse: String, CaseIterable, Sendable {
    /// When it is on the PATH.
    case auto
    case never
}

/// The conversion of one file to WAV.
package struct FFmpeg {
    /// What ffmpeg said.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let command: [String]
    /// What the file is taken for.
    private let kind: String

    /// The conversion that the file at `path` needs: nil when its first recording is read here, or is no sound that is
    /// known, when there is no ffmpeg on the PATH, or when it is not to be used.
    package init?(for path: String, use: FFmpegUse) {
        guard use == .auto, let kind = Self.foreignKind(of: path), let program = Self.program else { return nil }
        self.kind = kind
        // `file:` keeps ffmpeg from taking a name for a protocol or an option.
        command = [
            program, "-nostdin", "-v", "error", "-i", "file:" + path, "-map", "0:a:0", "-c:a", "pcm_s16le", "-f", "wav",
            "-",
        ]
    }

    /// Gives the bytes of the WAV as they come, in pieces of at most `size`, until `body` returns false.
    package func read(size: Int = 1 << 16, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        do {
            let child = try ChildProcess(command)
            var goesOn = true
            while goesOn {
                let hasMore = try child.read { bytes in
                    var rest = bytes
                    while goesOn, !rest.isEmpty {
                        let count = min(size, rest.count)
                        goesOn = try body(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    }
                }
                if !hasMore { return }
            }
        } catch let failure as ChildProcess.Failure {
            throw Failure(description: "ffmpeg could not convert it (\(kind)): \(Self.plain(failure.detail))")
        }
    }

    /// What ffmpeg said, without the places in its memory: `[mov,mp4,m4a @ 0x55d5c8]`.
    private static func plain(_ text: String) -> String { text.replacing(#/\[[^\[\]]* @ 0x[0-9a-f]+\] /#, with: "") }

    /// Where ffmpeg is; nil when it is nowhere on the PATH.
    private static var program: String? {
        guard let path = getenv("PATH") else { return nil }
        return String(cString: path).split(separator: ":").map { $0 + "/ffmpeg" }.first { access($0, X_OK) == 0 }
    }

    /// Bytes of a file that are enough to tell.
    private static let probeBytes = 1 << 18

    /// The container or codec of the file's first recording, where it is known and not decoded here.
    private static func foreignKind(of path: String) -> String? {
        var status = stat()
        // What is no file can be read once only.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = fopen(path, "re") else {
            return nil
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: probeBytes)
        let count = fread(&bytes, 1, bytes.count, file)
        var reader = AudioReader(AudioOptions())
        var samples: [Float] = []
        bytes[..<count].withUnsafeBytes { reader.append($0) }
        while true {
            switch reader.next(&samples) {
            case .failure(.unsupportedCodec(_, let detail)): return detail
            case .warning: continue
            case .failure, .needsBytes, .begin, .samples, .end, .finished: return nil
            }
        }
    }
}

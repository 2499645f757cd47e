// Where the repository's own files are that tests read.

import Foundation

/// The folders of the repository that the tests were built from.
public enum Repository {
    /// The top folder.
    public static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .appendingPathComponent("../../..").standardized
    /// Golden values.
    public static let golden = root.appendingPathComponent("Tests/Golden")
    /// Recordings and models that users get.
    public static let samples = root.appendingPathComponent("samples")
}

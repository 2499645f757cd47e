// Everything that can be wrong with a training run, in sentences.

/// Why a network cannot be trained, or no further.
package enum TrainingError: Error, Equatable, CustomStringConvertible {
    case recipe(key: String, reason: String)
    /// A file, a folder or an option with which a run cannot begin.
    case setup(String)
    case noTarget(clip: String, reason: String)
    case noClips(what: String)
    case exploded(step: Int, reason: String, checkpoint: String?)
    case checkpoint(path: String, reason: String)

    package var description: String {
        switch self {
        case .recipe(let key, let reason): "the recipe's \"\(key)\": \(reason)"
        case .setup(let sentence): sentence
        case .noTarget(let clip, let reason): "\(clip): \(reason)"
        case .noClips(let what): "\(what) has no clips; look at its paths and limits"
        case .exploded(let step, let reason, let checkpoint):
            "stopped at step \(step): \(reason)"
                + (checkpoint.map { ". The last good state is in \($0)" } ?? "")
        case .checkpoint(let path, let reason): "\(path) cannot be gone on from: \(reason)"
        }
    }
}

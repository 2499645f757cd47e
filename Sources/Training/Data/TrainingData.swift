// What the trainer knows of its data, be it sound or text.

/// Batches by epoch. All of it is a function of the source, the options and (seed, epoch, batch).
package protocol TrainingData: Sendable {
    /// SHA-256 of what is trained on.
    var digest: String { get }
    /// Batches of an epoch, the first of which is 0.
    func batchCount(epoch: Int) -> Int
    /// The batches of an epoch from `first` on, made ahead by `threads` threads.
    func batches(epoch: Int, from first: Int, threads: Int) -> BatchQueue
}

// What a run is told beside its recipe.

import Audio

package struct RunOptions {
    /// Folders in which the recipe's paths begin.
    package var data: [String]
    /// Where log and checkpoint are.
    package var folder: String
    package var threads: Int
    /// Where decoded sound is kept; nil: nowhere.
    package var cache: String?
    /// Whether recordings that are not decoded here are read through ffmpeg.
    package var ffmpeg: FFmpegUse
    /// Whether a checkpoint that is there is left out of account.
    package var fresh: Bool
    /// The model, or for sound the recipe of the model, whose weights are begun with; nil: what the recipe says.
    package var initFrom: String?
    /// The model whose other network is kept.
    package var beside: String?
    package var observer: any RunObserver

    package init(
        data: [String] = [], folder: String, threads: Int = 1, cache: String? = nil, ffmpeg: FFmpegUse,
        fresh: Bool = false, initFrom: String? = nil, beside: String? = nil, observer: any RunObserver
    ) {
        (self.data, self.folder, self.threads, self.cache, self.ffmpeg) = (data, folder, threads, cache, ffmpeg)
        (self.fresh, self.initFrom, self.beside, self.observer) = (fresh, initFrom, beside, observer)
    }
}

/// Whom a run tells how it goes.
package protocol RunObserver {
    /// A sentence for the user.
    func say(_ sentence: String)
    /// What is called, from any thread, while sounds are read.
    func reading() -> @Sendable (_ done: Int, _ of: Int) -> Void
    /// What watches a training, and stops it by false. `unit`: what a row of the network stands for.
    func watch(unit: String, judge: ValidationFigure.Judge) -> (Trainer.Event) -> Bool
}

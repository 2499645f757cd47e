// Sound in which every label is false: clips one after the other, as endless streams of ten minutes. A label at a
// place where the transcript has that very word is none of them: by the word times, or, where there are none, anywhere
// in the clip.

import Audio
import Decoding
import Pipeline
import Training

/// Clips that are played as one stream.
package struct NegativeStream: Sendable {
    package var clips: [Clip] = []

    /// What was heard in it, by network.
    package struct Heard: Sendable {
        package var samples: Int
        package var falseLabels: [[Label]]
        package var saidLabels: [Int]
    }

    package func listen(_ recogniser: Recogniser, batch: StepBatch, alike: [String: Set<String>]) throws -> Heard {
        let rate = recogniser.model.sampleRate
        var samples: [Float] = [], words: [Label] = []
        for clip in clips {
            let sound = try readRecording(clip, rate: rate, ffmpeg: recogniser.ffmpeg)
            // Without word times a word may be said anywhere in its clip.
            let spoken =
                clip.recognition(rate: rate).times
                ?? clip.text.uppercased().split(separator: " ").map {
                    Label(text: String($0), start: 0, end: sound.count, confidence: 1, decided: 0)
                }
            for var word in spoken {
                word.start += samples.count
                word.end += samples.count
                words.append(word)
            }
            samples += sound
        }
        // Words and labels are not timed to the frame.
        let slack = rate * 3 / 10
        func isSaid(_ label: Label) -> Bool {
            let text = label.text.uppercased()
            return words.contains {
                $0.start < label.end + slack && label.start < $0.end + slack
                    && ($0.text == text || alike[$0.text]?.contains(text) == true)
            }
        }
        let heard = try recogniser.listen(to: samples, batch: batch, name: clips[0].name).0
        let wrong = heard.map { $0.filter { !isSaid($0) } }
        return Heard(
            samples: samples.count,
            falseLabels: wrong.map {
                $0.map { label in
                    var label = label
                    label.text = label.text.uppercased()
                    return label
                }
            }, saidLabels: zip(heard, wrong).map { $0.count - $1.count })
    }

    /// What is heard in some clips, stream by stream.
    /// - Throws: the first stream's error.
    package static func listen(
        to clips: [Clip], _ recogniser: Recogniser, alike: [String: Set<String>], show: @escaping ShowProgress
    ) throws -> [Heard] {
        let streams = streams(clips)
        return try inParallel(
            streams.count, unit: "negative streams", show: show, state: { StepBatch(recogniser.model) }
        ) { index, batch in try streams[index].listen(recogniser, batch: batch, alike: alike) }
    }

    /// Streams of about ten minutes. A clip whose length is not known counts as a minute.
    private static func streams(_ clips: [Clip]) -> [NegativeStream] {
        var streams = [NegativeStream()], seconds = 0.0
        for clip in clips {
            if seconds >= 600 {
                streams.append(NegativeStream())
                seconds = 0
            }
            streams[streams.count - 1].clips.append(clip)
            seconds += clip.seconds ?? 60
        }
        return streams
    }
}

// The utterance at hand: what has been told of it so far.

import Decoding

/// What has been heard since the last utterance ended.
struct OpenUtterance: Sendable {
    /// Its first sample, on the stream's clock.
    var start = 0
    var isSpeech = false
    private var number = 0
    private var labels: [Label] = []
    private var ids: [Int] = []

    /// Neither speech nor labels.
    var isEmpty: Bool { !isSpeech && labels.isEmpty }

    mutating func append(_ label: Label, id: Int) {
        labels.append(label)
        ids.append(id)
    }

    /// The utterance, which ends at sample `end`; another begins there. `isOnline`: its labels have been told.
    mutating func close(at end: Int, decided: Int, isOnline: Bool) -> Utterance {
        number += 1
        defer {
            labels.removeAll(keepingCapacity: true)
            ids.removeAll(keepingCapacity: true)
            start = end
            isSpeech = false
        }
        return Utterance(
            number: number, start: start, end: end, decided: decided, online: isOnline ? labels : nil,
            ids: isOnline ? ids : [])
    }
}

// From recognitions to the report's figures.

/// What the keyword figures of a report are asked for.
package struct KeywordQuestion: Sendable {
    /// Labels heard where every one is false.
    package var falseLabels: [(text: String, confidence: Double)]
    /// Labels of the same sound at places where that word was said.
    package var saidLabels: Int
    /// Hours of that sound.
    package var hours: Double
    /// The words that count; all when empty.
    package var words: Set<String> = []
    /// The wanted false labels in an hour.
    package var rate: Double
    /// The wanted share of words that are found.
    package var recall: Double

    package init(
        falseLabels: [(text: String, confidence: Double)], saidLabels: Int, hours: Double, words: Set<String>,
        rate: Double,
        recall: Double
    ) {
        self.falseLabels = falseLabels
        self.saidLabels = saidLabels
        self.hours = hours
        self.words = words
        self.rate = rate
        self.recall = recall
    }
}

extension EvaluationReport.Reading {
    /// The figures of one network: of `recognitions` [recordings], which have all labels; those of less confidence than
    /// `threshold` count in the keywords' curve alone.
    package init(
        network: String, recognitions: [Recognition], sampleRate: Int, threshold: Double = 0,
        keywords question: KeywordQuestion? = nil, bootstrap: Bootstrap = Bootstrap()
    ) {
        let kept = recognitions.map { $0.keeping(confidence: threshold) }
        let groups = kept.groups.map(\.recognitions)
        self.network = network
        words = .init(groups, bootstrap) { $0.wordErrors }
        characters = .init(groups, bootstrap) { $0.characterErrors }
        rightRecordings = Double(kept.count { $0.isRight }) / Double(max(kept.count, 1))
        confusions = Array(Confusion.all(kept).prefix(30))
        if let confusion = Classification(kept) {
            let parts = groups.map { Bootstrap.Part($0.count { $0.isRight }, $0.count) }
            classification = .init(
                accuracy: confusion.accuracy, interval: bootstrap.interval(parts), confusion: confusion)
        }
        latency = LabelLatency(kept, sampleRate: sampleRate).map(EvaluationReport.Latency.init)
        let told = kept.reduce(0) { $0 + $1.labels.count }
        let right = kept.reduce(0) { $0 + $1.alignment.count { if case .kept = $0 { true } else { false } } }
        precision = told == 0 ? nil : Double(right) / Double(told)
        worst = EvaluationReport.Worst.some(of: kept)
        keywords = question.map { .init($0, recognitions: recognitions, threshold: threshold) }
        if kept.haveSpeakers {
            speakers = kept.groups.map { EvaluationReport.Speaker($0.name, $0.recognitions) }
            spread = EvaluationReport.Spread(speakers.filter { $0.words.units > 0 }.map(\.words.rate))
        }
    }
}

extension EvaluationReport.Rate {
    init(_ groups: [[Recognition]], _ bootstrap: Bootstrap, _ count: (Recognition) -> ErrorCount) {
        let sums = groups.map { $0.reduce(into: ErrorCount()) { $0 += count($1) } }
        errors = sums.reduce(into: ErrorCount()) { $0 += $1 }
        rate = errors.rate
        interval = bootstrap.interval(sums.map { Bootstrap.Part($0.total, $0.units) })
    }
}

extension EvaluationReport.Speaker {
    init(_ name: String, _ recognitions: [Recognition]) {
        speaker = name
        recordings = recognitions.count
        words = recognitions.reduce(into: ErrorCount()) { $0 += $1.wordErrors }
    }
}

extension EvaluationReport.Spread {
    init?(_ rates: [Double]) {
        guard !rates.isEmpty else { return nil }
        let sorted = rates.sorted(), count = Double(rates.count), mean = rates.reduce(0, +) / count
        let middle = sorted.count / 2
        best = sorted[0]
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        worst = sorted[sorted.count - 1]
        deviation = (rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    }
}

extension EvaluationReport.Keywords {
    init(_ question: KeywordQuestion, recognitions: [Recognition], threshold: Double) {
        let hits = recognitions.hits(of: question.words)
        let labels = question.falseLabels.filter { question.words.isEmpty || question.words.contains($0.text) }
        let curve = DetectionCurve(hits: hits, falseAlarms: labels.map(\.confidence), hours: question.hours)
        func accuracy(_ point: OperatingPoint?) -> Double? {
            point.flatMap { point in
                Classification(recognitions.map { $0.keeping(confidence: point.threshold) })?.accuracy
            }
        }
        words = hits.count
        hours = question.hours
        atThreshold = curve.point(at: threshold)
        falseAlarms = atThreshold.falseAlarms
        saidLabels = question.saidLabels
        let events = Interval(poisson: falseAlarms)
        perHour = Interval(low: events.low / hours, high: events.high / hours)
        wantedRate = question.rate
        atRate = curve.threshold(forRate: question.rate)
        wantedRecall = question.recall
        atRecall = curve.threshold(forRecall: question.recall)
        accuracyAtRate = accuracy(atRate)
        accuracyAtRecall = accuracy(atRecall)
        self.curve = thinned(curve.points, to: 300)
        let counted = labels.filter { $0.confidence >= threshold }
        frequent = Array(
            Dictionary(grouping: counted, by: \.text).map { Confusion(reference: nil, heard: $0, count: $1.count) }
                .sorted { (-$0.count, $0.heard ?? "") < (-$1.count, $1.heard ?? "") }.prefix(20))
    }
}

extension EvaluationReport.Latency {
    /// In bins of 20 ms, or as many times 20 ms as leave 60 bins at most.
    init(_ latency: LabelLatency) {
        let all = latency.milliseconds
        labels = all.count
        mean = latency.mean
        p50 = latency.percentile(0.5)
        p95 = latency.percentile(0.95)
        greatest = all[all.count - 1]
        var width = 20.0
        while (greatest - all[0]) / width > 58 { width += 20 }
        let first = (all[0] / width).rounded(.down) * width
        var bins = [Int](repeating: 0, count: Int((greatest - first) / width) + 1)
        for value in all { bins[Int((value - first) / width)] += 1 }
        (firstBin, binMilliseconds, self.bins) = (first, width, bins)
    }
}

extension EvaluationReport.Worst {
    /// The recordings with the most errors of words; among equals those with the higher rate, then in the manifest's
    /// order.
    static func some(of recognitions: [Recognition], limit: Int = 12) -> [Self] {
        let wrong = recognitions.enumerated().compactMap { index, recognition -> Self? in
            let errors = recognition.wordErrors
            guard errors.total > 0 else { return nil }
            return Self(
                recording: recognition.name, speaker: recognition.speaker,
                reference: recognition.reference.joined(separator: " "),
                heard: recognition.hypothesis.joined(separator: " "), errors: errors, index: index)
        }
        return Array(
            wrong.sorted {
                (-$0.errors.total, -$0.errors.rate, $0.index) < (-$1.errors.total, -$1.errors.rate, $1.index)
            }
            .prefix(limit))
    }
}

extension EvaluationReport.Frames {
    /// The figures of `recordings` recordings' frames, of which there is one at least.
    package init(network: String, scores: FrameScores, recordings: Int, bootstrap: Bootstrap = Bootstrap()) {
        self.network = network
        frames = scores.count
        positives = scores.positives
        accuracy = scores.accuracy()
        auc = scores.auc
        var fewer = bootstrap
        fewer.draws = min(bootstrap.draws, 400)
        interval = scores.aucInterval(recordings: recordings, bootstrap: fewer)
        equalErrorRate = scores.equalErrorRate
        curve = thinned(scores.curve, to: 300)
    }
}

/// At most `limit` elements, evenly spread, the first and the last among them.
private func thinned<Element>(_ elements: [Element], to limit: Int) -> [Element] {
    guard elements.count > limit else { return elements }
    return (0..<limit).map { elements[$0 * (elements.count - 1) / (limit - 1)] }
}

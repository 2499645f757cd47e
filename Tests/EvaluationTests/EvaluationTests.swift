// Error rates against brute force, confusion, intervals, detection curves and delays against what their definitions
// say.

import Decoding
import Evaluation
import Testing

import Training

/// Labels at times in samples; `decided` 100 samples after the end.
func labels(_ words: String, start: Int = 0, each: Int = 1000, confidence: Float = 1) -> [Label] {
    words.comparedWords.enumerated().map { index, word in
        let first = start + index * each
        return Label(text: word, start: first, end: first + each, confidence: confidence, decided: first + each + 100)
    }
}

func recognition(_ said: String, _ heard: String, speaker: String? = nil, confidence: Float = 1) -> Recognition {
    Recognition(
        name: "\(said).wav", speaker: speaker, samples: 16_000, reference: said.comparedWords,
        labels: labels(heard, confidence: confidence))
}

struct EvaluationTests {
    /// The least number of edits, by trying everything.
    private func bruteForce(_ a: ArraySlice<String>, _ b: ArraySlice<String>) -> Int {
        guard let x = a.first, let y = b.first else { return a.count + b.count }
        return min(
            bruteForce(a.dropFirst(), b.dropFirst()) + (x == y ? 0 : 1), bruteForce(a.dropFirst(), b) + 1,
            bruteForce(a, b.dropFirst()) + 1)
    }

    @Test func wordErrorsAreTheLeastPossible() {
        var random = RandomSource(seed: 3)
        for _ in 0..<300 {
            func words() -> [String] {
                (0..<random.uniform(in: 0..<7)).map { _ in ["A", "B", "C"][random.uniform(in: 0..<3)] }
            }
            let said = words(), heard = words()
            let errors = recognition(said.joined(separator: " "), heard.joined(separator: " ")).wordErrors
            #expect(errors.total == bruteForce(said[...], heard[...]))
            #expect(errors.units == said.count && errors.insertions - errors.deletions == heard.count - said.count)
            let confusions = Confusion.all([recognition(said.joined(separator: " "), heard.joined(separator: " "))])
            #expect(confusions.reduce(0) { $0 + $1.count } == errors.total)
        }
    }

    @Test func charactersCountTheirSpaces() {
        let errors = recognition("go left", "GO LIFT NOW").characterErrors
        #expect(errors.substitutions == 1 && errors.insertions == 4 && errors.deletions == 0 && errors.units == 7)
        #expect(recognition("", "").wordErrors.rate == 0)
        #expect(recognition("", "UP").wordErrors.rate == .infinity)
    }

    @Test func confusionsAreSortedByFrequency() {
        let all = Confusion.all([
            recognition("B GO", "D GO"), recognition("B", "D"), recognition("A", ""), recognition("", "UP"),
        ])
        #expect(all[0] == Confusion(reference: "B", heard: "D", count: 2))
        #expect(all.contains(Confusion(reference: "A", heard: nil, count: 1)))
        #expect(all.contains(Confusion(reference: nil, heard: "UP", count: 1)) && all.count == 3)
    }

    @Test func singleWordsNeedExactlyTheRightLabel() throws {
        let heard = [("UP", "up"), ("UP", "up up"), ("UP", ""), ("UP", "go"), ("UP", "seven"), ("GO", "go")]
        let recognitions = heard.map { recognition($0, $1) }
        let result = try #require(Classification(recognitions))
        #expect(result.words == ["GO", "UP"] && result.answers == ["GO", "UP", "(other)", "(nothing)", "(several)"])
        #expect(result.counts == [[1, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
        #expect(result.right == 2 && result.accuracy == 2.0 / 6)
        #expect(Classification(recognitions + [recognition("UP GO", "up go")]) == nil && Classification([]) == nil)
    }

    @Test func intervalsAreSeededAndContainTheRate() throws {
        var random = RandomSource(seed: 9)
        let parts = (0..<200).map { _ in Bootstrap.Part(random.chance(0.1) ? 1 : 0, 1) }
        let rate = Double(parts.reduce(0) { $0 + $1.numerator }) / 200
        let interval = try #require(Bootstrap().interval(parts))
        #expect(interval.low < rate && rate < interval.high)
        // The normal approximation of a binomial share: ± 1.96 sqrt(p (1 - p) / n), within a fifth.
        let half = 1.96 * (rate * (1 - rate) / 200).squareRoot()
        #expect(abs((interval.high - interval.low) / (2 * half) - 1) < 0.2)
        #expect(Bootstrap().interval(parts) == interval)
        var other = Bootstrap()
        other.seed = 2
        other.draws = 199
        #expect(other.interval(parts) != interval)
        #expect(Bootstrap().interval([parts[0]]) == nil)
        #expect(Bootstrap().interval([.init(1, 10), .init(1, 10)]) == Interval(low: 0.1, high: 0.1))
    }

    @Test func poissonIntervalsAreNearlyTheExactOnes() {
        // Garwood 1936: 2 events 0.2422 to 7.2247, 10 events 4.7954 to 18.3904; none: 0 to 3.6889.
        let exact: [(Int, Double, Double)] = [(0, 0, 3.6889), (2, 0.2422, 7.2247), (10, 4.7954, 18.3904)]
        for (count, low, high) in exact {
            let interval = Interval(poisson: count)
            #expect(abs(interval.low - low) < 0.02)
            #expect(abs(interval.high - high) < 0.01 * high)
        }
    }

    @Test func speakersAreTheGroups() {
        let some = [
            recognition("A", "A", speaker: "x"), recognition("B", "B", speaker: "y"),
            recognition("C", "", speaker: "x"),
        ]
        #expect(some.haveSpeakers && some.groups.map(\.name) == ["x", "y"] && some.groups[0].recognitions.count == 2)
        #expect(!(some + [recognition("A", "A")]).haveSpeakers)
        #expect(([recognition("A", "A")] + some).groups.count == 4)
    }

    @Test func detectionCurveIsMonotoneAndCountsRight() {
        var random = RandomSource(seed: 4)
        let hits = (0..<60).map { _ -> Double? in random.chance(0.1) ? nil : (random.uniform() * 20).rounded() / 20 }
        let alarms = (0..<40).map { _ in (random.uniform() * 20).rounded() / 20 }
        let curve = DetectionCurve(hits: hits, falseAlarms: alarms, hours: 2.5)
        let points = curve.points
        for (a, b) in zip(points, points.dropFirst()) {
            #expect(a.threshold < b.threshold && a.missRate <= b.missRate && a.falseAlarms >= b.falseAlarms)
        }
        #expect(points.last?.missRate == 1 && points.last?.falseAlarms == 0 && points.first?.falseAlarms == 40)
        for threshold in stride(from: 0, through: 1, by: 0.05) {
            let point = curve.point(at: threshold)
            #expect(point.falseAlarms == alarms.count { $0 >= threshold })
            #expect(abs(point.recall - Double(hits.count { ($0 ?? -1) >= threshold }) / 60) < 1e-12)
        }
        for rate in [0, 0.4, 1, 3, 7.5, 100] {
            let point = curve.threshold(forRate: rate)
            #expect(point.falseAlarmsPerHour <= rate)
            #expect(point.threshold == 0 || curve.point(at: point.threshold - 2e-6).falseAlarmsPerHour > rate)
        }
        for recall in [0.1, 0.5, 0.8] {
            let point = curve.threshold(forRecall: recall)
            #expect((point?.recall ?? 0) >= recall)
            #expect(curve.point(at: (point?.threshold ?? 1) + 2e-6).recall < recall)
        }
        #expect(curve.threshold(forRecall: 1) == nil)
    }

    @Test func hitsAreOfTheWordsThatCount() {
        let one = Recognition(
            name: "a", samples: 1, reference: ["UP"],
            labels: labels("up", confidence: 0.4) + labels("up", confidence: 0.7))
        #expect([one].hits().map { $0.map { ($0 * 10).rounded() } } == [7])
        let two = recognition("UP GO NOW", "UP NOW", confidence: 0.5)
        #expect([two].hits() == [0.5, nil, 0.5] && [two].hits(of: ["GO"]) == [nil] && [one].hits(of: ["GO"]).isEmpty)
    }

    @Test func latencyIsOfRightLabelsWithTimes() throws {
        var recognition = recognition("UP GO UP", "UP NO UP")
        #expect(LabelLatency([recognition], sampleRate: 1000) == nil)
        recognition.times = labels("UP GO UP")
        let latency = try #require(LabelLatency([recognition], sampleRate: 1000))
        #expect(latency.milliseconds == [100, 100])
        let many = LabelLatency(milliseconds: (1...100).map(Double.init).reversed())
        #expect(
            many.percentile(0.5) == 50 && many.percentile(0.95) == 95 && many.percentile(1) == 100 && many.mean == 50.5)
    }

    @Test func readingHasAllFigures() throws {
        var some = (0..<20).map {
            recognition($0 % 2 == 0 ? "UP" : "GO", $0 == 3 ? "NO" : $0 % 2 == 0 ? "UP" : "GO", speaker: "s\($0 % 4)")
        }
        some[0].times = labels("UP")
        some[4].labels = labels("UP", confidence: 0.2)
        let question = KeywordQuestion(
            falseLabels: [("UP", 0.3), ("GO", 0.9)], saidLabels: 1, hours: 1, words: [], rate: 1, recall: 0.9)
        let reading = EvaluationReport.Reading(
            network: "online", recognitions: some, sampleRate: 16_000, threshold: 0.25, keywords: question)
        #expect(
            reading.words.errors.substitutions == 1 && reading.words.errors.deletions == 1 && reading.words.rate == 0.1)
        #expect(reading.classification?.accuracy == 0.9 && reading.rightRecordings == 0.9)
        #expect(reading.speakers.count == 4 && reading.spread?.worst == 0.2 && reading.spread?.best == 0)
        #expect(reading.latency?.labels == 1 && reading.latency?.bins == [1])
        #expect(reading.worst.map(\.index) == [3, 4] && reading.words.interval != nil)
        let keywords = try #require(reading.keywords)
        #expect(keywords.falseAlarms == 2 && keywords.atRate.falseAlarms == 1 && keywords.atRecall?.recall ?? 0 >= 0.9)
        #expect(keywords.frequent.count == 2 && keywords.accuracyAtRate == 0.9)
    }
}

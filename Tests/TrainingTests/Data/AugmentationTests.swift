import Decoding
import Features
import Foundation
import Testing

import Training

@Suite struct AugmentationTests {
    private static func noise(_ count: Int, seed: UInt64, level: Double = 0.3) -> [Float] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in Float(random.uniform(in: -level...level)) }
    }

    @Test(arguments: [0.9, 0.95, 1.0, 1.07, 1.1]) func speedMovesTonesAndChangesDuration(factor: Double) {
        let change = SpeedChange(factor: factor)
        for hertz in [100.0, 1000, 3000, 5500] {
            let step = 2 * Double.pi * hertz / 16_000
            let tone = (0..<8000).map { Float(sin(step * Double($0))) }
            let faster = change.apply(tone)
            #expect(faster.count == Int((8000 / factor).rounded()) && faster.count == change.count(of: 8000))
            var error = 0.0
            for n in 50..<(faster.count - 50) {
                error = max(error, abs(Double(faster[n]) - sin(step * factor * Double(n))))
            }
            // Phases are 1/512 of a sample apart.
            #expect(error < 0.004 + step / 900, "\(hertz) Hz: \(error)")
        }
    }

    @Test(arguments: [-10.0, 0, 5, 20]) func theRatioOfSoundToNoiseIsTheOneAskedFor(snr: Double) {
        let sound = Self.noise(10_001, seed: 1), noise = Self.noise(10_001, seed: 2, level: 0.01)
        var mixed = sound
        Mixing.add(noise, to: &mixed, power: Mixing.power(sound), snr: snr)
        let added = zip(mixed, sound).map { $0 - $1 }
        #expect(abs(10 * log10(Mixing.power(sound) / Mixing.power(added)) - snr) < 0.01)
        let plain = sound.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(sound.count)
        #expect(abs(Mixing.power(sound) / plain - 1) < 1e-5)
    }

    @Test func silenceIsNotMixed() {
        var sound = [Float](repeating: 0, count: 100)
        Mixing.add(Self.noise(100, seed: 1), to: &sound, power: 0, snr: 5)
        #expect(sound.allSatisfy { $0 == 0 })
        sound[3] = 1
        Mixing.add([Float](repeating: 0, count: 100), to: &sound, power: 1, snr: 5)
        #expect(sound.filter { $0 != 0 } == [1])
    }

    @Test func gainFloorAndClippingAreInDecibels() {
        var sound = Self.noise(20_000, seed: 3)
        let power = Mixing.power(sound)
        Mixing.amplify(&sound, by: -6)
        #expect(abs(10 * log10(Mixing.power(sound) / power) + 6) < 1e-4)
        var floor = [Float](repeating: 0, count: 20_001), random = RandomSource(seed: 1)
        Mixing.addFloor(-50, to: &floor, &random)
        #expect(abs(10 * log10(Mixing.power(floor)) + 50) < 0.1)
        #expect(floor[20_000] != 0 && abs(floor.reduce(0, +) / 20_001) < 1e-4)
        Mixing.clip(&sound, at: 0.1)
        #expect(Mixing.peak(sound) == 0.1 && sound.contains(-0.1))
    }

    @Test(arguments: [1, 5, 100, 700, 1000]) func convolutionIsTheDirectSum(taps: Int) {
        let impulse = Self.noise(taps, seed: 4, level: 1), sound = Self.noise(5003, seed: 5, level: 1)
        let result = Convolver(longestImpulse: 1000).convolve(sound, with: impulse)
        var largest: Float = 0
        var error: Float = 0
        for t in sound.indices {
            let sum = (0...min(t, taps - 1)).reduce(Float(0)) { $0 + impulse[$1] * sound[t - $1] }
            largest = max(largest, abs(sum))
            error = max(error, abs(sum - result[t]))
        }
        #expect(result.count == sound.count && error < 1e-5 * max(largest, 1), "\(error) of \(largest)")
    }

    @Test(arguments: [(0.2, 0.0), (0.5, 12), (0.1, -5)])
    func roomsHaveTheirEnergiesAndDieAway(rt60: Double, direct: Double) {
        var random = RandomSource(seed: 9)
        let room = RoomImpulse(rt60: rt60, direct: direct, rate: 16_000, &random).taps.map(Double.init)
        #expect(room.count == Int(rt60 * 16_000))
        let rest = room.dropFirst().reduce(0) { $0 + $1 * $1 }
        #expect(abs(10 * log10(room[0] * room[0] / rest) - direct) < 0.01)
        #expect(abs(room[0] * room[0] + rest - 1) < 1e-4)
        // By the middle it has fallen by 30 dB: compare its last two fifths, half of rt60 apart in slope.
        func energy(_ part: Range<Double>) -> Double {
            let range = Int(part.lowerBound * Double(room.count))..<Int(part.upperBound * Double(room.count))
            return room[range].reduce(0) { $0 + $1 * $1 } / Double(range.count)
        }
        let fall = 10 * log10(energy(0.45..<0.55) / energy(0.85..<0.95))
        #expect(abs(fall - 24) < 4, "\(fall) dB over four tenths of rt60")
    }

    @Test func equalisersHaveTheirGains() {
        func gain(_ filters: [Equaliser], _ hertz: Double) -> Double {
            let step = 2 * Double.pi * hertz / 16_000
            var tone = (0..<16_000).map { Float(sin(step * Double($0))) }
            for filter in filters { filter.apply(&tone) }
            return 10 * log10(Mixing.power(tone[4000...]) / 0.5)
        }
        let tilt = [Equaliser.tilt(6, rate: 16_000)]
        #expect(abs(gain(tilt, 50) + 3) < 0.1 && abs(gain(tilt, 7500) - 3) < 0.1 && abs(gain(tilt, 1000)) < 0.2)
        let telephone = Equaliser.telephone(rate: 16_000)
        #expect(abs(gain(telephone, 1000)) < 0.3 && gain(telephone, 60) < -20 && gain(telephone, 7000) < -25)
        #expect(abs(gain([Equaliser.tilt(0, rate: 16_000)], 3000)) < 0.01)
    }

    @Test func masksCoverWhatTheySay() {
        var options = AugmentationOptions.Masks()
        (options.time, options.timeSeconds, options.frequency, options.bands) = (2, 0.3, 2, 3)
        for seed in 0..<20 {
            var random = RandomSource(seed: UInt64(seed))
            let masks = FeatureMasks(options, steps: 40, stepSeconds: 0.03, features: 8, &random)
            #expect(masks.times.allSatisfy { $0.count <= 8 && $0.upperBound <= 40 })
            #expect(masks.bands.allSatisfy { $0.count <= 3 && $0.upperBound <= 8 })
            // Steps of two frames, each of eight features and their deltas.
            var rows = [Float](repeating: 1, count: 40 * 32)
            let fill = (0..<16).map { Float(-$0) }
            rows.withUnsafeMutableBufferPointer {
                masks.apply($0, stepFeatures: 32, frameFeatures: 16, features: 8, fill: fill)
            }
            for (index, value) in rows.enumerated() {
                let step = index / 32, feature = index % 16
                let isMasked =
                    masks.times.contains { $0.contains(step) } || masks.bands.contains { $0.contains(feature % 8) }
                #expect(value == (isMasked ? fill[feature] : 1))
            }
        }
    }

    @Test func shiftsMoveWordsAndLoseThoseThatLeave() {
        var samples = (0..<1600).map { Float($0) }
        var transcript = Transcript(
            text: "A B", words: [.init(word: "A", start: 0, end: 0.02), .init(word: "B", start: 0.03, end: 0.09)],
            phones: nil, name: "x")
        TimeShift(samples: -480).apply(&samples, &transcript, rate: 16_000)
        #expect(samples.count == 1600 && samples[0] == 480 && samples[1119] == 1599 && samples[1120] == 0)
        #expect(transcript.words?.map(\.word) == ["B"])
        #expect(abs((transcript.words?[0].end ?? 0) - 0.06) < 1e-9 && transcript.words?[0].start == 0)
        TimeShift(samples: 160).apply(&samples, &transcript, rate: 16_000)
        #expect(samples[159] == 0 && samples[160] == 480 && samples.count == 1600)
    }

    @Test func optionsReadAllTheirWordsAndRefuseOthers() throws {
        func read(_ json: String) throws -> AugmentationOptions {
            try JSONDecoder().decode(AugmentationOptions.self, from: Data(json.utf8))
        }
        let all = try read(
            """
            {"speed": [0.9, 1.1], "gain_db": {"range": [-10, 5], "probability": 0.5}, "tilt_db": 3, "floor_db": [-80, -60],
             "clipping_db": [0, 6], "telephone": 0.1, "shift": 0.1, "padding": {"before": [0, 0.5], "after": 0.2},
             "join": {"probability": 0.3, "clips": [2, 3], "gap": [0.1, 0.2], "maximum_seconds": 9},
             "room": {"probability": 0.4, "rt60": [0.1, 0.3], "direct_db": [0, 10]},
             "noise": {"probability": 0.6, "snr_db": [0, 20], "sources": ["noise/all.jsonl"]},
             "babble": {"probability": 0.2, "snr_db": 10, "voices": [2, 4], "sources": [{"path": "v", "limit": 3}]},
             "masks": {"time": 1, "time_seconds": 0.2, "time_share": 0.1, "frequency": 3, "bands": 5}}
            """)
        #expect(all.speed == Variation(0.9...1.1) && all.gainDB == Variation(-10...5, probability: 0.5))
        #expect(
            all.tiltDB == Variation(3...3) && all.floorDB == Variation(-80 ... -60) && all.clippingDB?.range == 0...6)
        #expect(all.telephone == 0.1 && all.shift == 0.1 && all.padding?.before == 0...0.5)
        #expect(all.padding?.after == 0.2...0.2 && all.join?.clips == 2...3 && all.join?.maximumSeconds == 9)
        #expect(all.room?.rt60 == 0.1...0.3 && all.noise?.sources == [SourceOptions(path: "noise/all.jsonl")])
        #expect(all.babble?.voices == 2...4 && all.babble?.sources[0].limit == 3 && all.masks?.timeShare == 0.1)
        #expect(try read(String(decoding: JSONEncoder().encode(all), as: UTF8.self)) == all, "written and read again")
        for (json, problem) in [
            (#"{"sped": 1}"#, "no option sped"), (#"{"speed": [1.1, 0.9]}"#, "speed is [1.1, 0.9]"),
            (#"{"speed": 3}"#, "0.5 to 2"), (#"{"noise": {"snr_db": 5}}"#, "a list of sources of noise"),
            (#"{"room": {"rt60": [0, 1]}}"#, "room.rt60"), (#"{"masks": {"time": -1}}"#, "masks.time"),
            (#"{"telephone": 2}"#, "a probability"), (#"{"gain_db": {"probability": 1}}"#, "gain_db.range is missing"),
        ] {
            let error = #expect(throws: DataError.self) { try read(json) }
            #expect(error?.description.contains(problem) == true, "\(json): \(String(describing: error))")
        }
    }
}

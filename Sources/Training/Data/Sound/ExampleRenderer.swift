// From a planned example to its sound and its transcript: pieces are put in place, then the sound is changed, in this
// order:
//     pieces (cut, speed) -> gaps and padding -> shift -> room -> babble -> noise -> tilt -> telephone -> gain -> floor
//     -> clipping
// All that is drawn comes from (seed, epoch, number of the example).

import Decoding
import Features
import Glibc

/// All that examples are made from.
struct ExampleRenderer: Sendable {
    let planner: EpochPlanner
    let sounds: [Sound]
    let noises: [Sound]
    /// Sounds of voices for babble.
    let voices: [Sound]
    let store: SoundStore
    private let convolver: Convolver?

    init(_ planner: EpochPlanner, sounds: [Sound], noises: [Sound], voices: [Sound], store: SoundStore) {
        self.planner = planner
        self.sounds = sounds
        self.noises = noises
        self.voices = voices
        self.store = store
        convolver = planner.augmentation.room.map {
            Convolver(longestImpulse: RoomImpulse.count(rt60: $0.rt60.upperBound, rate: store.rate))
        }
    }

    /// Samples in -1 to 1 and what is said in them.
    func render(_ example: PlannedExample, epoch: Int) throws(DataError) -> (samples: [Float], transcript: Transcript) {
        var samples = try samples(of: example), transcript = transcript(of: example)
        guard planner.sources[planner.sourceOf[example.pieces[0].clip]].augment else { return (samples, transcript) }
        var random = RandomSource(seed: planner.seed, stream: "sound", epoch, example.number)
        let shift = drawShift(&random)
        if shift != 0 { TimeShift(samples: shift).apply(&samples, &transcript, rate: store.rate) }
        try pollute(&samples, example, shift: shift, &random)
        colour(&samples, &random)
        return (samples, transcript)
    }

    /// The pieces one after the other, with silence between them.
    private func samples(of example: PlannedExample) throws(DataError) -> [Float] {
        var samples: [Float] = []
        samples.reserveCapacity(example.count)
        for piece in example.pieces {
            samples.append(contentsOf: repeatElement(0, count: piece.gap))
            samples += SpeedChange(factor: piece.speed).apply(try store.samples(sounds[piece.clip], piece.samples))
        }
        samples.append(contentsOf: repeatElement(0, count: example.after))
        return samples
    }

    /// What is said in the pieces, and when. The words are known when those of all pieces are.
    func transcript(of example: PlannedExample) -> Transcript {
        let rate = Double(store.rate)
        var texts: [String] = []
        var words: [TimedWord]? = [], phones: [TimedWord]? = []
        var position = 0
        for piece in example.pieces {
            let clip = planner.clips[piece.clip], offset = Double(position + piece.gap) / rate
            words = words.flatMap { all in clip.words.map { all + piece.move($0, to: offset, rate: rate) } }
            phones = phones.flatMap { all in clip.phones.map { all + piece.move($0, to: offset, rate: rate) } }
            texts.append(text(of: clip, piece))
            position += piece.gap + piece.count
        }
        return Transcript(
            text: texts.filter { !$0.isEmpty }.joined(separator: " "), words: words, phones: phones,
            name: example.pieces.map { planner.clips[$0.clip].name }.joined(separator: " + "))
    }

    /// The target's words of a piece.
    private func text(of clip: Clip, _ piece: ClipPiece) -> String {
        let kept = planner.sources[planner.sourceOf[piece.clip]].keepWords
        guard piece.words != nil || kept != nil else { return clip.text }
        var words = clip.text.split(separator: " ").map(String.init)
        if let cut = piece.words, !words.isEmpty { words = Array(words[cut]) }
        if let kept {
            let kept = Set(kept.map { $0.uppercased() })
            words.removeAll { !kept.contains($0.uppercased()) }
        }
        return words.joined(separator: " ")
    }

    private func drawShift(_ random: inout RandomSource) -> Int {
        guard let seconds = planner.augmentation.shift else { return 0 }
        return Int(random.uniform(in: -seconds...seconds) * Double(store.rate))
    }

    /// Room, babble and noise. The power of the sound is that of its pieces alone: padding does not count.
    private func pollute(
        _ samples: inout [Float], _ example: PlannedExample, shift: Int, _ random: inout RandomSource
    ) throws(DataError) {
        let options = planner.augmentation
        if let room = options.room, random.chance(room.probability), let convolver {
            let impulse = RoomImpulse(
                rt60: random.uniform(in: room.rt60), direct: random.uniform(in: room.directDB), rate: store.rate,
                &random)
            samples = convolver.convolve(samples, with: impulse.taps)
        }
        let power = Self.power(samples, example, shift: shift)
        if let babble = options.babble, !voices.isEmpty, random.chance(babble.probability) {
            let snr = random.uniform(in: babble.snrDB)
            let count = random.uniform(in: babble.voices.lowerBound..<(babble.voices.upperBound + 1))
            var mixture = [Float](repeating: 0, count: samples.count)
            for _ in 0..<count {
                Mixing.add(try talk(samples.count, &random), to: &mixture, power: 1, snr: 0)
            }
            Mixing.add(mixture, to: &samples, power: power, snr: snr)
        }
        if let noise = options.noise, !noises.isEmpty, random.chance(noise.probability) {
            let snr = random.uniform(in: noise.snrDB)
            let sound = noises[random.uniform(in: 0..<noises.count)]
            let start = random.uniform(in: 0..<sound.count)
            Mixing.add(try looped(sound, from: start, samples.count), to: &samples, power: power, snr: snr)
        }
    }

    /// What microphones and levels do.
    private func colour(_ samples: inout [Float], _ random: inout RandomSource) {
        let options = planner.augmentation
        if let tilt = options.tiltDB?.draw(&random) { Equaliser.tilt(tilt, rate: store.rate).apply(&samples) }
        if let probability = options.telephone, random.chance(probability) {
            for filter in Equaliser.telephone(rate: store.rate) { filter.apply(&samples) }
        }
        if let gain = options.gainDB?.draw(&random) { Mixing.amplify(&samples, by: gain) }
        if let floor = options.floorDB?.draw(&random) { Mixing.addFloor(floor, to: &samples, &random) }
        if let excess = options.clippingDB?.draw(&random) {
            let level = Mixing.peak(samples) * Float(pow(10, -excess / 20))
            if level > 0 { Mixing.clip(&samples, at: level) }
        }
        Mixing.clip(&samples, at: 1)
    }

    /// `count` samples of a sound from `start` on, again from its beginning where it ends.
    private func looped(_ sound: Sound, from start: Int, _ count: Int) throws(DataError) -> [Float] {
        var samples: [Float] = []
        samples.reserveCapacity(count)
        var position = start
        while samples.count < count {
            let end = min(sound.count, position + count - samples.count)
            samples += try store.samples(sound, position..<end)
            position = 0
        }
        return samples
    }

    /// Somebody else's talk: clips one after the other, the first from somewhere in it.
    private func talk(_ count: Int, _ random: inout RandomSource) throws(DataError) -> [Float] {
        var samples: [Float] = []
        samples.reserveCapacity(count)
        while samples.count < count {
            let voice = voices[random.uniform(in: 0..<voices.count)]
            let start = samples.isEmpty ? random.uniform(in: 0..<voice.count) : 0
            samples += try store.samples(voice, start..<min(voice.count, start + count - samples.count))
        }
        return samples
    }

    /// The mean square of an example's pieces.
    private static func power(_ samples: [Float], _ example: PlannedExample, shift: Int) -> Double {
        var position = shift, energy = 0.0, count = 0
        for piece in example.pieces {
            position += piece.gap
            let range = max(0, position)..<max(0, min(samples.count, position + piece.count))
            energy += Mixing.power(samples[range]) * Double(range.count)
            count += range.count
            position += piece.count
        }
        return count == 0 ? 0 : energy / Double(count)
    }
}

extension ClipPiece {
    /// The words of a clip that are in this piece, at the times they have when it stands at `offset` seconds.
    func move(_ words: [TimedWord], to offset: Double, rate: Double) -> [TimedWord] {
        let start = Double(samples.lowerBound) / rate, end = Double(samples.upperBound) / rate
        return words.compactMap { word in
            guard let inside = word.moved(by: 0, within: start...end) else { return nil }
            return TimedWord(
                word: word.word, start: (inside.start - start) / speed + offset,
                end: (inside.end - start) / speed + offset)
        }
    }
}

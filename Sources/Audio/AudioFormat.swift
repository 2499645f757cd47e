// What a reader is told (options, the format of headerless samples) and what it tells (formats, items).

/// The format of headerless samples: interleaved frames of `channels` samples each.
package struct RawFormat: Sendable, Equatable {
    /// How one sample is written.
    package var encoding: SampleEncoding
    /// Frames per second, in Hz.
    package var sampleRate: Int
    /// Samples per frame.
    package var channels: Int

    /// The format with these three properties; the reader checks them against its limits.
    package init(encoding: SampleEncoding, sampleRate: Int, channels: Int) {
        self.encoding = encoding
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Parses `ENCODING,RATE,CHANNELS`, such as `s16le,16000,1`. Throws `AudioError.badRawFormat`.
    package init(parsing text: String) throws(AudioError) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3, let encoding = SampleEncoding(rawValue: String(fields[0])),
            let rate = Int(fields[1]), rate > 0, let channels = Int(fields[2]), channels > 0
        else { throw .badRawFormat(text) }
        self.init(encoding: encoding, sampleRate: rate, channels: channels)
    }
}

/// How a stream is to be read.
package struct AudioOptions: Sendable, Equatable {
    /// Where the format of the samples is found.
    package enum Container: Sendable, Equatable {
        /// The first bytes tell.
        case automatic
        /// There is no header: every byte is a sample's.
        case raw(RawFormat)
    }

    /// Where the format is found. Default: the first bytes tell.
    package var container = Container.automatic
    /// The rate of the samples handed out, in Hz. Default: 16000.
    package var outputRate = 16_000
    /// The channel to read, counted from 0. Default: nil, the mean of all.
    package var channel: Int?
    /// The largest number of channels taken. Default: 64.
    package var maximumChannels = 64
    /// The lowest input rate taken, in Hz. Default: 4000.
    package var minimumRate = 4_000
    /// The highest input rate taken, in Hz. Default: 192000.
    package var maximumRate = 192_000
    /// The largest FLAC (in Ogg, too), CAF or W64 taken, in bytes: these are buffered whole. Default: 64 MiB.
    package var bufferLimitBytes = 64 << 20
    /// What such buffers may take together with those of other readers. Default: nil, each its own limit alone.
    package var bufferBudget: ByteBudget?
    /// Whether a WAV ends the moment its declared length is reached, as it must on a FIFO that never
    /// reports an end of file. Default: false, and a length that is too small is seen and passed over.
    package var endsAtDeclaredLength = false

    /// The defaults.
    package init() {}

    /// The input rates taken, in Hz.
    var rates: ClosedRange<Int> { minimumRate...max(minimumRate, maximumRate) }

    /// Checks what a header at byte `offset` says against the limits.
    func check(sampleRate: Int, channels: Int, at offset: Int) throws(AudioError) {
        guard channels >= 1, channels <= maximumChannels else {
            throw .absurdChannels(offset: offset, channels: channels, maximum: maximumChannels)
        }
        guard rates.contains(sampleRate) else {
            throw .absurdRate(offset: offset, rate: sampleRate, range: rates)
        }
        if let channel, channel < 0 || channel >= channels {
            throw .noSuchChannel(channel: channel, channels: channels)
        }
    }
}

/// What an utterance's header said.
package struct AudioFormat: Sendable, Equatable {
    /// The container's name: `WAV`, `RF64`, `BW64`, `RIFX`, `W64`, `AIFF`, `AU`, `Ogg`, `MP3`, `FLAC`, `CAF` or `raw`.
    package var container: String
    /// The name of the encoding: `s16le`, `mulaw`, `vorbis`...
    package var encoding: String
    /// Frames per second in the input, in Hz.
    package var sampleRate: Int
    /// Samples per frame in the input.
    package var channels: Int
    /// The number of frames that the header declares, or nil when it declares none that can be true.
    package var declaredFrames: Int?
    /// Whether the bytes were kept until the last had come, so that nothing could be heard before.
    package var isBuffered: Bool
    /// Whether samples are floating-point numbers as they were written, which may be of any scale.
    var isFloat: Bool { encoding.hasPrefix("f32") || encoding.hasPrefix("f64") }
}

/// What `AudioReader.next` found.
///
/// An utterance is `begin`, any number of `samples`, `end`. Outside of utterances stand `failure`, and an `end` with
/// the error `trailingBytes` (see `AudioReader`); a `warning` may stand anywhere.
package enum AudioItem: Sendable, Equatable {
    /// Nothing more can be said before `append`, `endUtterance` or `finish`.
    case needsBytes
    /// An utterance opens.
    case begin(AudioFormat)
    /// The array passed to `next` holds the next samples.
    case samples
    /// Something was guessed or mended.
    case warning(AudioWarning)
    /// The utterance is over: whole (nil), or cut short, empty or spoilt. The samples handed out stand.
    case end(AudioError?)
    /// A recording cannot be read. The next one can, if it begins with a header.
    case failure(AudioError)
    /// Everything has been said: `finish` was called, or the format of headerless samples cannot be read at all.
    case finished
}

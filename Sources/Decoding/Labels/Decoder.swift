// The decoder of a stream: posteriors of one step in, events out. It wraps four: CTC by best path and by prefix beam,
// framewise, and one label for a whole utterance. It is a pure state machine: its events depend on the steps since
// `init` or `reset` alone, not on time or on other streams. Nothing allocates on a step that emits nothing, once the
// buffers have grown.

/// Turns the posteriors of one stream into labels.
package enum Decoder: ~Copyable, Sendable {
    /// Best path of a network trained with connectionist temporal classification.
    case ctc(CTCDecoder)
    /// Prefix beam search over the posteriors of such a network.
    case beam(PrefixBeamDecoder)
    /// Hysteresis on a posterior of every label at every step.
    case framewise(FramewiseDecoder)
    /// One label an utterance, from the pooled outputs of its steps.
    case pooled(PooledDecoder)

    /// A decoder for a model whose outputs are `vocabulary`. `sampleRate` is the model's, in Hz: the unit of all times
    /// in samples. The prefix beam alone reads the lexicon, which its outputs are units of, and the language models:
    /// one of n-grams, a recurrent one that is attached, both or none.
    ///
    /// Throws `DecodingError.badOption` if the options make no sense, or if `ctc` is asked for and the vocabulary
    /// has no blank; what is thrown where lexicon, language model and vocabulary do not fit, names the words.
    package init(
        options: DecoderOptions, vocabulary: Vocabulary, sampleRate: Int, lexicon: Lexicon? = nil,
        languageModel: NGramModel? = nil, recurrent: (any RecurrentLanguageModel)? = nil
    ) throws(DecodingError) {
        precondition(sampleRate > 0, "a sample rate is positive")
        try options.validate()
        switch options.kind {
        case .ctc:
            guard let blank = vocabulary.blank else {
                throw .badOption(key: "blank", found: "missing", expected: "the name of CTC's blank label")
            }
            if options.beamWidth > 0 {
                let beam = try PrefixBeam(
                    options: options, vocabulary: vocabulary, lexicon: lexicon, languageModel: languageModel,
                    recurrent: recurrent)
                self = .beam(
                    PrefixBeamDecoder(options: options, vocabulary: vocabulary, sampleRate: sampleRate, beam: beam))
            } else {
                self = .ctc(
                    CTCDecoder(options: options, vocabulary: vocabulary, blank: blank, sampleRate: sampleRate))
            }
        case .framewise:
            if let pooling = options.pooling {
                self = .pooled(
                    PooledDecoder(
                        pooling: pooling, options: options, vocabulary: vocabulary, sampleRate: sampleRate))
            } else {
                self = .framewise(FramewiseDecoder(options: options, vocabulary: vocabulary, sampleRate: sampleRate))
            }
        }
    }

    /// Takes the log-posteriors of one step, [N], and appends what they decide to `events`.
    ///
    /// Steps come in the order of time. A step with a NaN is non-speech.
    package mutating func step(
        _ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan, into events: inout [Decoded]
    ) {
        switch consume self {
        case .ctc(var decoder):
            decoder.step(logPosteriors, span, into: &events)
            self = .ctc(decoder)
        case .beam(var decoder):
            decoder.step(logPosteriors, span, into: &events)
            self = .beam(decoder)
        case .framewise(var decoder):
            decoder.step(logPosteriors, span, into: &events)
            self = .framewise(decoder)
        case .pooled(var decoder):
            decoder.step(logPosteriors, span, into: &events)
            self = .pooled(decoder)
        }
    }

    /// Ends the utterance at sample count `decided`: tells the open label, if it was long enough, and `speechEnd`.
    /// A second call tells nothing. Call `reset` before the steps of another utterance.
    package mutating func finish(decided: Int, into events: inout [Decoded]) {
        switch consume self {
        case .ctc(var decoder):
            decoder.close(decided: decided, into: &events)
            self = .ctc(decoder)
        case .beam(var decoder):
            decoder.close(decided: decided, into: &events)
            self = .beam(decoder)
        case .framewise(var decoder):
            decoder.close(decided: decided, into: &events)
            self = .framewise(decoder)
        case .pooled(var decoder):
            decoder.close(decided: decided, into: &events)
            self = .pooled(decoder)
        }
    }

    /// Begins a new utterance, as a new decoder would.
    package mutating func reset() {
        switch consume self {
        case .ctc(var decoder):
            decoder.reset()
            self = .ctc(decoder)
        case .beam(var decoder):
            decoder.reset()
            self = .beam(decoder)
        case .framewise(var decoder):
            decoder.reset()
            self = .framewise(decoder)
        case .pooled(var decoder):
            decoder.reset()
            self = .pooled(decoder)
        }
    }
}

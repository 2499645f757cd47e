// What a prefix beam must find, by the definition: every path through the posteriors, collapsed, and for each text the
// sum over its paths, pronunciations and ways to part units into words, times what the language model says.

import Decoding
import Glibc

/// A tiny CTC model whose texts can be counted out.
struct BruteForce {
    enum Units { case words, spelled, lexicon }

    var vocabulary: Vocabulary
    var units = Units.spelled
    var lexicon: Lexicon?
    var model: NGramModel?
    var recurrent: FakeLanguageModel?
    /// The recurrent model's share where there are both.
    var mixture = 0.5
    var weight = 0.0
    var bonus = 0.0

    /// Every text and ln of its probability (times the language model's share), best first.
    func texts(_ posteriors: Posteriors) -> [(text: String, log: Double)] {
        var units: [[Int]: Double] = [:]
        addPaths(posteriors, from: 0, path: [], probability: 1, to: &units)
        var texts: [String: Double] = [:]
        for (symbols, probability) in units {
            for words in sentences(symbols) {
                texts[words.joined(separator: " "), default: 0] += probability * share(of: words)
            }
        }
        return texts.map { ($0.key, log($0.value)) }.sorted { $0.log > $1.log }
    }

    /// Adds the probability of each path to that of the symbols that it collapses to.
    private func addPaths(
        _ posteriors: Posteriors, from step: Int, path: [Int], probability: Double, to units: inout [[Int]: Double]
    ) {
        guard step < posteriors.count else {
            var symbols: [Int] = []
            for (index, symbol) in path.enumerated() where index == 0 || path[index - 1] != symbol {
                if symbol != vocabulary.blank { symbols.append(symbol) }
            }
            units[symbols, default: 0] += probability
            return
        }
        for (symbol, posterior) in posteriors[step].enumerated() {
            addPaths(
                posteriors, from: step + 1, path: path + [symbol], probability: probability * Double(posterior),
                to: &units)
        }
    }

    /// The ways in which symbols are words; none if they are no words of the lexicon.
    private func sentences(_ symbols: [Int]) -> [[String]] {
        switch units {
        case .words: return [symbols.map { vocabulary.labels[$0] }]
        case .spelled:
            let words = symbols.split { $0 == vocabulary.separator }
            return [words.map { $0.map { vocabulary.labels[$0] }.joined() }]
        case .lexicon:
            if let separator = vocabulary.separator {
                var sentences: [[String]] = [[]]
                for symbols in symbols.split(separator: separator) {
                    let words = pronounced(Array(symbols))
                    sentences = sentences.flatMap { sentence in words.map { sentence + [$0] } }
                }
                return sentences
            }
            return parted(symbols)
        }
    }

    /// The words, once for each pronunciation, that are pronounced so.
    private func pronounced(_ symbols: [Int]) -> [String] {
        let names = symbols.map { vocabulary.labels[$0] }
        return (lexicon?.pronunciations ?? []).filter { $0.units == names }.map(\.word)
    }

    private func parted(_ symbols: [Int]) -> [[String]] {
        guard !symbols.isEmpty else { return [[]] }
        return (1...symbols.count).flatMap { length in
            let words = pronounced(Array(symbols[..<length]))
            guard !words.isEmpty else { return [[String]]() }
            let rests = parted(Array(symbols[length...]))
            return words.flatMap { word in rests.map { [word] + $0 } }
        }
    }

    /// p(words, </s>)^weight e^(bonus · number of words).
    private func share(of words: [String]) -> Double {
        var log = bonus * Double(words.count)
        guard model != nil || recurrent != nil else { return exp(log) }
        let ngram = model.map { ngramLogs($0, words) }, own = recurrent.map { $0.logs(of: words) }
        for index in 0...words.count {
            switch (ngram?[index], own?[index]) {
            case (let a?, let b?): log += weight * Glibc.log((1 - mixture) * exp(a) + mixture * exp(b))
            case (let one?, nil), (nil, let one?): log += weight * one
            case (nil, nil): break
            }
        }
        return exp(log)
    }

    /// ln p of each word and of the end.
    private func ngramLogs(_ model: NGramModel, _ words: [String]) -> [Double] {
        var context = model.start
        let logs = words.map { word -> Double in
            guard let number = model.number(of: word) ?? model.number(of: "<unk>") else {
                context = 0
                return Double(model.leastUnigram)
            }
            let (log, next) = model.advance(context, number)
            context = next
            return Double(log)
        }
        return logs + [Double(model.end(context))]
    }
}

// Dates as people write them and as machines do: a small translation set that is made, not collected. "3rd of May 2009"
// becomes "2009-05-03". (The task of the attention exercise of the deep learning course by Ng, Katanforoosh and
// Bensouda Mourri, 2018.)
//
// A date is any day from 1900 to 2099; its text one of the forms below, with capitals or without, months in full or
// short. Only forms that name the month by a word, or put the year first, are made: 03/04/05 has no one reading.

import Decoding

/// One text and its translation.
package struct DatePair: Sendable, Equatable, Hashable {
    /// Such as `tuesday, may 3rd 2009`.
    package var text: String
    /// ISO 8601, `2009-05-03`.
    package var date: String

    package init(text: String, date: String) {
        self.text = text
        self.date = date
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Pair number `index` of an endless list; the same for the same seed.
    package static func make(seed: UInt64, index: Int) -> DatePair {
        var random = RandomSource(seed: seed, stream: "dates", index)
        let year = 1900 + random.uniform(in: 0..<200), month = 1 + random.uniform(in: 0..<12)
        let day = 1 + random.uniform(in: 0..<length(ofMonth: month, year: year))
        let name = months[month - 1], short = String(name.prefix(3)), weekday = days[weekday(year, month, day)]
        let ordinal = "\(day)\(ending(of: day))"
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let forms = [
            "\(day) \(name) \(year)", "\(day) \(short) \(year)", "\(name) \(day), \(year)", "\(short) \(day) \(year)",
            "\(ordinal) of \(name) \(year)", "\(name) \(ordinal), \(year)", "\(weekday), \(day) \(name) \(year)",
            "\(weekday) \(name) \(day) \(year)", "\(weekday.prefix(3)), \(day) \(short) \(year)",
            "\(two(day))-\(short)-\(year)",
            "\(year)/\(two(month))/\(two(day))", "\(year).\(month).\(day)", "\(year) \(name) \(day)",
            "\(ordinal) \(short) \(year)",
        ]
        var text = forms[random.uniform(in: 0..<forms.count)]
        switch random.uniform(in: 0..<4) {
        case 0: text = text.uppercased()
        case 1:
            text = text.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
        default: break
        }
        return DatePair(text: text, date: "\(year)-\(two(month))-\(two(day))")
    }

    static func length(ofMonth month: Int, year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func ending(of day: Int) -> String {
        if (11...13).contains(day) { return "th" }
        return [1: "st", 2: "nd", 3: "rd"][day % 10] ?? "th"
    }

    /// 0 for Monday (Sakamoto's method).
    private static func weekday(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let table = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4], y = month < 3 ? year - 1 : year
        return (y + y / 4 - y / 100 + y / 400 + table[month - 1] + day + 6) % 7
    }
}

// The options of data: their errors are those of data.

import Features
import Schema

extension DataError: OptionError {}

/// Options whose errors are those of data.
package protocol DataOptions: Options {}

extension DataOptions {
    package static func error(_ fault: OptionFault) -> any Error { DataError(fault) }

    /// What is wrong with the value of `key` in the object that `decoder` reads.
    static func error(_ decoder: any Decoder, _ key: String, found: String, wanted: String) -> any Error {
        let problem = OptionFault.Problem.value(found: found, isText: false, wanted: wanted)
        return error(OptionFault(path: decoder.codingPath + [OptionKey(key)], subject: subject, problem: problem))
    }
}

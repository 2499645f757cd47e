// Manifests as tables, the first line naming the columns, in any order and among others:
//
//     path,text,speaker            .csv: commas, or semicolons or bars; a cell in quotes may have them inside, "" is a
//                                  quote (RFC 4180)
//     client_id<TAB>path<TAB>…     .tsv, as Common Voice comes: tabs, and quotes are themselves
//
// The names of each column are in ManifestColumn; capitals are no difference.

import Foundation
import Schema

/// Reads tables of recordings.
enum ManifestTable {
    static func isTable(_ path: String) -> Bool {
        ["csv", "tsv"].contains(URL(fileURLWithPath: path).pathExtension.lowercased())
    }

    static func read(_ path: String) throws(DataError) -> [ManifestEntry] {
        var lines = try TextFile.filledLines(of: path)[...]
        guard let header = lines.popFirst() else { return [] }
        let separator = Array("\t,;|").first { header.text.contains($0) } ?? ","
        let columns = try cells(header, separator, path).map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        let places = ManifestColumn.allCases.reduce(into: [ManifestColumn: Int]()) { places, column in
            places[column] = column.names.lazy.compactMap { columns.firstIndex(of: $0) }.first
        }
        guard places[.path] != nil else {
            throw .badLine(
                path: path, line: header.number,
                problem: "no column is named as sound files are (\(excerpt(header.text)))",
                fix: "name the columns in the first line: path,text; "
                    + "sound files are \(ManifestColumn.path.names.joined(separator: ", "))")
        }
        var entries: [ManifestEntry] = []
        for line in lines {
            let cells = try cells(line, separator, path)
            guard cells.count == columns.count else {
                throw .badLine(
                    path: path, line: line.number,
                    problem: "it has \(cells.count) cells, and the first line names \(columns.count) columns",
                    fix: separator == "\t" ? "part cells by one tab" : "put cells with \"\(separator)\" in quotes")
            }
            entries.append(try entry(cells, places, path, line))
        }
        return entries
    }

    private static func entry(
        _ cells: [String], _ places: [ManifestColumn: Int], _ path: String, _ line: NumberedLine
    ) throws(DataError) -> ManifestEntry {
        func cell(_ column: ManifestColumn) -> String? {
            places[column].map { cells[$0].trimmingCharacters(in: .whitespaces) }
        }
        func seconds(_ column: ManifestColumn) throws(DataError) -> Double? {
            guard let text = cell(column), !text.isEmpty else { return nil }
            guard let number = Double(text) else {
                throw .badLine(
                    path: path, line: line.number, problem: "the \(column) \"\(excerpt(text))\" is no number",
                    fix: "give it in seconds, or leave the cell empty")
            }
            return number
        }
        return ManifestEntry(
            path: cell(.path) ?? "", text: cell(.text), label: cell(.label),
            speaker: cell(.speaker).flatMap { $0.isEmpty ? nil : $0 }, offset: try seconds(.offset),
            duration: try seconds(.duration), end: try seconds(.end), file: path, line: line.number)
    }

    private static func cells(_ line: NumberedLine, _ separator: Character, _ path: String) throws(DataError)
        -> [String]
    {
        guard separator != "\t", line.text.contains("\"") else {
            return line.text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
        }
        var cells = [""], isQuoted = false, rest = line.text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                cells[cells.count - 1].append("\"")
                rest.removeFirst()
            case "\"" where isQuoted || cells[cells.count - 1].isEmpty: isQuoted.toggle()
            case separator where !isQuoted: cells.append("")
            default: cells[cells.count - 1].append(character)
            }
        }
        guard !isQuoted else {
            throw .badLine(
                path: path, line: line.number, problem: "a quote is open at its end",
                fix: "a cell ends in the line in which it begins; \"\" is a quote inside one")
        }
        return cells
    }
}

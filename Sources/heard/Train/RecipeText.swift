// A recipe as text: what is asked of the file whatever it trains.

import Foundation
import Schema
import Training
import Yams

/// A recipe's text, which goes into the model, and its place.
struct RecipeText {
    let path: String
    let text: String

    /// What a network reads: the recipe's `input`.
    enum Input: String, CaseIterable { case audio, text, tokens, vectors, pairs }

    /// - Throws: ``ConfigurationError`` that names the file.
    init(path: String) throws {
        self.path = path
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(description: "cannot read the recipe \(path)")
        }
        do { text = try String(text: [UInt8](bytes)) } catch {
            throw ConfigurationError(description: "\(path) is no recipe: it is not text: \(error)")
        }
    }

    /// The folder that the recipe is in.
    var folder: String { URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path }

    /// `input`; audio when the recipe does not say.
    var input: Input {
        get throws {
            struct Head: Decodable { var input: String? }
            // What is no object with text there is told when the recipe is read.
            guard let name = (try? YAMLDecoder().decode(Head.self, from: text))?.input else { return .audio }
            guard let input = Input(rawValue: name) else {
                let known = Input.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConfigurationError(description: "\(path): \"input\" is \"\(excerpt(name))\"; use one of \(known)")
            }
            return input
        }
    }

    /// - Throws: ``ConfigurationError`` that names the file and what is wrong in it.
    func decode<Recipe: Decodable>(as type: Recipe.Type) throws -> Recipe {
        do {
            return try YAMLDecoder().decode(type, from: text)
        } catch {
            throw ConfigurationError(description: "\(path): \(Self.sentence(error))")
        }
    }

    /// What a decoding error says, without its Swift.
    private static func sentence(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func at(_ context: DecodingError.Context) -> String {
            if let inner = context.underlyingError, !(inner is DecodingError) { return "\(inner)" }
            let place = context.codingPath.reduce("") { path, key in
                path + (key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue)
            }
            return (place.isEmpty ? "" : "at \(place): ") + context.debugDescription
        }
        switch error {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            return at(context)
        @unknown default: return "\(error)"
        }
    }

    /// A path of the recipe as it can be opened: in the first of `folders` that has it, else beside the recipe.
    /// - Throws: ``ConfigurationError`` that lists where it was looked for.
    func find(_ path: String, in folders: [String]) throws -> String {
        guard !path.hasPrefix("/") else { return path }
        let places = folders + [folder]
        guard let place = places.first(where: { FileManager.default.fileExists(atPath: "\($0)/\(path)") }) else {
            throw ConfigurationError(
                description: "\(self.path): there is no \(path) in \(places.joined(separator: ", nor in ")); "
                    + "--data names another folder, and samples/recipes/README.md says where data comes from")
        }
        return "\(place)/\(path)"
    }
}

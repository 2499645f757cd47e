// A recipe as it is read from a file, its text, which goes into the model, and the paths in it.

import Foundation
import Schema
import Yams

/// A recipe with its text and its place.
package struct RecipeFile {
    package let path: String
    package let text: String
    package var recipe: Recipe
    /// Whether the training was made shorter than the recipe has it: a trial.
    package let isTrial: Bool

    /// Reads a recipe; `epochs` stand for the recipe's own.
    /// - Throws: ``TrainingError`` that names the file and what is wrong in it.
    package init(path: String, epochs: Int? = nil) throws {
        self.path = path
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw TrainingError.setup("cannot read the recipe \(path)")
        }
        do { text = try String(text: [UInt8](bytes)) } catch {
            throw TrainingError.setup("\(path) is no recipe: it is not text: \(error)")
        }
        do { recipe = try YAMLDecoder().decode(Recipe.self, from: text) } catch {
            throw TrainingError.setup("\(path): \(Self.sentence(error))")
        }
        isTrial = epochs.map { [recipe] in $0 < recipe.plan.epochs } ?? false
        if let epochs { recipe.plan.epochs = epochs }
    }

    /// The folder that the recipe is in.
    package var folder: String { URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path }

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
    /// - Throws: ``TrainingError`` that lists where it was looked for.
    func find(_ path: String, in folders: [String]) throws -> String {
        guard !path.hasPrefix("/") else { return path }
        let places = folders + [folder]
        guard let place = places.first(where: { FileManager.default.fileExists(atPath: "\($0)/\(path)") }) else {
            throw TrainingError.setup(
                "\(self.path): there is no \(path) in \(places.joined(separator: ", nor in ")); "
                    + "--data names another folder, and samples/recipes/README.md says where data comes from")
        }
        return "\(place)/\(path)"
    }
}

// A recipe as it is read from a file, and the paths in it.

import Foundation
import Pipeline
import Training
import Yams

/// A recipe with its text, which goes into the model, and its place.
struct RecipeFile {
    let path: String
    let text: String
    var recipe: Recipe
    /// Where to begin: another recipe, or a model; relative to this file.
    let initFrom: String?

    /// - Throws: ``ConfigurationError`` that names the file and what is wrong in it.
    init(path: String, epochs: Int? = nil) throws {
        self.path = path
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(description: "cannot read the recipe \(path)")
        }
        guard !bytes.contains(0) else {
            throw ConfigurationError(description: "\(path) is no recipe: it is not text")
        }
        text = String(decoding: bytes, as: UTF8.self)
        do {
            recipe = try YAMLDecoder().decode(Recipe.self, from: text)
        } catch {
            throw ConfigurationError(description: "\(path): \(Self.sentence(error))")
        }
        initFrom = recipe.initFrom
        if let epochs { recipe.epochs = epochs }
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

    /// The folder that the recipe is in.
    var folder: String { URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path }

    /// The recipe with each path as it can be opened: the first of `folders` that has it, else beside the recipe.
    /// - Throws: ``ConfigurationError`` that lists where a path was looked for.
    func resolved(in folders: [String]) throws -> Recipe {
        func find(_ path: String) throws -> String {
            guard !path.hasPrefix("/") else { return path }
            let places = folders + [folder]
            guard let place = places.first(where: { FileManager.default.fileExists(atPath: "\($0)/\(path)") }) else {
                throw ConfigurationError(
                    description: "\(self.path): there is no \(path) in \(places.joined(separator: ", nor in ")); "
                        + "--data names another folder, and samples/recipes/README.md says where recordings come from")
            }
            return "\(place)/\(path)"
        }
        var recipe = recipe
        func resolve(_ sources: inout [SourceOptions]) throws {
            for index in sources.indices {
                sources[index].path = try find(sources[index].path)
                sources[index].lexicon = try sources[index].lexicon.map(find)
            }
        }
        try resolve(&recipe.train)
        try resolve(&recipe.validation)
        if recipe.languageModel != nil { try resolve(&recipe.languageModel!.sources) }
        if recipe.augmentation?.noise != nil { try resolve(&recipe.augmentation!.noise!.sources) }
        if recipe.augmentation?.babble != nil { try resolve(&recipe.augmentation!.babble!.sources) }
        return recipe
    }
}

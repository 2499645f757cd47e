// A recipe as it is read from a file, and the paths in it.

import Training

/// A recipe of a model of sound with its text.
struct RecipeFile {
    let source: RecipeText
    var recipe: Recipe
    /// Whether the command has made the training shorter than the recipe has it: a trial.
    let isTrial: Bool

    /// - Throws: ``ConfigurationError`` that names the file and what is wrong in it.
    init(_ source: RecipeText, epochs: Int? = nil) throws {
        self.source = source
        recipe = try source.decode(as: Recipe.self)
        isTrial = epochs.map { [recipe] in $0 < recipe.epochs } ?? false
        if let epochs { recipe.epochs = epochs }
    }

    var text: String { source.text }
    var folder: String { source.folder }
    /// Where to begin: another recipe, or a model; relative to this file.
    var initFrom: String? { recipe.initFrom }

    /// The recipe with each path as it can be opened: the first of `folders` that has it, else beside the recipe.
    /// - Throws: ``ConfigurationError`` that lists where a path was looked for.
    func resolved(in folders: [String]) throws -> Recipe {
        func find(_ path: String) throws -> String { try source.find(path, in: folders) }
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

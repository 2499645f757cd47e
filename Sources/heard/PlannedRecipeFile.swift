// A recipe of a model that is not of sound, as it is read from a file.

import Training

/// A recipe that says how weights are found, beside what is of its kind.
protocol PlannedRecipe: Decodable {
    var plan: TrainingPlan { get set }
}

extension TextRecipe: PlannedRecipe {}
extension SequenceRecipe: PlannedRecipe {}
extension PairRecipe: PlannedRecipe {}

/// A recipe with its text.
struct PlannedRecipeFile<Recipe: PlannedRecipe> {
    let source: RecipeText
    var recipe: Recipe

    /// - Throws: ``ConfigurationError`` that names the file and what is wrong in it.
    init(_ source: RecipeText, epochs: Int? = nil) throws {
        self.source = source
        recipe = try source.decode(as: Recipe.self)
        if let epochs { recipe.plan.epochs = epochs }
    }
}

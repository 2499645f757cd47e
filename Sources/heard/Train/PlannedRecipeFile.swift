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
    /// Whether the command has made the training shorter than the recipe has it: a trial.
    let isTrial: Bool

    /// - Throws: ``ConfigurationError`` that names the file and what is wrong in it.
    init(_ source: RecipeText, epochs: Int? = nil) throws {
        self.source = source
        recipe = try source.decode(as: Recipe.self)
        isTrial = epochs.map { [recipe] in $0 < recipe.plan.epochs } ?? false
        if let epochs { recipe.plan.epochs = epochs }
    }
}

// heard lm: language models, from text to text.

import ArgumentParser

struct LMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lm", abstract: "Train, judge and use language models of characters or words.",
        discussion: """
            A language model says how probable each next token of a text is. It is trained by a recipe that says input: text.

                heard lm train samples/recipes/shakespeare.yaml --data TEXTS
                heard lm evaluate shakespeare.safetensors other.txt
                echo "To be, or not to be" | heard lm score shakespeare.safetensors
                heard lm sample shakespeare.safetensors --length 300 --temperature 0.8 --seed 7
                heard lm complete shakespeare.safetensors "My lord, I "
            """,
        subcommands: [
            // The same command as heard train: what is trained is the recipe's affair.
            TrainCommand.self, LMEvaluateCommand.self, LMScoreCommand.self, LMSampleCommand.self,
            LMCompleteCommand.self,
        ])
}

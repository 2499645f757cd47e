import Decoding
import Evaluation
import Testing
import Training

@Suite struct PartialStabilityTests {
    private func label(_ text: String, decided: Int) -> Label {
        Label(text: text, start: decided - 2, end: decided - 1, confidence: 1, decided: decided)
    }

    @Test func wordsWaitFromWhenTheyAreShown() {
        var partials = PartialStability()
        partials.partial("GO", at: 10)
        partials.partial("GO STOP", at: 15)
        partials.label(label("GO", decided: 17))
        partials.partial("GO STOP", at: 18)
        partials.label(label("STOP", decided: 30))
        partials.end()
        #expect(partials.shown == 2 && partials.withdrawn == 0 && partials.waits == [7, 15])
        // Another utterance begins with nothing, and a label that was never shown waits for nothing.
        partials.label(label("GO", decided: 40))
        partials.end()
        #expect(partials.shown == 3 && partials.waits == [7, 15, 0])
    }

    @Test func wordsAreTakenBack() {
        var partials = PartialStability()
        partials.partial("GO TO", at: 1)
        partials.partial("GO TWO", at: 2)  // another word
        partials.partial("GO", at: 3)  // gone
        partials.label(label("GO", decided: 5))
        partials.partial("GO NOW", at: 6)
        partials.end()  // never a label
        #expect(partials.shown == 4 && partials.withdrawn == 3 && partials.waits == [4])
        partials.partial("RIGHT", at: 7)
        partials.label(label("WRITE", decided: 9))
        #expect(partials.shown == 6 && partials.withdrawn == 4 && partials.waits == [4, 0])
    }

    @Test func aWordThatGrowsIsShownWhenItIsWhole() {
        var partials = PartialStability()
        for (time, text) in ["F", "FO", "FOU", "FOUR", "FOUR T"].enumerated() { partials.partial(text, at: time) }
        partials.label(label("FOUR", decided: 5))
        partials.end()
        #expect(partials.shown == 2 && partials.withdrawn == 1 && partials.waits == [2])
        var sum = PartialStability()
        sum += partials
        sum += partials
        #expect(sum.shown == 4 && sum.withdrawn == 2 && sum.waits == [2, 2])
    }
}

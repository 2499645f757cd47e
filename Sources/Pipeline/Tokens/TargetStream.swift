// A decoder's way through a target, token by token, and back.

import Decoding
import Recurrent

/// One decoder in tokens: a source, then token by token what comes next. One thread uses it at a time.
package final class TargetStream {
    package let model: Model
    private let decoder: SourceDecoder
    private let x, y: AlignedFloats

    package init(_ model: Model) {
        self.model = model
        decoder = SourceDecoder(model.transducer)
        x = AlignedFloats(count: model.transducer.inputs)
        y = AlignedFloats(count: model.transducer.outputs)
    }

    /// Before the first token of the target of some source tokens, at least one.
    package func begin(_ source: [Int]) { decoder.begin(model.encode(source)) }

    /// Log-posteriors of what comes after `token`, [target tokens]; before the first stands the target's line end.
    package func read(_ token: Int) -> [Float] {
        x.clear()
        Model.write(token, of: model.target, inputs: model.transducer.inputs, to: x.pointer)
        decoder.step(x.pointer, output: y.pointer)
        return y.values
    }

    /// How much each source token counted for the last ``read(_:)``, 1 in all.
    package var attention: [Float] { decoder.weights }

    /// Where the stream is in its target, to come back to.
    package var position: SourceDecoder.Position {
        get { decoder.position }
        set { decoder.position = newValue }
    }
}

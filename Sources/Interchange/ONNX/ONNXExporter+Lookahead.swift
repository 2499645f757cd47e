// A lookahead layer as ONNX has it: a depthwise Conv over time. In the delayed form (Lookahead.swift) the output at a
// step is the sum over that step and those before it, which is a Conv without padding over the remembered inputs and
// the sequence:
//
//     [x0; x] [steps + T, N, F] -> [N, F, steps + T] -> Conv, weight [F, 1, steps + 1], F groups -> [N, F, T]
//     -> [T, N, F]

import Recurrent

extension ONNXExporter {
    /// Adds the layer after the value `input`; its inputs before the first step are one more input of the graph, its
    /// last ones one more output.
    mutating func add(_ lookahead: LookaheadDescription, to input: String) throws -> String {
        let name = lookahead.name, features = lookahead.features, columns = lookahead.steps + 1
        let weight = try tensors.require("\(name).weight").values(shaped: [features, columns])
        let kernel = addConstant("\(name).weight", [features, 1, columns], .floats(weight))
        func inputs(_ name: String) -> ONNXValueInfo {
            ONNXValueInfo(
                name: name, elementType: 1, shape: [.known(lookahead.steps), .named("N"), .known(features)])
        }
        model.inputs.append(inputs("x0_\(name)"))
        model.outputs.append(inputs("xn_\(name)"))
        let all = addNode("Concat", ["x0_\(name)", input], ["axis": .integer(0)])
        // From the last `steps` to the end of the time axis.
        let ends = [("from", -lookahead.steps), ("to", Int.max), ("axis", 0)].map { key, value in
            addConstant("\(name)_last_\(key)", integers: [value])
        }
        model.nodes.append(
            ONNXNode(
                name: "\(name)_last", type: "Slice", inputs: [all] + ends, outputs: ["xn_\(name)"], attributes: [:]))
        let series = addNode("Transpose", [all], ["perm": .integers([1, 2, 0])])
        let sums = addNode(
            "Conv", [series, kernel], name: name,
            ["group": .integer(features), "kernel_shape": .integers([columns])])
        return addNode("Transpose", [sums], ["perm": .integers([2, 0, 1])])
    }
}

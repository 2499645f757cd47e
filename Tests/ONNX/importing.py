"""Graphs made with the onnx package, one for every kind of node that is read: imported, and run by onnxruntime too."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from heard import INPUTS, OUTPUTS, STEPS, make_model, run_model, session, weights

UNITS = 6
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


class Graph:
    """Nodes and constants, added in order; `current` is the sequence."""

    def __init__(self, opset=18, shape=("T", "N", INPUTS), type=TensorProto.FLOAT):
        self.opset, self.shape, self.type = opset, shape, type
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []
        self.current = "x"
        self.width = INPUTS

    def constant(self, array, name=None):
        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def add(self, type, *inputs, outputs=1, **attributes):
        """A node on the sequence; its first output is the sequence."""
        names = [f"value_{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(type, [self.current, *inputs], names, **attributes))
        self.current = names[0]
        return self

    def axes(self, type, *axes):
        """Squeeze and Unsqueeze in the graph's opset."""
        if self.opset < 13:
            return self.add(type, axes=list(axes))
        return self.add(type, self.ints(*axes))

    def recurrent(self, kind, bias=True, peepholes=False, initial=None, outputs=1, dtype=np.float32, **attributes):
        """The node alone: Y [T, D, N, H] is the current value."""
        directions = 2 if attributes.get("direction") == "bidirectional" else 1
        rows = GATES[kind] * UNITS
        inputs = [
            self.constant(weights(directions, rows, self.width).astype(dtype)),
            self.constant(weights(directions, rows, UNITS).astype(dtype)),
            self.constant(weights(directions, 2 * rows).astype(dtype)) if bias else "",
            "",
        ]
        if initial:
            inputs += initial
        if peepholes:
            inputs += [""] * (6 - len(inputs)) + [self.constant(weights(directions, 3 * UNITS))]
        self.width = UNITS
        return self.add(kind, *inputs, outputs=outputs, hidden_size=UNITS, **attributes)

    def matmul(self, outputs, dtype=np.float32):
        self.add("MatMul", self.constant(weights(self.width, outputs).astype(dtype)))
        self.width = outputs
        return self.add("Add", self.constant(weights(outputs).astype(dtype)))

    def cells(self, kind="GRU", **options):
        """[T, N, I] to [T, N, H]."""
        return self.recurrent(kind, **options).axes("Squeeze", 1)

    def save(self, path="graph.onnx"):
        rank = len(self.shape)
        inputs = [helper.make_tensor_value_info("x", self.type, self.shape), *self.inputs]
        output = helper.make_tensor_value_info(self.current, self.type, [None] * rank)
        graph = helper.make_graph(self.nodes, "graph", inputs, [output, *self.outputs], self.constants)
        version = 8 if self.opset < 19 else 10
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=version)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
        return self


def state(graph, name):
    """A state that the caller gives."""
    graph.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "N", UNITS]))
    return name


def output(graph, activation="LogSoftmax", **attributes):
    return graph.matmul(OUTPUTS).add(activation, **attributes)


def recurrent_graphs():
    for kind, options in [
        ("GRU", {"linear_before_reset": 0}), ("GRU", {"linear_before_reset": 1}), ("LSTM", {}),
        ("LSTM", {"peepholes": True}), ("RNN", {}), ("RNN", {"activations": ["Relu"]}),
    ]:
        name = " ".join([kind, *(f"{key} {value}" for key, value in options.items())])
        yield name, output(Graph().cells(kind, **options))
        yield f"{name}, no bias", output(Graph().cells(kind, bias=False, **options))
        yield f"{name}, batch first", batch_first(kind, options)
        both = dict(options, direction="bidirectional")
        if "activations" in both:
            both["activations"] = both["activations"] * 2
        yield f"{name}, both directions", output(directions(Graph(), kind, both))
        summed = Graph().recurrent(kind, **both)
        yield f"{name}, both directions summed", output(summed.add("ReduceSum", summed.ints(1), keepdims=0))


def batch_first(kind, options):
    """[N, T, I] in, turned around for the node, and back."""
    graph = Graph(shape=("N", "T", INPUTS)).add("Transpose", perm=[1, 0, 2])
    return output(graph.cells(kind, **options).add("Transpose", perm=[1, 0, 2]))


def directions(graph, kind, options, reshape=(0, 0, -1)):
    graph.recurrent(kind, **options).add("Transpose", perm=[0, 2, 1, 3])
    graph.add("Reshape", graph.ints(*reshape))
    graph.width *= 2
    return graph


def layout_graphs():
    """Y [N, T, D, H], which onnxruntime has not, but onnx's reference has, for one direction."""
    for kind in GATES:
        graph = Graph(shape=("N", "T", INPUTS)).recurrent(kind, layout=1)
        yield f"{kind}, layout 1", output(graph.axes("Squeeze", 2))


def exporter_graphs():
    """As PyTorch writes an nn.GRU(batch_first=True, num_layers=2): one state for all layers, cut into theirs."""
    for bidirectional in [False, True]:
        for is_input in [False, True]:
            yield f"PyTorch's export, {bidirectional=}, {is_input=}", exported_by_pytorch(bidirectional, is_input)


def exported_by_pytorch(bidirectional, is_input):
    graph = Graph(shape=("N", "T", INPUTS)).add("Transpose", perm=[1, 0, 2])
    count = 2 if bidirectional else 1
    if is_input:
        graph.inputs.append(helper.make_tensor_value_info("h0", TensorProto.FLOAT, [2 * count, "N", UNITS]))
        states = "h0"
    else:
        zeros = graph.constant(np.zeros((2 * count, 1, UNITS), np.float32))
        graph.nodes.append(helper.make_node("Shape", ["x"], ["batch"], start=0, end=1))
        graph.nodes.append(
            helper.make_node("Concat", [graph.ints(2 * count), "batch", graph.ints(UNITS)], ["shape"], axis=0))
        states = "states"
        graph.nodes.append(helper.make_node("Expand", [zeros, "shape"], [states]))
    for layer in range(2):
        part = f"state_{layer}"
        cut = [graph.ints(layer * count), graph.ints((layer + 1) * count), graph.ints(0)]
        graph.nodes.append(helper.make_node("Slice", [states, *cut], [part]))
        options = {"direction": "bidirectional"} if bidirectional else {}
        graph.recurrent("GRU", initial=[part], outputs=2, linear_before_reset=1, **options)
        graph.nodes[-1].name = "/gru/GRU" if layer == 0 else "/gru/GRU_1"
        if bidirectional:
            graph.add("Transpose", perm=[0, 2, 1, 3]).add("Reshape", graph.ints(0, 0, -1))
            graph.width *= 2
        else:
            graph.axes("Squeeze", 1)
    finals = [node.output[1] for node in graph.nodes if node.op_type == "GRU"]
    graph.nodes.append(helper.make_node("Concat", finals, ["h_n"], axis=0))
    graph.outputs = [helper.make_tensor_value_info("h_n", TensorProto.FLOAT, [2 * count, None, UNITS])]
    graph.add("Transpose", perm=[1, 0, 2]).matmul(OUTPUTS)
    graph.nodes[-1].input[:] = reversed(graph.nodes[-1].input)
    return graph.add("LogSoftmax", axis=-1)


def layer_graphs():
    yield "opset 7", output(Graph(opset=7).cells(), axis=2)
    yield "opset 11", output(Graph(opset=11).cells(), axis=2)
    yield "opset 21", output(Graph(opset=21).cells())
    for activation in ["Relu", "Tanh", "Sigmoid", "Softmax", "LogSoftmax"]:
        yield activation, output(Graph().matmul(7).add(activation).cells(), activation)
    graph = Graph().cells()
    yield "LayerNormalization", output(layer_norm(graph, UNITS))
    yield "deep", output(Graph().cells("LSTM").cells("GRU").cells("RNN"))
    yield "rank 2 with Gemm", rank_two()
    yield "Gemm between Reshapes", flattened()
    yield "Dropout, Identity and Cast", output(Graph().add("Identity").cells().add("Dropout").add("Cast", to=1))
    graph = Graph().cells()
    before = graph.current
    graph.add("Tanh").matmul(UNITS)
    graph.add("Add", before)
    yield "residual", output(graph)
    graph = Graph()
    graph.cells()
    first = graph.current
    graph.cells("LSTM")
    second = graph.current
    graph.cells("GRU").add("Add", second).add("Add", first)
    yield "residual in a residual", output(graph)


def layer_norm(graph, features):
    scale, shift = graph.constant(1 + weights(features)), graph.constant(weights(features))
    return graph.add("LayerNormalization", scale, shift, axis=-1, epsilon=1e-3)


def rank_two():
    graph = Graph(shape=("T", INPUTS))
    graph.add("Gemm", graph.constant(weights(7, INPUTS)), graph.constant(weights(7)), transB=1, alpha=0.5, beta=2.0)
    graph.width = 7
    graph.axes("Unsqueeze", 1).recurrent("GRU").axes("Squeeze", 1).axes("Squeeze", 1)
    return graph.add("Gemm", graph.constant(weights(UNITS, OUTPUTS))).add("LogSoftmax")


def flattened():
    graph = Graph(shape=("T", 3, INPUTS)).cells()
    graph.add("Reshape", graph.ints(-1, UNITS))
    graph.add("Gemm", graph.constant(weights(OUTPUTS, UNITS)), graph.constant(weights(OUTPUTS)), transB=1)
    return graph.add("Reshape", graph.ints(-1, 3, OUTPUTS)).add("LogSoftmax", axis=-1)


def state_graphs():
    graph = Graph()
    yield "state from outside", output(graph.cells(initial=[state(graph, "h")]))
    graph = Graph()
    graph.cells("LSTM", initial=[state(graph, "h"), state(graph, "c")], outputs=3)
    graph.outputs = [helper.make_tensor_value_info("value_0_1", TensorProto.FLOAT, [1, None, UNITS])]
    yield "final state as an output", output(graph)
    graph = Graph(shape=("T", 1, INPUTS))
    yield "learned state", output(graph.cells(initial=[graph.constant(weights(1, 1, UNITS))]))
    graph = Graph(shape=("T", 1, INPUTS))
    yield "learned h, c zero", output(graph.cells("LSTM", initial=[graph.constant(weights(1, 1, UNITS))]))
    yield "zero state from the input's shape", output(zero_state())


def zero_state():
    """As PyTorch's exporter writes a state of zeros."""
    graph = Graph()
    graph.add("Shape").add("Gather", graph.ints(1), axis=0)
    shape = "shape_of_state"
    graph.nodes.append(helper.make_node("Concat", [graph.ints(1), graph.current, graph.ints(UNITS)], [shape], axis=0))
    graph.nodes.append(helper.make_node("Constant", [], ["zero"], value_floats=[0.0]))
    graph.nodes.append(helper.make_node("Expand", ["zero", shape], ["zeros"]))
    graph.current = "x"
    return graph.cells(initial=["zeros"])


def number_graphs():
    """Weights in other widths; the sequence stays in 32 bits but for the last."""
    for name, type in [("float16", TensorProto.FLOAT16), ("bfloat16", TensorProto.BFLOAT16), ("double", TensorProto.DOUBLE)]:
        graph = Graph().cells()
        for raw in [True, False]:
            values = weights(graph.width * OUTPUTS)
            tensor = helper.make_tensor(f"{name}_{raw}", type, [graph.width, OUTPUTS], values)
            if raw:
                tensor = numpy_helper.from_array(numpy_helper.to_array(tensor), f"{name}_{raw}")
            graph.constants.append(tensor)
            graph.nodes.append(helper.make_node("Cast", [tensor.name], [f"{tensor.name}_cast"], to=1))
            graph.add("MatMul", f"{tensor.name}_cast").add("Relu")
            graph.width = OUTPUTS
        yield f"{name} weights", graph.matmul(OUTPUTS)
    floats = Graph().cells()
    floats.constants.append(helper.make_tensor("float_data", TensorProto.FLOAT, [OUTPUTS], weights(OUTPUTS)))
    yield "float_data", floats.matmul(OUTPUTS).add("Relu").matmul(OUTPUTS).add("LogSoftmax")


def check(checks):
    for graphs in [recurrent_graphs, layout_graphs, layer_graphs, state_graphs, exporter_graphs, number_graphs]:
        for name, graph in graphs():
            graph.save()
            compare(checks, name, graph)
    graph = output(Graph().cells())
    graph.save()
    onnx.save_model(onnx.load("graph.onnx"), "graph.onnx", save_as_external_data=True, size_threshold=64, location="data")
    compare(checks, "external data", graph)
    refusals(checks)


def is_bidirectional(graph):
    return any(attribute.s == b"bidirectional" for node in graph.nodes for attribute in node.attribute)


def has_layout(graph):
    return any(attribute.name == "layout" for node in graph.nodes for attribute in node.attribute)


def compare(checks, name, graph):
    part = "offline" if is_bidirectional(graph) else "online"
    make_model("graph.onnx", part)
    x = weights(STEPS, INPUTS, scale=2)
    own = ReferenceEvaluator("graph.onnx") if has_layout(graph) else session("graph.onnx")
    batch = graph.shape[1] if isinstance(graph.shape[1], int) and len(graph.shape) == 3 else 1
    axis = list(graph.shape).index("N") if "N" in graph.shape else 1
    batched = x if len(graph.shape) == 2 else np.repeat(np.expand_dims(x, axis), batch, axis)
    inputs = {"x": batched}
    for state in graph.inputs:
        extent = state.type.tensor_type.shape.dim[0].dim_value
        inputs[state.name] = np.zeros((extent, batch, UNITS), np.float32)
    wanted = own.run([graph.current], inputs)[0]
    wanted = wanted if len(graph.shape) == 2 else np.take(wanted, 0, axis)
    checks.is_close(f"import of {name}", run_model(part, x), wanted)


def refusals(checks):
    def refused(name, message, graph):
        graph.save()
        checks.is_refused(f"{name} is refused", message, lambda: make_model("graph.onnx", "online"))

    refused("reverse", "backward only", output(Graph().cells(direction="reverse")))
    refused("a bidirectional online network", "one direction", output(directions(Graph(), "GRU", {"direction": "bidirectional"})))
    refused("Abs", "(Abs): it is not known", output(Graph().cells().add("Abs")))
    refused("Softmax over time", "along axis 0", output(Graph().cells(), axis=0))
    refused("clip", "clip", output(Graph().cells(clip=3.0)))
    refused("other activations", "activations", output(Graph().cells("LSTM", activations=["Sigmoid", "Tanh", "Relu"])))
    graph = Graph(shape=("T", 3, INPUTS)).cells()
    graph.add("Reshape", graph.ints(3, -1, UNITS))
    refused("a Reshape that mixes time and batch", "more than rearrange axes", output(graph))
    last = Graph().recurrent("GRU", outputs=2)
    last.current = "value_0_1"
    refused("the last state", "state after the last step", output(last))
    output(Graph().cells()).save()
    model = onnx.load("graph.onnx")
    model.opset_import[0].version = 6
    onnx.save(model, "graph.onnx")
    checks.is_refused("opset 6 is refused", "opset 6", lambda: make_model("graph.onnx", "online"))

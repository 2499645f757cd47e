"""Random networks in PyTorch's words: imported, exported, and run by onnxruntime."""

import json

import numpy as np
import onnx
from safetensors.numpy import load_file, save_file

from heard import INPUTS, OUTPUTS, STEPS, heard, make_model, random, run_model, session, weights

UNITS = 6
GATES = {"rnn": 1, "simple_gru": 2, "gru": 3, "lstm": 4}


def recurrent(tensors, name, kind, inputs=INPUTS, layers=1, bias=True, **options):
    """The description of a stack; its tensors go to `tensors`."""
    rows, size = GATES[kind] * UNITS, options.get("projection", UNITS)
    directions = 2 if options.get("bidirectional") else 1
    outputs = size * (directions if options.get("merge") != "sum" else 1)
    for layer in range(layers):
        for suffix in ["", "_reverse"][:directions]:
            tensors[f"{name}.weight_ih_l{layer}{suffix}"] = weights(rows, inputs if layer == 0 else outputs)
            tensors[f"{name}.weight_hh_l{layer}{suffix}"] = weights(rows, size)
            if bias:
                tensors[f"{name}.bias_ih_l{layer}{suffix}"] = weights(rows)
                tensors[f"{name}.bias_hh_l{layer}{suffix}"] = weights(rows)
            if options.get("peepholes"):
                tensors[f"{name}.peephole_l{layer}{suffix}"] = weights(3 * UNITS)
            if "projection" in options:
                tensors[f"{name}.weight_hr_l{layer}{suffix}"] = weights(size, UNITS)
    if options.get("learned_initial_state"):
        tensors[f"{name}.h0"] = weights(layers * directions, size)
        if kind == "lstm":
            tensors[f"{name}.c0"] = weights(layers * directions, UNITS)
    return {"type": kind, "name": name, "inputs": inputs, "units": UNITS, "layers": layers, **options}, outputs


def linear(tensors, name, inputs, outputs, bias=True):
    tensors[f"{name}.weight"] = weights(outputs, inputs)
    if bias:
        tensors[f"{name}.bias"] = weights(outputs)
    return {"type": "linear", "name": name, "inputs": inputs, "outputs": outputs}


def layer_norm(tensors, name, features):
    tensors[f"{name}.weight"] = 1 + weights(features)
    tensors[f"{name}.bias"] = weights(features)
    return {"type": "layer_norm", "name": name, "features": features, "epsilon": 0.01}


def one_stack(kind, last="log_softmax", **options):
    tensors = {}
    stack, outputs = recurrent(tensors, "cells", kind, **options)
    return tensors, [stack, linear(tensors, "out", outputs, OUTPUTS), {"type": last}]


def everything():
    """All other layers, in one network."""
    tensors = {}
    first = linear(tensors, "inp", INPUTS, 10)
    norm = layer_norm(tensors, "norm", 10)
    inside = layer_norm(tensors, "block.norm", 10)
    lstm, size = recurrent(tensors, "block.lstm", "lstm", inputs=10, layers=2)
    back = linear(tensors, "block.back", size, 10, bias=False)
    gru, size = recurrent(tensors, "gru", "gru", inputs=10, reset="before")
    block = {"type": "residual", "layers": [inside, lstm, back, {"type": "residual", "layers": [{"type": "tanh"}]}]}
    last = linear(tensors, "out", size, OUTPUTS)
    network = [first, {"type": "relu"}, norm, block, {"type": "sigmoid"}, gru, last, {"type": "softmax"}]
    return tensors, network


def late():
    """A network that answers seven steps late."""
    tensors = {"first.weight": weights(INPUTS, 4), "ahead.weight": weights(UNITS, 5)}
    first = {"type": "lookahead", "name": "first", "features": INPUTS, "steps": 3}
    gru, size = recurrent(tensors, "gru", "gru", reset="after")
    ahead = {"type": "lookahead", "name": "ahead", "features": size, "steps": 4}
    return tensors, [first, gru, ahead, linear(tensors, "out", size, OUTPUTS), {"type": "log_softmax"}]


def networks():
    for kind, options in [
        ("rnn", {"nonlinearity": "tanh"}), ("rnn", {"nonlinearity": "relu"}), ("gru", {"reset": "after"}),
        ("gru", {"reset": "before"}), ("lstm", {}), ("lstm", {"peepholes": True}),
    ]:
        name = " ".join([kind, *(str(value) for value in options.values())])
        yield name, one_stack(kind, **options)
        yield f"{name}, three layers", one_stack(kind, layers=3, **options)
        yield f"{name}, no biases", one_stack(kind, bias=False, **options)
        yield f"{name}, learned state", one_stack(kind, layers=2, learned_initial_state=True, **options)
        both = {"layers": 2, "bidirectional": True, **options}
        yield f"{name}, both directions", one_stack(kind, **both)
        yield f"{name}, both directions, sum", one_stack(kind, merge="sum", **both)
        yield f"{name}, both directions, learned state", one_stack(kind, learned_initial_state=True, **both)
    yield "every other layer", everything()
    yield "lookahead", late()


def make(tensors, network):
    """model.heard of the network; which part of it."""
    save_file(tensors, "weights.safetensors")
    with open("network.json", "w") as file:
        json.dump(network, file)
    part = "offline" if any(layer.get("bidirectional") for layer in network) else "online"
    make_model("weights.safetensors", part, "--network", "network.json")
    return part


def feeds(graph, x, states=None):
    """The inputs of a run: x [T, N, inputs] and zero states, or those of the step before."""
    inputs = {"x": x}
    for argument in graph.get_inputs()[1:]:
        inputs[argument.name] = np.zeros((argument.shape[0], x.shape[1], argument.shape[2]), np.float32)
    return inputs | (states or {})


def check(checks):
    for name, (tensors, network) in networks():
        part = make(tensors, network)
        for format in ["onnx", "safetensors"]:
            heard("export", "model.heard", "--network", part, "--format", format, "-o", f"out.{format}")
        written = load_file("out.safetensors")
        same = written.keys() == tensors.keys() and all(np.array_equal(written[key], tensors[key]) for key in tensors)
        checks.is_true(f"{name}: safetensors holds the same tensors", same)
        onnx.checker.check_model("out.onnx", full_check=True)
        graph = session("out.onnx")
        learned = any(layer.get("learned_initial_state") for layer in network)
        x = weights(STEPS, 1 if learned and part == "online" else 3, INPUTS, scale=2)
        inputs = {"x": x} if learned else feeds(graph, x)
        wanted = graph.run(["y"], inputs)[0]
        found = np.stack([run_model(part, np.ascontiguousarray(x[:, item])) for item in range(x.shape[1])], 1)
        checks.is_close(f"{name}: as onnxruntime", found, wanted)
        if part == "online" and not learned:
            checks.is_close(f"{name}: in two parts", in_parts(graph, x), wanted)
        if any(layer["type"] == "lookahead" for layer in network):
            checks.is_refused(f"{name}: is not read back", "(Conv)", lambda: make_model("out.onnx", part))
            make_model("out.safetensors", part)
        else:
            make_model("out.onnx", part)
        again = np.stack([run_model(part, np.ascontiguousarray(x[:, item])) for item in range(x.shape[1])], 1)
        checks.is_true(f"{name}: imported again, the same bits", np.array_equal(again, found))
    refusals(checks)


def in_parts(graph, x):
    """Five steps, and then the others from their states."""
    names = [output.name for output in graph.get_outputs()]
    first = dict(zip(names, graph.run(None, feeds(graph, x[:5]))))
    states = {name.replace("n_", "0_", 1): value for name, value in first.items() if name != "y"}
    second = graph.run(["y"], feeds(graph, x[5:], states))[0]
    return np.concatenate([first["y"], second])


def refusals(checks):
    for name, (tensors, network), reason in [
        ("simple gru", one_stack("simple_gru"), "without a reset gate"),
        ("lstm with projection", one_stack("lstm", projection=4), "has no projection"),
    ]:
        part = make(tensors, network)
        checks.is_refused(
            f"{name} has no ONNX", reason,
            lambda: heard("export", "model.heard", "--network", part, "--format", "onnx", "-o", "out.onnx"))
        heard("export", "model.heard", "--network", part, "--format", "safetensors", "-o", "out.safetensors")
        found = run_model(part, weights(STEPS, INPUTS))
        make_model("out.safetensors", part)
        checks.is_true(f"{name} as safetensors and back", load_file("out.safetensors").keys() == tensors.keys())
        checks.is_true(f"{name}: answers", np.isfinite(found).all())

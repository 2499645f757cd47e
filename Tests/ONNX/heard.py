"""heard model import, export and run, called from Python."""

import json
import subprocess
import sys

import numpy as np
import onnxruntime
from safetensors.numpy import load_file, save_file

HEARD = sys.argv[1]
INPUTS, OUTPUTS, STEPS = 8, 5, 13
random = np.random.default_rng(7)

# A front end that gives INPUTS values a step; the networks are run on vectors.
with open("front.json", "w") as file:
    json.dump({"mel": {"bands": INPUTS}}, file)
with open("labels.json", "w") as file:
    json.dump([f"label {index}" for index in range(OUTPUTS)], file)


def weights(*shape, scale=0.5):
    return (random.uniform(-1, 1, shape) * scale).astype(np.float32)


def heard(*arguments):
    """Standard output; an error is an exception with its text."""
    done = subprocess.run([HEARD, "model", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


# A bidirectional network needs a one-directional one beside it.
save_file(
    {"gru.weight_ih_l0": weights(9, INPUTS), "gru.weight_hh_l0": weights(9, 3), "out.weight": weights(OUTPUTS, 3)},
    "partner.safetensors",
)


def make_model(path, part, *options):
    """Imports `path` into model.heard as its `part`."""
    common = ["--front-end", "front.json", "--labels", "labels.json", "--any-outputs", "-o", "model.heard"]
    if part == "online":
        heard("import", path, *options, *common)
    else:
        options = [option.replace("--network", "--offline-network") for option in options]
        heard("import", "partner.safetensors", "--offline", path, *options, *common)


def run_model(part, x):
    """y [T, outputs] of x [T, inputs]."""
    save_file({"x": x}, "x.safetensors")
    heard("run", "model.heard", "--network", part, "--input", "x.safetensors", "-o", "y.safetensors")
    return load_file("y.safetensors")["y"]


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Checks:
    """Counts and prints."""

    def __init__(self):
        self.passed = self.failed = 0
        self.greatest = 0.0

    def is_true(self, name, holds, otherwise=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL  {name}: {otherwise}")

    def is_close(self, name, found, wanted, tolerance=1e-5):
        found, wanted = np.asarray(found), np.asarray(wanted)
        if found.shape != wanted.shape:
            return self.is_true(name, False, f"shape {found.shape} instead of {wanted.shape}")
        difference = float(np.max(np.abs(found - wanted)))
        self.greatest = max(self.greatest, difference)
        self.is_true(name, difference <= tolerance, f"differs by {difference}")

    def is_refused(self, name, part_of_message, action):
        try:
            action()
        except RuntimeError as error:
            self.is_true(name, part_of_message in str(error), f"the error is {error}")
        else:
            self.is_true(name, False, "it was taken")

"""Every network that ONNX can hold, out and in, against onnxruntime."""

import sys

import exporting
import importing
from heard import Checks

checks = Checks()
exporting.check(checks)
importing.check(checks)
print(f"{checks.passed} passed, {checks.failed} failed; greatest difference from onnxruntime {checks.greatest:.1e}")
sys.exit(checks.failed != 0)

// How far the work of other targets has come, shown at a terminal.

import Evaluation
import Terminal

/// Shows a bar.
let showProgress: ShowProgress = { unit, done, all in ProgressBar(total: all, unit: unit).show(done) }

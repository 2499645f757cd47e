// --format of the commands that print events.

import ArgumentParser
import Pipeline

extension OutputFormat: ExpressibleByArgument {}

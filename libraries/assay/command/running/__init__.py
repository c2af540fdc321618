"""The parts of `./assay run`: robot's options, the plan, the workers, the progress line, the results."""

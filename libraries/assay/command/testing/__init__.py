"""The parts of `./assay test`: what is checked, and how the checks are run and told."""

"""How `./assay bench` measures: the machine, the rows, and the table they are written to."""

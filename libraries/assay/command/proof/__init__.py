"""How `./assay prove` shows that the tests would notice: one planted defect after another."""

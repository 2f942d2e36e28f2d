"""The tables that commands print: models, the demo and hardware."""

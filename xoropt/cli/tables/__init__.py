"""Tables for the console: models, the demo and hardware."""

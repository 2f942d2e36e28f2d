"""What every other package may use: argument checks, errors, dtypes, files and packed words."""

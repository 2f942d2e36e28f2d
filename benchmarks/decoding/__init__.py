"""The parts of the decoders' benchmark."""

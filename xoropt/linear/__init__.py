"""Products with compressed tensors: the weights are used where they are decoded, and never are whole in memory."""

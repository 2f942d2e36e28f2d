"""The Viterbi algorithm: the fewest patches of small sequential networks, exactly."""

"""The topologies, one file each: functions from sizes and a seed to a network, listed by name in `registry`."""

"""The topologies, a file each: functions from sizes and a seed to a network, by name in `registry`."""

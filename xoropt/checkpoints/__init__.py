"""Checkpoints as they are published: files and folders of shards, compressed and made again byte for byte."""

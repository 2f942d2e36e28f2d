"""The synthesis methods, each in a module of its own; `xoropt.circuits.registry` names them."""

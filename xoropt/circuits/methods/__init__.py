"""The synthesis methods, one a module; `xoropt.circuits.registry` names them."""

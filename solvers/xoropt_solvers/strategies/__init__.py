"""The strategies, one module each; `xoropt_solvers.registry` lists them."""

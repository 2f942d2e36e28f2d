"""What `import xoropt_solvers` brings."""

import pkgutil
import subprocess
import sys
import types

import xoropt_solvers


def test_importing_the_package_loads_no_engine():
    code = (
        "import sys, xoropt_solvers; xoropt_solvers.available(); print([m for m in sys.argv[1:] if m in sys.modules])"
    )
    engines = ["numba", "pysat", "pycryptosat", "ortools", "ldpc", "joblib", "scipy", "matplotlib"]
    found = subprocess.run([sys.executable, "-c", code, *engines], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_exists_and_hides_no_module():
    modules = {module.name for module in pkgutil.iter_modules(xoropt_solvers.__path__)}
    assert "solving_many" in modules
    assert all(hasattr(xoropt_solvers, name) for name in xoropt_solvers.__all__)
    assert not modules & set(xoropt_solvers.__all__)
    for name in modules:
        assert isinstance(getattr(xoropt_solvers, name, types), types.ModuleType), name

"""Prune and store a torch network, load it again, and go on using it.

Needs torch. Run it with `python examples/pruned_torch_model.py`; it writes pruned.safetensors and small.safetensors to
the current folder.
"""

from pathlib import Path

import torch
from safetensors.torch import load_model, save_model
from torch.nn.utils import prune

import xoropt

torch.manual_seed(0)


def make() -> torch.nn.Module:
    """The network: a task of yours has one of its own."""
    return torch.nn.Sequential(torch.nn.Linear(64, 512), torch.nn.ReLU(), torch.nn.Linear(512, 8))


def train(model: torch.nn.Module, steps: int) -> float:
    """Train with Adam; weights that are zero stay so. Return the last loss."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    kept = {name: one != 0 for name, one in model.named_parameters() if one.ndim == 2}
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for name, mask in kept.items():
                model.get_parameter(name).masked_fill_(~mask, 0.0)
    return loss.item()


inputs = torch.randn(512, 64)
labels = (inputs @ torch.randn(64, 8)).argmax(1)

# Prune with torch's own means, and train on with the zeros in their places.
model = make()
train(model, 100)
layers = [(layer, "weight") for layer in model if isinstance(layer, torch.nn.Linear)]
prune.global_unstructured(layers, prune.L1Unstructured, amount=0.9)
for layer, name in layers:
    prune.remove(layer, name)
    layer.weight.data[layer.weight == 0] = 0.0  # torch leaves some of them as -0.0
before = train(model, 100)

# Store it. Nothing is changed: the file gives back every number, bit for bit.
save_model(model, "pruned.safetensors")
xoropt.save(xoropt.compress(model.state_dict()), "small.safetensors", overwrite=True)
assert all(check.lossless for check in xoropt.verify("small.safetensors", model.state_dict()))

# Load it into a new network, and go on.
again = make()
again.load_state_dict({name: torch.from_numpy(array) for name, array in xoropt.decompress("small.safetensors").items()})
assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())
after = train(again, 60)

# Any other program reads the plain file that comes back.
load_model(make(), "pruned.safetensors")
plain, small = (Path(name).stat().st_size for name in ("pruned.safetensors", "small.safetensors"))
print(f"{plain} bytes became {small}; the loss went from {before:.4f} on to {after:.4f}")

"""Train a torch network on handwritten digits, prune and store it, load it again, and go on using it.

Needs torch and scikit-learn. Run it with `python examples/pruned_torch_model.py`, which takes a few seconds; it writes
small.safetensors to the current folder.
"""

from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import cross_entropy
from torch.nn.utils import prune

import xoropt
import xoropt.torch

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
x, x_test, y, y_test = train_test_split(images, labels, test_size=500, random_state=0)


def make() -> torch.nn.Module:
    """The network: a task of yours has one of its own."""
    return torch.nn.Sequential(
        torch.nn.Linear(64, 512), torch.nn.ReLU(), torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10)
    )


def train(model: torch.nn.Module, epochs: int) -> None:
    """Train with Adam on batches of 64 images."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def accuracy(model: torch.nn.Module) -> float:
    """Return the share of the test images that are told right."""
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


# Prune with torch's own means, and train on: torch keeps the zeros where they are.
model = make()
train(model, 10)
dense = accuracy(model)
layers = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.9)
train(model, 10)
for layer in layers:
    prune.remove(layer, "weight")
    layer.weight.data[layer.weight == 0] = 0.0  # torch leaves some of them as -0.0, which is another value

# Store it. Nothing is changed: the file gives back every number, bit for bit.
state = model.state_dict()
xoropt.save(xoropt.compress(state), "small.safetensors", overwrite=True)
assert all(check.lossless for check in xoropt.verify("small.safetensors", state))

# Load it into a new network.
again = make()
xoropt.torch.load_model(again, "small.safetensors")
assert all(torch.equal(tensor, state[name]) for name, tensor in again.state_dict().items())

# Or let it compute straight from the compressed weights.
direct = xoropt.torch.replace_linears(make(), "small.safetensors")
assert torch.allclose(direct(x_test), again(x_test), atol=1e-4)

plain, small = sum(tensor.nbytes for tensor in state.values()), Path("small.safetensors").stat().st_size
print(f"{plain:,} bytes became {small:,}; {dense:.1%} of the digits right before pruning, {accuracy(direct):.1%} after")

"""A network of torch, and the same with other weights; torch is imported on use."""


def three_layers():
    """A network with two layers that are worth compressing and one that is not."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(200, 300), torch.nn.ReLU(), torch.nn.Linear(300, 130), torch.nn.ReLU(), torch.nn.Linear(130, 7)
    )


def dense_twin(model):
    """The same network with the decompressed weights."""
    twin = three_layers()
    for one, other in zip(twin, model, strict=True):
        if hasattr(one, "weight"):
            one.weight.data, one.bias.data = other.weight.detach().clone(), other.bias.detach().clone()
    return twin

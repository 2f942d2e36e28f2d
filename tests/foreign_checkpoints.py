"""Checkpoints made by the libraries whose formats we read: what the fixtures come from, and what tests compare with.

Each case makes one weight with the library itself and returns the tensors as it would save them, what config.json says,
and the weight that the library itself reads. A case whose library is missing, or has another release, raises an
ImportError.
"""

import importlib.util

import torch

CASES = {}
"""Functions of (rows, columns) by name; each returns tensors, configuration and expected tensors."""


def case(*arguments):
    """Register a function with each of some tuples of arguments, which are part of the names."""

    def register(function):
        for given in arguments or [()]:
            name = "-".join([function.__name__.replace("_", "-"), *(str(one) for one in given)])
            CASES[name] = lambda rows, columns, f=function, g=given: f(rows, columns, *g)
        return function

    return register


def gaussian(rows, columns, dtype=torch.bfloat16):
    generator = torch.Generator().manual_seed(0)
    return (0.05 * torch.randn(rows, columns, generator=generator)).to(dtype)


def sparse(weight, share=0.5):
    threshold = weight.abs().float().flatten().kthvalue(max(1, int(share * weight.numel()))).values
    return torch.where(weight.abs().float() > threshold, weight, torch.zeros((), dtype=weight.dtype))


def version():
    import compressed_tensors
    from packaging.version import Version

    return Version(compressed_tensors.__version__)


def wants(condition):
    if not condition:
        raise ImportError("another release of compressed-tensors")


# --- compressed-tensors: sparse ---------------------------------------------------------------------------------------


def bitmask(name, dense):
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.config import Sparse24BitMaskConfig, SparsityCompressionConfig
    from compressed_tensors.config.sparse_bitmask import BitmaskConfig

    assert issubclass(BitmaskConfig, SparsityCompressionConfig)
    config = BitmaskConfig(format=name) if name == "sparse-bitmask" else Sparse24BitMaskConfig(format=name)
    try:
        compressor = BaseCompressor.load_from_registry(name, config=config)
    except KeyError:
        raise ImportError("this release of compressed-tensors lacks the sparse formats") from None
    tensors = compressor.compress({"layers.0.q_proj.weight": dense})
    wants("layers.0.q_proj.bitmask" in tensors)
    said = {"sparsity_config": {"format": name, "registry_requires_subclass": False}, "format": "dense"}
    return tensors, {"quantization_config": said}, {"layers.0.q_proj.weight": dense}


@case()
def sparse_bitmask(rows, columns):
    return bitmask("sparse-bitmask", sparse(gaussian(rows, columns)))


@case()
def sparse_bitmask_of_the_weight(rows, columns):
    wants(version().release < (0, 9))
    from compressed_tensors.compressors import BitmaskCompressor
    from compressed_tensors.config.sparse_bitmask import BitmaskConfig

    dense = sparse(gaussian(rows, columns, torch.float16))
    tensors = BitmaskCompressor(BitmaskConfig()).compress({"layers.0.q_proj.weight": dense})
    assert "layers.0.q_proj.weight.bitmask" in tensors
    return (
        tensors,
        {"compression_config": {"sparsity_config": {"format": "sparse-bitmask"}}},
        {"layers.0.q_proj.weight": dense},
    )


@case()
def sparse_bitmask_float8(rows, columns):
    return bitmask("sparse-bitmask", sparse(gaussian(rows, columns)).to(torch.float8_e4m3fn))


def two_of_four(rows, columns):
    weight = gaussian(rows, columns)
    keep = weight.abs().reshape(-1, 4).topk(2, dim=1).indices
    mask = torch.zeros(weight.numel() // 4, 4, dtype=torch.bool).scatter_(1, keep, True).reshape(weight.shape)
    return torch.where(mask, weight, torch.zeros((), dtype=weight.dtype))


@case((False,), (True,))
def sparse_24_bitmask(rows, columns, more_zeros):
    dense = two_of_four(rows, columns)
    if more_zeros:
        dense[:, :4] = 0  # of these, two a row are kept although they are zero
    return bitmask("sparse-24-bitmask", dense)


@case()
def sparse_24_bitmask_float8(rows, columns):
    return bitmask("sparse-24-bitmask", two_of_four(rows, columns).to(torch.float8_e4m3fn))


# --- compressed-tensors: quantized ------------------------------------------------------------------------------------


def quantizing(rows, columns, name, bits=8, group=None, symmetric=True, kind="int", order=False):
    """Quantize and compress one module's weight with the library, whichever its release."""
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme, QuantizationStrategy

    weight = gaussian(rows, columns)
    strategy = QuantizationStrategy.GROUP if group else QuantizationStrategy.CHANNEL
    args = QuantizationArgs(num_bits=bits, type=kind, symmetric=symmetric, strategy=strategy, group_size=group)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    parts = weight.float().reshape(rows, -1, group or columns)
    half = 448.0 if kind == "float" else float(1 << (bits - 1))
    if symmetric:
        scale, zero = parts.abs().amax(2) / (half - (kind == "int") / 2), None
    else:
        low, high = parts.amin(2).clamp(max=0), parts.amax(2).clamp(min=0)
        scale = (high - low) / (2 * half - 1)
        zero = (-half - torch.round(low / scale)).clamp(-half, half - 1).to(torch.int8)
    scale = scale.to(torch.bfloat16)
    state = {"weight": weight, "weight_scale": scale}
    if zero is not None:
        state["weight_zero_point"] = zero
    groups = None
    if order:
        shuffled = torch.randperm(columns, generator=torch.Generator().manual_seed(1))
        groups = (shuffled // group).to(torch.int32)
        state["weight_g_idx"] = groups
    head = "layers.0.q_proj."
    compressor = BaseCompressor.get_value_from_registry(name)
    if version().release >= (0, 13):
        wants(not order)
        tensors = compressor.compress(dict(state), scheme)
        expected = compressor.decompress(dict(tensors), scheme)["weight"]
        tensors = {head + key: value for key, value in tensors.items()}
    else:
        from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize

        made = compressor().compress_weight(
            weight=weight, scale=scale, zero_point=zero, g_idx=groups, quantization_args=args
        )
        codes = quantize(weight, scale, zero, args, dtype=args.pytorch_dtype(), g_idx=groups)
        expected = dequantize(codes, scale, zero, args, g_idx=groups)
        tensors = {
            head + key: value.contiguous() for key, value in {**state, **made}.items() if key in made or key != "weight"
        }
    said = {"quant_method": "compressed-tensors", "format": name}
    said["config_groups"] = {"group_0": {"targets": ["Linear"], "weights": args.model_dump(mode="json")}}
    return tensors, {"quantization_config": said}, {head + "weight": expected}


@case((2,), (3,), (4,), (5,), (6,), (7,), (8,))
def pack_quantized(rows, columns, bits):
    return quantizing(rows, columns, "pack-quantized", bits, 16 if columns < 1024 else 128)


@case((3,), (4,), (8,))
def pack_quantized_zero_points(rows, columns, bits):
    return quantizing(rows, columns, "pack-quantized", bits, 16 if columns < 1024 else 128, symmetric=False)


@case()
def pack_quantized_order(rows, columns):
    wants(version().release < (0, 13))
    return quantizing(rows, columns, "pack-quantized", 4, 16 if columns < 1024 else 128, order=True)


@case(("int-quantized",), ("naive-quantized",))
def quantized(rows, columns, name):
    return quantizing(rows, columns, name, 8)


@case()
def int_quantized_zero_points(rows, columns):
    return quantizing(rows, columns, "int-quantized", 8, symmetric=False)


@case()
def float_quantized(rows, columns):
    return quantizing(rows, columns, "float-quantized", 8, kind="float")


# --- AutoGPTQ ---------------------------------------------------------------------------------------------------------


@case((2, True), (3, True), (4, True), (4, False), (8, True))
def gptq(rows, columns, bits, symmetric):
    """Quantize a Linear layer of `rows` outputs and `columns` inputs, and pack it as AutoGPTQ 0.7.1 does."""
    found = importlib.util.find_spec("auto_gptq")
    if found is None or found.origin is None:
        raise ImportError("AutoGPTQ is missing")
    path = found.origin.replace("__init__.py", "nn_modules/qlinear/qlinear_cuda_old.py")
    spec = importlib.util.spec_from_file_location(
        "qlinear_cuda_old", path
    )  # the package itself needs a GPU's libraries
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    group = 16 if columns < 1024 else 128
    weight = gaussian(rows, columns, torch.float16)
    parts = weight.float().reshape(rows, -1, group)
    most = (1 << bits) - 1
    if symmetric:
        scales = 2 * parts.abs().amax(2) / most
        zeros = torch.full_like(scales, (most + 1) // 2)
    else:
        low = parts.amin(2)
        scales = (parts.amax(2) - low) / most
        zeros = torch.round(-low / scales).clamp(1, most)
    scales = scales.half().float()
    integers = (torch.round(parts / scales[..., None]) + zeros[..., None]).clamp(0, most)
    exact = ((integers - zeros[..., None]) * scales[..., None]).reshape(rows, columns)
    linear = torch.nn.Linear(columns, rows, bias=False)
    linear.weight.data = exact
    layer = module.QuantLinear(bits, group, columns, rows, False, weight_dtype=torch.float16)
    layer.pack(linear, scales, zeros.clone(), None)
    layer.scales = layer.scales.half()
    tensors = {f"model.layers.0.q_proj.{name}": value for name, value in layer.state_dict().items()}
    read = layer(torch.eye(columns, dtype=torch.float16)).T
    said = {"quant_method": "gptq", "bits": bits, "group_size": group, "desc_act": False, "sym": symmetric}
    return tensors, {"quantization_config": said}, {"model.layers.0.q_proj.weight": read}


# --- torch and transformers -------------------------------------------------------------------------------------------


@case(("l1",), ("random",), ("columns",), ("zeros",))
def torch_prune(rows, columns, way):
    from torch.nn.utils import prune

    layer = torch.nn.Linear(columns, rows // 2, bias=False)
    layer.weight.data = gaussian(rows // 2, columns, torch.float32)
    torch.manual_seed(0)
    if way == "zeros":
        layer.weight.data = sparse(layer.weight.data)
        prune.custom_from_mask(layer, "weight", layer.weight != 0)
    elif way == "l1":
        prune.l1_unstructured(layer, "weight", 0.5)
    elif way == "random":
        prune.random_unstructured(layer, "weight", 0.5)
    else:
        prune.ln_structured(layer, "weight", 0.5, n=2, dim=1)
    tensors = {f"fc.{name}": value.detach() for name, value in layer.state_dict().items()}
    return tensors, {}, {"fc.weight": layer.weight.detach()}


@case(("bitlinear",), ("autobitlinear",))
def bitnet(rows, columns, layer):
    from transformers.integrations.bitnet import pack_weights

    weight = gaussian(rows, columns).float()
    scale = weight.abs().mean()
    ternary = (weight / scale).round().clamp(-1, 1).to(torch.int8)
    packed = pack_weights(ternary.clone())
    factor = (scale if layer == "autobitlinear" else 1 / scale).to(torch.bfloat16).reshape(1)
    tensors = {"model.layers.0.q_proj.weight": packed, "model.layers.0.q_proj.weight_scale": factor}
    said = {"quant_method": "bitnet", "linear_class": layer, "quantization_mode": "offline"}
    exact = ternary.float() * factor.float() if layer == "autobitlinear" else ternary.float() / factor.float()
    return tensors, {"quantization_config": said}, {"model.layers.0.q_proj.weight": exact.to(torch.bfloat16)}

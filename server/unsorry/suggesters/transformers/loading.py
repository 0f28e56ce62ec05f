"""Gets a model and its tokenizer from a folder or the hub, and says in a sentence why that can't be.  Child only.

torch and transformers have no types; what is got from them is ``Any`` and stays in the child's modules.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

import psutil

from unsorry.suggesters.transformers import libraries

#: Bytes of one number, by the name that a weights file or the settings have for its type.
_SIZES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I8": 1, "U8": 1, "F8_E4M3": 1}
_DTYPES: Final = {"float32": 4, "bfloat16": 2, "float16": 2}
#: The same of quantised weights, scales included.
_QUANTIZED: Final = {"int8": 1.05, "int4": 0.6}

#: What quantises, besides torch and transformers.
_QUANTIZERS: Final = ("bitsandbytes", "accelerate")

#: What a model needs besides its weights, for what it computes and remembers: a part of the weights and some bytes.
_EXTRA_PART: Final = 0.1
_EXTRA_BYTES: Final = 128 * 1024 * 1024

#: What of a repository is fetched, and what of it is not once there are weights in the safe format.
_WANTED: Final = (".safetensors", ".json", ".txt", ".model", ".jinja")
_PICKLED: Final = (".bin",)

#: How often it is looked how much of a file has come, in seconds.
_LOOK: Final = 0.5

Note = Callable[[dict[str, Any]], None]


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Why a model can't be loaded, as a sentence.  ``lasting``: trying again changes nothing."""

    def __init__(self, sentence: str, *, lasting: bool = True) -> None:
        super().__init__(sentence)
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready for work."""

    folder: Path
    model: Any
    tokenizer: Any
    seq2seq: bool
    device: str
    dtype: str
    parameters: int


@dataclass(frozen=True, slots=True)
class Examined:
    """A model that could be loaded: where it is, what it would run on, and how many bytes it takes of those free."""

    folder: str
    device: str
    dtype: str
    needed: int
    available: int


def load(wish: dict[str, Any], note: Note) -> Loaded:
    """The model that a wish names, in memory.

    Raises:
        Refusal: it can't be.
    """
    name = str(wish["model"])
    found = examine(wish, note)
    config = _config(Path(found.folder), name)
    return _read(name, found, config, str(wish.get("quantization") or "none"), encoder=bool(wish.get("encoder")))


def examine(wish: dict[str, Any], note: Note) -> Examined:
    """Looks whether the model that a wish names can be loaded, and loads nothing.

    Raises:
        Refusal: it can't be.
    """
    name = str(wish["model"])
    folder = _folder(name, local_only=bool(wish.get("local_only", True)), note=note)
    config = _config(folder, name)
    if not any((folder / file).is_file() for file in ("tokenizer_config.json", "tokenizer.json", "tokenizer.model")):
        raise Refusal(f"The model {name} has no tokenizer; save one into its folder with `save_pretrained`.")
    torch = libraries.torch()

    # One of the cores that torch would take stays with the prover.
    torch.set_num_threads(max(1, torch.get_num_threads() - 1))
    device = _device(str(wish.get("device") or "auto"))
    dtype = _dtype(str(wish.get("dtype") or "auto"), device, config)
    quantization = str(wish.get("quantization") or "none")
    _check_quantization(quantization)
    needed = memory_needed(folder, _QUANTIZED.get(quantization, _DTYPES[dtype]))
    available = _available(device)
    if isinstance(limit := wish.get("memory"), int):
        available = min(available, max(0, limit - psutil.Process().memory_info().rss))
    if needed > available:
        raise Refusal(
            f"The model {name} needs about {_size(needed)} of memory and {_size(available)} are free; close other "
            f"programs, set a smaller dtype or a quantization, or use a smaller model.",
            lasting=False,
        )
    return Examined(str(folder), device, dtype, needed, available)


def _check_quantization(wanted: str) -> None:
    missing = [name for name in _QUANTIZERS if find_spec(name) is None]
    if wanted != "none" and missing:
        raise Refusal(
            f"The quantization {wanted} needs {' and '.join(missing)}: pip install {' '.join(missing)}; "
            f'or set transformers.quantization to "none".'
        )


def _quantized(wanted: str, device: str, dtype: Any) -> dict[str, Any]:
    """What has the weights quantised while they are read; they are put where they belong at once."""
    transformers = libraries.transformers()

    if wanted == "none":
        return {}
    how = {"load_in_8bit": True} if wanted == "int8" else {"load_in_4bit": True, "bnb_4bit_compute_dtype": dtype}
    return {"quantization_config": transformers.BitsAndBytesConfig(**how), "device_map": {"": device}}


def _read(name: str, found: Examined, config: dict[str, Any], quantization: str, *, encoder: bool) -> Loaded:
    folder, device, dtype = Path(found.folder), found.device, getattr(libraries.torch(), found.dtype)
    torch = libraries.torch()
    transformers = libraries.transformers()

    # Code that comes with a model is never run.
    seq2seq = bool(config.get("is_encoder_decoder"))
    side = "right" if seq2seq or encoder else "left"
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, padding_side=side
        )
    # A damaged or foreign file can fail in any of the libraries that read it, with whatever they raise.
    except Exception as error:
        raise Refusal(f"The tokenizer of the model {name} can't be read: {_short(error)}.") from error
    kind: Any = transformers.AutoModelForSeq2SeqLM if seq2seq else transformers.AutoModelForCausalLM
    if encoder:
        kind = transformers.AutoModelForTextEncoding
    try:
        model: Any = kind.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            dtype=dtype,
            **_quantized(quantization, device, dtype),
        )
        if quantization == "none":
            model.to(device)
        model.eval()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Refusal(f"The model {name} does not fit into the memory that is free.", lasting=False) from error
    # As with the tokenizer: each architecture has code of its own, with errors of its own.
    except Exception as error:
        raise Refusal(f"The model {name} can't be read: {_short(error)}.") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise Refusal(f"The tokenizer of the model {name} has no token that ends a text.")
    count = sum(parameter.numel() for parameter in model.parameters())
    return Loaded(folder, model, tokenizer, seq2seq, device, found.dtype, count)


def _folder(name: str, *, local_only: bool, note: Note) -> Path:
    """Where the model's files are; fetches them where that is allowed."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise Refusal(f"{name} is a file; give the folder that the model's config.json is in.")
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise Refusal(f"There is no folder {name}.")
    hub = libraries.hub()
    cached = _cached(hub, name)
    if cached is not None and _has_weights(cached):
        return cached
    if local_only:
        where = "is neither a folder nor in the hub's cache"
        if cached is not None:
            where = "has no weights: only a part of it is in the hub's cache"
        raise Refusal(
            f"The model {name} {where}; allow the download in the settings, or give the folder that it is in."
        )
    try:
        return _fetch(hub, name, note)
    # The hub's client has errors of its own, of its HTTP library and of the file system, and they differ by version.
    except Exception as error:
        raise Refusal(f"The model {name} could not be fetched: {_short(error)}.", lasting=False) from error


def _cached(hub: Any, name: str) -> Path | None:
    """Where the hub's cache has a model, or a part of it."""
    try:
        found: Any = hub.try_to_load_from_cache(name, "config.json")
    # What can't be a name of the hub.
    except ValueError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _has_weights(folder: Path) -> bool:
    """Are all weights there?  Where they are in several files, an index names these."""
    indices = [*folder.glob("*.safetensors.index.json")] or [*folder.glob("*.bin.index.json")]
    try:
        named = {file for index in indices for file in json.loads(index.read_text("utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
    if named:
        return all((folder / str(file)).is_file() for file in named)
    return any(True for kind in ("*.safetensors", "*.bin") for _ in folder.glob(kind))


def _fetch(hub: Any, name: str, note: Note) -> Path:
    """Fetches a model file by file: first its size is said, then how much has come."""
    info: Any = hub.HfApi().model_info(name, files_metadata=True)
    sizes = {str(file.rfilename): int(file.size or 0) for file in info.siblings}
    safe = any(file.endswith(".safetensors") for file in sizes)
    endings = _WANTED if safe else (*_WANTED, *_PICKLED)
    wanted = [file for file in sizes if file.endswith(endings) and "/" not in file]
    # The weights come last, so that where they are nothing else is missing.
    wanted.sort(key=lambda file: file.endswith((".safetensors", *_PICKLED)))
    total, come = sum(sizes[file] for file in wanted), 0

    def tell(count: int) -> None:
        note({"download": {"model": name, "bytes": count, "total": total}})

    tell(0)
    blobs = Path(hub.constants.HF_HUB_CACHE).expanduser() / f"models--{name.replace('/', '--')}" / "blobs"
    path = Path()
    for file in wanted:
        with _growing(blobs, sizes[file], lambda part, before=come: tell(before + part)):
            # By the name of a branch and not by its commit: only then is the model found again without the hub.
            path = Path(hub.hf_hub_download(name, file, revision="main")).parent
        come += sizes[file]
        tell(come)
    return path


@contextmanager
def _growing(blobs: Path, size: int, tell: Callable[[int], None]) -> Generator[None]:
    """While the block fetches a file of ``size`` bytes, says how much of it is there whenever that is more.

    The client fetches in several ways, which have in common the file that they write: the one in ``blobs`` that is
    incomplete.
    """
    ended = threading.Event()

    def watch() -> None:
        told = 0
        while not ended.wait(_LOOK):
            part = min(size, _incomplete(blobs))
            if part > told:
                told = part
                tell(part)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _incomplete(blobs: Path) -> int:
    """How long the file is that was written to last; 0 where none is incomplete."""
    found: list[tuple[float, int]] = []
    for path in blobs.glob("*.incomplete"):
        # It gets another name once it is whole.
        with suppress(OSError):
            known = path.stat()
            found.append((known.st_mtime, known.st_size))
    return max(found, default=(0.0, 0))[1]


def _config(folder: Path, name: str) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise Refusal(f"{name} is not a model: it has no config.json.")
    try:
        read: Any = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise Refusal(f"{name} is not a model: its config.json can't be read.") from error
    if not isinstance(read, dict) or "model_type" not in read:
        raise Refusal(f"{name} is not a model: its config.json does not say of which type.")
    if not [*folder.glob("*.safetensors"), *folder.glob("*.bin")]:
        raise Refusal(f"{name} has no weights: neither a .safetensors nor a .bin file is there.")
    return cast("dict[str, Any]", read)


def memory_needed(folder: Path, size: float) -> int:
    """About how many bytes a folder's model takes with ``size`` bytes for each number.

    The weights' files say how many numbers they have; of older ones only the length is known.
    """
    safe = list(folder.glob("*.safetensors"))
    if safe:
        weights = sum(_converted(path, size) for path in safe)
    else:
        weights = sum(path.stat().st_size for path in folder.glob("*.bin"))
    return int(weights * (1 + _EXTRA_PART)) + _EXTRA_BYTES


def _converted(path: Path, size: float) -> int:
    """How long a weights file is once its numbers have another length; those of quantised models keep theirs."""
    try:
        with path.open("rb") as stream:
            length = struct.unpack("<Q", stream.read(8))[0]
            header: dict[str, Any] = json.loads(stream.read(min(length, path.stat().st_size)))
    except (OSError, ValueError, struct.error):
        return path.stat().st_size
    total = 0.0
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        count = 1
        for side in entry["shape"]:
            count *= side
        total += count * (size if entry["dtype"] in {"F64", "F32", "F16", "BF16"} else _SIZES.get(entry["dtype"], 4))
    return int(total)


def _available(device: str) -> int:
    torch = libraries.torch()

    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def default_device() -> str:
    """What models run on where nobody says."""
    there = _devices()
    return next(device for device in ("cuda", "mps", "cpu") if there[device])


def _devices() -> dict[str, bool]:
    torch = libraries.torch()

    return {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


def _device(wanted: str) -> str:
    if wanted == "auto":
        return default_device()
    there = _devices()
    if not there.get(wanted.split(":", maxsplit=1)[0], False):
        names = ", ".join(device for device, found in there.items() if found)
        raise Refusal(f"There is no device {wanted} here that torch can use; there is: {names}.")
    return wanted


def _dtype(wanted: str, device: str, config: dict[str, Any]) -> str:
    if wanted == "auto":
        # A CPU computes with halves more slowly than with floats; what is saved as halves may be large, though.
        saved = str(config.get("dtype") or config.get("torch_dtype") or "float32")
        return "float32" if (device == "cpu" and saved != "bfloat16") or saved not in _DTYPES else saved
    if wanted not in _DTYPES:
        raise Refusal(f"There is no dtype {wanted}; use one of: auto, {', '.join(_DTYPES)}.")
    return wanted


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(". ")

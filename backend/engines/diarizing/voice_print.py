"""What a voice sounds like, as a vector: the GE2E speaker encoder whose weights the Resemblyzer wheel ships.

The network is built here from its description, because importing that package needs libraries that this server has
no other use for.
"""

import importlib.util
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE

SIZE: Final = 256
# The network was trained on windows of this many frames of 10 ms.
TRAINED_FRAMES: Final = 160
_HOP: Final = SAMPLE_RATE // 100
_FFT: Final = SAMPLE_RATE // 40
_MELS: Final = 40
_LAYERS: Final = 3
_BATCH: Final = 128


class VoiceEncoder:
    """Wan, Wang, Papir, Moreno: "Generalized End-to-End Loss for Speaker Verification" (2018).

    Raises `AppError("engine_failed")` where the weights are not installed.
    """

    def __init__(self) -> None:
        import torch
        from torchaudio.transforms import MelSpectrogram

        weights = torch.load(_weights(), map_location="cpu", weights_only=True)["model_state"]
        self._lstm = torch.nn.LSTM(_MELS, SIZE, _LAYERS, batch_first=True)
        self._linear = torch.nn.Linear(SIZE, SIZE)
        for name, layer in (("lstm.", self._lstm), ("linear.", self._linear)):
            layer.load_state_dict({key.removeprefix(name): weights[key] for key in weights if key.startswith(name)})
        # Power, not its logarithm: that is what the network was trained on.
        self._mels = MelSpectrogram(
            SAMPLE_RATE, _FFT, hop_length=_HOP, n_mels=_MELS, norm="slaney", mel_scale="slaney", pad_mode="constant"
        )

    def prints(self, samples: NDArray[np.float32], centres: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        """Unit vectors (n, 256): the voice in the `width` frames around each of `centres`, which are frames too.

        A window that would reach beyond the samples is moved inside; where they are shorter than a window, all
        of them count.
        """
        import torch

        # Several threads wait for one another at every step of the network: no faster on free cores, and many times
        # slower on busy ones.
        torch.set_num_threads(1)
        with torch.inference_mode():
            frames = self.features(samples)
            width = min(width, len(frames))
            starts = np.clip(centres - width // 2, 0, len(frames) - width)
            batches = [starts[at : at + _BATCH] for at in range(0, len(starts), _BATCH)]
            return np.concatenate([self._encode(frames, batch, width) for batch in batches])

    def features(self, samples: NDArray[np.float32]) -> Any:
        """A tensor (frames, 40): the mel spectrum of each 10 ms."""
        import torch

        return self._mels(torch.from_numpy(samples)).T

    def _encode(self, frames: Any, starts: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        import torch

        windows = torch.stack([frames[start : start + width] for start in starts])
        # A short window is repeated up to the length of training: filled with silence, it is mistaken more often.
        windows = windows.repeat(1, -(-TRAINED_FRAMES // width), 1)[:, :TRAINED_FRAMES]
        _, (hidden, _) = self._lstm(windows)
        vectors = torch.relu(self._linear(hidden[-1]))
        found: NDArray[np.float32] = torch.nn.functional.normalize(vectors, dim=1).numpy()
        return found


def _weights() -> Path:
    found = importlib.util.find_spec("resemblyzer")
    path = Path(found.origin).with_name("pretrained.pt") if found and found.origin else None
    if path is None or not path.is_file():
        raise AppError("engine_failed", "The voice encoder is not installed (the package Resemblyzer).")
    return path

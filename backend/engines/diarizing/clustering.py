"""Which voices there are among many voice prints, and which of them speaks at each moment. Pure functions."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines.diarizing import Speakers

# Prints of one voice join below this mean cosine distance. Two people are farther apart, by 0.3 and more in clear
# recordings and by a little less in noise.
THRESHOLD: Final = 0.265
# The tree of all prints takes memory by the square of their number; of a long recording a sample is enough.
MOST_CLUSTERED: Final = 2000
# Fewer prints than this, or than this share of all, are a noise or two voices at once rather than a person.
_FEWEST: Final = 5
_SMALLEST_SHARE: Final = 0.01
# In a recording of a few seconds less is enough: this share of all.
_SHARE_IF_SHORT: Final = 0.125
# What a change of speaker costs, in units of similarity, so that one doubtful moment does not make a turn.
_CHANGE: Final = 0.3


def find_voices(prints: NDArray[np.float32], speakers: Speakers) -> NDArray[np.float32]:
    """The mean print of each voice (k, 256), by agglomerative clustering of unit vectors (n, 256) with average linkage.

    There are as many voices as `speakers` asks for, unless there are fewer prints than that.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(prints) > MOST_CLUSTERED:
        prints = prints[np.linspace(0, len(prints) - 1, MOST_CLUSTERED).astype(int)]
    if len(prints) < 2:
        return prints
    tree = linkage(prints, "average", metric="cosine")
    fewest = _fewest(len(prints))
    labels = fcluster(tree, THRESHOLD, "distance")
    found = _sizeable(labels, fewest)
    wanted = min(_wanted(len(found), speakers), len(prints))
    if len(found) != wanted:
        labels, found = _cut(tree, wanted, fewest)
    return _unit(np.stack([prints[labels == label].mean(axis=0) for label in found]))


def follow(prints: NDArray[np.float32], voices: NDArray[np.float32]) -> NDArray[np.intp]:
    """The voice at each moment of a stretch of speech: the likeliest path by Viterbi's algorithm."""
    likeness = prints @ voices.T
    total = likeness[0].copy()
    came_from = np.empty(likeness.shape, np.intp)
    same = np.arange(len(voices))
    for moment in range(1, len(likeness)):
        best = int(total.argmax())
        came_from[moment] = np.where(total >= total[best] - _CHANGE, same, best)
        total = np.maximum(total, total[best] - _CHANGE) + likeness[moment]
    path = np.empty(len(likeness), np.intp)
    path[-1] = total.argmax()
    for moment in range(len(likeness) - 1, 0, -1):
        path[moment - 1] = came_from[moment, path[moment]]
    return path


def _fewest(prints: int) -> int:
    return max(2, min(_FEWEST, int(_SHARE_IF_SHORT * prints)), round(_SMALLEST_SHARE * prints))


def _wanted(found: int, speakers: Speakers) -> int:
    if speakers.exact:
        return speakers.exact
    wanted = max(found, speakers.least, 1)
    return min(wanted, speakers.most) if speakers.most else wanted


def _sizeable(labels: NDArray[np.int32], fewest: int) -> list[int]:
    """The labels of clusters that are large enough, the largest first."""
    names, sizes = np.unique(labels, return_counts=True)
    return [int(names[index]) for index in np.argsort(-sizes, kind="stable") if sizes[index] >= fewest]


def _cut(tree: NDArray[np.float64], wanted: int, fewest: int) -> tuple[NDArray[np.int32], list[int]]:
    """Cut the tree where `wanted` clusters of some size come about; where there is no such place, at any size."""
    from scipy.cluster.hierarchy import fcluster

    for count in range(wanted, len(tree) + 2):
        labels = fcluster(tree, count, "maxclust")
        found = _sizeable(labels, fewest)
        if len(found) >= wanted:
            return labels, found[:wanted]
    labels = fcluster(tree, wanted, "maxclust")
    return labels, _sizeable(labels, 1)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found

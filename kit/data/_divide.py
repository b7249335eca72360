"""Which images train, which validate, which test: drawn within each class, by seeded hash rank."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from hashlib import blake2b

__all__ = ["PARTS", "contradicting", "divide", "extend", "rank"]

PARTS = ("train", "validation", "test")

Groups = dict[str, list[int]]  # content hash -> images of one class that have it


def rank(seed: int, content: str) -> bytes:
    """Return a number that orders contents at random, the same for one seed on every machine."""
    return blake2b(f"{seed}:{content}".encode(), digest_size=8).digest()


def divide(
    labels: Sequence[int],
    hashes: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    bound: Set[str] = frozenset(),
) -> list[str]:
    """Return a part for each image, stratified by class.

    Each class gives every part in ``shares`` its share, rounded, but at least one image where
    there are enough different ones, and keeps at least one for training. Images of equal content
    stay together: a part may lack up to one group of them.

    Args:
        labels: Class numbers.
        hashes: Hashes of the images' content.
        shares: ``"validation"`` and perhaps ``"test"`` -> share of each class, above 0.
        seed: Another seed, another choice.
        bound: Contents that must stay in the training part.
    """
    parts = ["train"] * len(labels)
    bound = bound | contradicting(labels, hashes)
    for images in _by_class(labels).values():
        groups = _groups(images, hashes)
        drawn = sorted((one for one in groups if one not in bound), key=lambda one: rank(seed, one))
        for part, share in shares.items():
            spare = len(groups) - 1 - sum(parts[i] != "train" for i in _firsts(groups))
            wanted = max(1, round(share * len(images)))
            taken = set(_take(groups, drawn, wanted, spare))
            drawn = [content for content in drawn if content not in taken]
            for content in taken:
                for image in groups[content]:
                    parts[image] = part
    return parts


def extend(
    given: Sequence[str],
    labels: Sequence[int],
    hashes: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
) -> list[str]:
    """Return a part for each image where some have one (``""``: none yet).

    Images with the content of a placed one join it (training, where these are on several sides).
    The others go, one group after the other in hash rank, to the part of their class that is
    furthest below its share.

    Args:
        given: The parts so far.
        labels: Class numbers.
        hashes: Hashes of the images' content.
        shares: Part -> share of each class, for all parts that may get new images.
        seed: As for :func:`divide`.
    """
    parts = list(given)
    sides: dict[str, set[str]] = defaultdict(set)
    for part, content in zip(given, hashes, strict=True):
        sides[content] |= {part} - {""}
    twofold = contradicting(labels, hashes)
    for images in _by_class(labels).values():
        fresh = _groups([image for image in images if not parts[image]], hashes)
        placed = Counter(parts[image] for image in images)
        for content in sorted(fresh, key=lambda one: rank(seed, one)):
            known = sides[content]
            if known or content in twofold:
                part = next(iter(known)) if len(known) == 1 else "train"
            else:
                part = max(shares, key=lambda one: shares[one] * len(images) - placed[one])
            sides[content] |= {part}
            placed[part] += len(fresh[content])
            for image in fresh[content]:
                parts[image] = part
    return parts


def _take(groups: Groups, drawn: Sequence[str], wanted: int, spare: int) -> list[str]:
    """Return contents of at most ``wanted`` images and ``spare`` groups; one where one can be."""
    taken: list[str] = []
    images = 0
    for content in drawn:
        if len(taken) < spare and images + len(groups[content]) <= wanted:
            taken.append(content)
            images += len(groups[content])
    if not taken and drawn and spare > 0:
        return [min(drawn, key=lambda content: len(groups[content]))]
    return taken


def _by_class(labels: Sequence[int]) -> dict[int, list[int]]:
    images = defaultdict(list)
    for image, label in enumerate(labels):
        images[int(label)].append(image)
    return images


def _groups(images: Sequence[int], hashes: Sequence[str]) -> Groups:
    groups = defaultdict(list)
    for image in images:
        groups[hashes[image]].append(image)
    return groups


def _firsts(groups: Groups) -> list[int]:
    return [images[0] for images in groups.values()]


def contradicting(labels: Sequence[int], hashes: Sequence[str]) -> set[str]:
    """Return the contents that lie in more than one class."""
    classes = defaultdict(set)
    for label, content in zip(labels, hashes, strict=True):
        classes[content].add(int(label))
    return {content for content, found in classes.items() if len(found) > 1}

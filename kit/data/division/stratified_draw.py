"""Which images train, which validate, which test: stratified by class, by seeded hash rank.

Images of one group stay on one side. A group may hold images of several classes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b

PARTS = ("train", "validation", "test")

Members = dict[str, list[int]]  # group -> its images


def rank(seed: int, name: str) -> bytes:
    """Return a number that orders groups at random, the same for one seed on every machine."""
    return blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()


def divide(
    labels: Sequence[int],
    groups: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    bound: Set[str] = frozenset(),
) -> list[str]:
    """Return a part for each image, stratified by class.

    Each class gives every part in ``shares`` its share, rounded, but at least one group where there
    are enough, and keeps at least one for training. Where every group is of one class, the number
    of a class's images in a part is within one group of its share; groups of several classes come
    as near as going through them once allows.

    Args:
        labels: Class numbers.
        groups: Names of the groups; images of one stay together.
        shares: ``"validation"`` and perhaps ``"test"`` -> share of each class, above 0.
        seed: Another seed, another choice.
        bound: Groups that must stay in the training part.
    """
    members = _members(groups)
    ranked = sorted((one for one in members if one not in bound), key=lambda one: rank(seed, one))
    counts = {name: Counter(int(labels[i]) for i in images) for name, images in members.items()}
    left = Counter(label for count in counts.values() for label in count)  # groups in training
    total = Counter(int(label) for label in labels)
    placed: dict[str, str] = {}
    for part, share in shares.items():
        drawing = _Drawing(counts, left, {c: max(1, round(share * n)) for c, n in total.items()})
        drawing.take(ranked, drawing.fits)
        drawing.take(ranked, drawing.improves)
        for label in sorted(total):
            lacking = [one for one in ranked if label in counts[one]]
            if not drawing.have[label]:
                drawing.take_one(sorted(lacking, key=lambda one: counts[one].total()))
        placed |= dict.fromkeys(drawing.taken, part)
        ranked = [one for one in ranked if one not in drawing.taken]
    return [placed.get(name, "train") for name in groups]


@dataclass
class _Drawing:
    """The groups drawn for one part so far."""

    counts: Mapping[str, Counter[int]]
    left: Counter[int]
    wanted: Mapping[int, int]
    have: Counter[int] = field(default_factory=Counter)
    taken: dict[str, None] = field(default_factory=dict)

    def take(self, ranked: Iterable[str], when: Callable[[str], bool]) -> None:
        """Take each group for which ``when`` holds, unless a class has no other for training."""
        for name in ranked:
            if self._may_go(name) and when(name):
                self._add(name)

    def take_one(self, ranked: Iterable[str]) -> None:
        """Take the first group that may be taken, if any."""
        first = next(filter(self._may_go, ranked), None)
        if first is not None:
            self._add(first)

    def _may_go(self, name: str) -> bool:
        return name not in self.taken and all(self.left[label] > 1 for label in self.counts[name])

    def _add(self, name: str) -> None:
        self.taken[name] = None
        self.have += self.counts[name]
        self.left -= Counter(dict.fromkeys(self.counts[name], 1))

    def fits(self, name: str) -> bool:
        """Tell whether no class gets more than its share."""
        count = self.counts[name]
        return all(self.have[label] + n <= self.wanted[label] for label, n in count.items())

    def improves(self, name: str) -> bool:
        """Tell whether the classes come nearer to their shares, all in all."""
        count = self.counts[name]
        away = [(self.have[label] - self.wanted[label], n) for label, n in count.items()]
        return sum(abs(d + n) for d, n in away) < sum(abs(d) for d, _ in away)


def extend(
    given: Sequence[str],
    labels: Sequence[int],
    groups: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    bound: Set[str] = frozenset(),
) -> list[str]:
    """Return a part for each image where some have one (``""``: none yet).

    New images of a group that has a part join it; of a group on several sides they train. The
    other new groups go, one after the other in hash rank, to the part that is furthest below its
    share of their classes.

    Args:
        given: The parts so far.
        labels: Class numbers.
        groups: Names of the groups; images of one stay together.
        shares: Part -> share of each class, for all parts that may get new images.
        seed: As for :func:`divide`.
        bound: Groups whose new images train.
    """
    parts = list(given)
    sides: dict[str, set[str]] = defaultdict(set)
    for part, name in zip(given, groups, strict=True):
        sides[name] |= {part} - {""}
    total = Counter(int(label) for label in labels)
    placed = Counter((part, int(label)) for part, label in zip(given, labels, strict=True) if part)
    fresh = {
        name: [image for image in images if not given[image]]
        for name, images in _members(groups).items()
    }
    for name in sorted((one for one in fresh if fresh[one]), key=lambda one: rank(seed, one)):
        count = Counter(int(labels[image]) for image in fresh[name])
        if sides[name] or name in bound:
            part = next(iter(sides[name])) if len(sides[name]) == 1 else "train"
        else:
            part = max(
                shares,
                key=lambda one: sum(
                    n * (shares[one] * total[c] - placed[one, c]) for c, n in count.items()
                ),
            )
        placed.update({(part, label): n for label, n in count.items()})
        for image in fresh[name]:
            parts[image] = part
    return parts


def contradicting(labels: Sequence[int], contents: Sequence[str]) -> set[str]:
    """Return the contents that lie in more than one class."""
    classes = defaultdict(set)
    for label, content in zip(labels, contents, strict=True):
        classes[content].add(int(label))
    return {content for content, found in classes.items() if len(found) > 1}


def _members(groups: Sequence[str]) -> Members:
    members = defaultdict(list)
    for image, name in enumerate(groups):
        members[name].append(image)
    return members

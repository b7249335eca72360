"""Which part each image gets, from all there is to go by: an earlier run, the data, or a draw."""

from collections.abc import Mapping, Sequence

from kit.data.division import earlier_run
from kit.data.division.stratified_draw import contradicting, divide, extend
from kit.data.scanning.scan import Scan
from kit.settings import Division

ENOUGH_FOR_TEST = 1000  # images; a test part of fewer than 150 says little
TEST_SHARE = 0.15
VALIDATION_SHARE = 0.2


def parts_of(
    scanned: Scan,
    groups: Sequence[str],
    validation_split: float | None,
    test_split: float | None,
    seed: int,
    earlier: earlier_run.Earlier | None,
    notes: list[str],
) -> list[str]:
    """Return the part of each image: remembered, given by its folder or table, or drawn.

    Args:
        scanned: The images.
        groups: The name of the group of each; those of one stay together.
        validation_split: Share of each class for validation; None for 0.2.
        test_split: Likewise for the test; None for 0.15 where there are 1000 images and nothing
            gives a part.
        seed: As for :func:`kit.data.division.stratified_draw.divide`.
        earlier: The division to keep, if any.
        notes: Gets what a person should know.

    Raises:
        SettingError: The shares leave nothing for training.
        DataError: The earlier division names none of the files.
    """
    labels = scanned.labels
    twofold = contradicting(labels, [one.pixels for one in scanned.findings])
    bound = {
        name for name, one in zip(groups, scanned.findings, strict=True) if one.pixels in twofold
    }
    given = [entry.part for entry in scanned.entries]
    validation = VALIDATION_SHARE if validation_split is None else validation_split
    if earlier is not None:
        had = {*(part for part, _ in earlier.files.values()), *given}
        shares = _shares_of_all(validation, test_split, "test" in had)
        return earlier_run.kept(earlier, scanned, groups, shares, seed, notes, bound)
    if "" in given and any(given):  # a table may leave some images to be drawn
        shares = _shares_of_all(validation, test_split, "test" in given)
        return extend(given, labels, groups, shares, seed, bound)
    for part, share in (("validation", validation_split), ("test", test_split)):
        if share is not None and part in given:
            notes.append(f"{part}_split is not used, because the data set the {part} part.")
    if test_split is None:
        test_split = TEST_SHARE if len(given) >= ENOUGH_FOR_TEST and not any(given) else 0.0
    wanted = {"validation": validation, "test": test_split}
    shares = {part: share for part, share in wanted.items() if share > 0 and part not in given}
    Division(validation_split=shares.get("validation"), test_split=shares.get("test")).verify()
    pool = [image for image, part in enumerate(given) if part in {"", "train"}]
    placed = {groups[image] for image in set(range(len(given))) - set(pool)}
    drawn = divide(
        [labels[image] for image in pool],
        [groups[image] for image in pool],
        shares,
        seed,
        placed | bound,
    )
    for image, part in zip(pool, drawn, strict=True):
        given[image] = part
    if len(pool) < len(given) and shares:
        drawn_parts = " and ".join(f"{part} ({share:g})" for part, share in shares.items())
        notes.append(f"Drawn from the training images: {drawn_parts}.")
    if "test" in shares and "test" not in given:
        notes.append("There is no test part, because no class has an image to spare.")
    return given


def _shares_of_all(
    validation_split: float, test_split: float | None, had_test: bool
) -> Mapping[str, float]:
    """Return part -> share, above 0, where some images have their part already."""
    test = (TEST_SHARE if had_test else 0.0) if test_split is None else test_split
    Division(validation_split=validation_split, test_split=test).verify()
    left = 1 - validation_split - test
    shares = {"train": left, "validation": validation_split, "test": test}
    return {part: share for part, share in shares.items() if share > 0}

"""Show the layers and costs of a network before it is built."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import PICTURES, Command, program, put
from kit.settings import Describing


@partial(Command, Describing)
def describe(
    name: str | None = None,
    *,
    batch_size: int = 32,
    drawing: Path | None = None,
    csv: Path | None = None,
    **settings: Any,
) -> None:
    """Show the layers and costs of a network before it is built."""
    from kit import architectures

    if name is None:
        listed = [(each, architectures.summary(each)) for each in architectures.names()]
        print(progress.aligned(listed, "<<"))
        progress.say("For example: kit-describe basic_cnn --image-size 128")
        return
    from kit.experiments import network_description, places

    Describing().having(batch_size=batch_size).verify()
    places.check_target("drawing", drawing, PICTURES)
    places.check_target("csv", csv)
    from kit import description

    network = network_description.describe(name, **settings)
    if csv is None:
        print(description.report(network, batch_size))
    else:
        put(csv, description.to_csv(network))
    if drawing is not None:
        from kit import plots

        plots.save(plots.network(network.nodes, network.edges), drawing)
        progress.say(f"Drawn: {drawing}")


main = partial(program, describe)

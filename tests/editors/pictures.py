"""Makes the pictures of the READMEs from what the tests in VS Code have left: ``make pictures``."""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Final

from PIL import Image

#: Which part of the window each still shows: left, upper, right and lower edge, in pixels.
STILLS: Final = {
    "ghost-text": (332, 36, 1120, 600),
    "quick-fix": (332, 36, 1120, 600),
    "panel": (332, 36, 1120, 700),
    "panel-light": (332, 36, 1120, 700),
    "status": (0, 488, 788, 700),
}
COLOURS: Final = 256
#: How long the last picture stays, and at most any other, in milliseconds.
_END: Final = 2500
_LONGEST: Final = 1500


def main() -> None:
    """Writes each still as a PNG with few colours, and the film as an animated GIF."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    given.target.mkdir(parents=True, exist_ok=True)
    for name, part in STILLS.items():
        with Image.open(given.source / f"{name}.png") as still:
            still.convert("RGB").crop(part).quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
                given.target / f"{name}.png", optimize=True
            )
    film(sorted((given.source / "film").glob("*.png")), given.target / "film.gif")


def film(frames: list[Path], target: Path) -> None:
    """Joins pictures whose names say when they were taken; of equal ones only the first is kept."""
    pictures: list[Image.Image] = []
    begins: list[int] = []
    for frame in frames:
        with Image.open(frame) as read:
            picture = read.convert("RGB")
        if not pictures or picture.tobytes() != pictures[-1].tobytes():
            pictures.append(picture)
            begins.append(int(frame.stem))
    lasts = [min(after - before, _LONGEST) for before, after in pairwise(begins)]
    # One palette for all, from the picture with most in it, so that what stays is equal from frame to frame.
    palette = max(pictures, key=lambda p: len(p.getcolors(maxcolors=p.width * p.height) or ())).quantize(COLOURS)
    first, *others = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    first.save(target, save_all=True, append_images=others, duration=[*lasts, _END], loop=0, optimize=True)


if __name__ == "__main__":
    main()

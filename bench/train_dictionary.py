"""Trains `eventcenter/data/events.zdict` from recorded watches and prints what it saves.

    python bench/train_dictionary.py RECORDING.jsonl… [--write]

A database keeps the dictionary it was made with, so a new one only serves databases made later.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import zstandard

from eventcenter.model import ChangeType
from eventcenter.normalize import normalize
from eventcenter.store.packing import without_columns

TARGET = Path(__file__).parent.parent / "eventcenter" / "data" / "events.zdict"
SIZE = 32 * 1024


def samples(paths: list[str]) -> tuple[list[bytes], int]:
    slim, whole = [], 0
    for path in paths:
        for line in Path(path).read_text().splitlines():
            item = json.loads(line)
            change = normalize(ChangeType.ADDED, item["object"], received=0)
            slim.append(without_columns(change.event, change.raw))
            whole += len(json.dumps(change.raw, separators=(",", ":")))
    return slim, whole // max(1, len(slim))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="+")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    slim, whole = samples(options.recordings)
    random.Random(1).shuffle(slim)
    half = len(slim) // 2
    trained = zstandard.train_dictionary(SIZE, slim[:half], k=64, d=8)
    compressor = zstandard.ZstdCompressor(level=3, dict_data=trained, write_dict_id=False)
    packed = sum(len(compressor.compress(item)) for item in slim[half:]) / (len(slim) - half)
    print(
        f"raw {whole} bytes, without columns {sum(map(len, slim)) // len(slim)}, packed {packed:.0f} (on unseen events)"
    )
    if options.write:
        full = zstandard.train_dictionary(SIZE, slim, k=64, d=8)
        TARGET.write_bytes(full.as_bytes())
        print(f"wrote {TARGET.name}: {len(full.as_bytes())} bytes")


if __name__ == "__main__":
    main()

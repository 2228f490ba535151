"""Runs a fuzzer for some seconds, ten minutes with SONDE_LONG set, or as many as SONDE_FUZZ_SECONDS says.
Usage: fuzz.py FUZZER FOLDER [FILE...]

It replays tests/fuzz/corpus/NAME and the FILEs, and begins with them and with what earlier runs in FOLDER have found worth
keeping. An input that breaks the target is left in FOLDER, and how to run it again is said; once it is mended, the input
belongs into the corpus.
"""
import os
import pathlib
import subprocess
import sys

SECONDS = int(os.environ.get("SONDE_FUZZ_SECONDS") or (600 if os.environ.get("SONDE_LONG") else 4))
INPUT_BYTES_MAX = 131072


def main(fuzzer, folder, *seeds):
    name = pathlib.Path(fuzzer).name
    corpus = pathlib.Path(folder, f"{name}.corpus")
    corpus.mkdir(exist_ok=True)
    for seed in map(pathlib.Path, seeds):
        (corpus / seed.name).write_bytes(seed.read_bytes())
    kept = pathlib.Path(__file__).parent / "corpus" / name.removesuffix("_fuzz")
    found = pathlib.Path(folder, f"{name}.found-")
    ended = subprocess.run([fuzzer, f"-max_total_time={SECONDS}", f"-max_len={INPUT_BYTES_MAX}", "-timeout=20",
                            "-print_final_stats=1", f"-artifact_prefix={found}", corpus,
                            *([kept] if kept.is_dir() else [])], stderr=subprocess.PIPE,
                           text=True, errors="replace")
    lines = ended.stderr.splitlines()
    if ended.returncode == 0:
        print("\n".join(line for line in lines if line.startswith(("Done", "stat::number_of_executed"))))
        return 0
    print("\n".join(lines[-80:]))
    print(f"again: {fuzzer} {found}*")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

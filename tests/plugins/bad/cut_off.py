"""Writes the first half of a file: cut_off.py WHOLE HALF."""
import pathlib
import sys

whole = pathlib.Path(sys.argv[1]).read_bytes()
pathlib.Path(sys.argv[2]).write_bytes(whole[: len(whole) // 2])

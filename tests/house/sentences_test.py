"""Every sentence that ietf-lmap-control's descriptions say of events, schedules, actions and suppressions is quoted by a
test: in the comment right above a TEST_CASE, each in quotation marks. What is quoted there is what the module says.

usage: sentences_test.py SOURCE_ROOT; SONDE_YANG_DIR names the folder of the RFC 8194 modules.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
MODULES = pathlib.Path(os.environ.get("SONDE_YANG_DIR", ROOT / ".." / "shared" / "yang"))
SUBJECTS = ("schedules", "suppressions", "events", "start-end-grouping")
NAMED = ("container", "list", "leaf", "leaf-list", "choice", "case", "enum", "grouping")


def tokens(text):
    for match in re.finditer(r'/\*.*?\*/|//[^\n]*|"((?:[^"\\]|\\.)*)"|\'[^\']*\'|[{};]|[^\s{};"\']+', text, re.S):
        if not match[0].startswith(("/*", "//")):
            yield match[0]


def statements(stream):
    """[(words, statements within)] up to the end of the block."""
    found, words = [], []
    for token in stream:
        if token == "}":
            break
        if token in ";{":
            found.append((words, statements(stream) if token == "{" else []))
            words = []
        else:
            words.append(token)
    return found


def sentences(block, path=()):
    """(path, sentence) of all descriptions."""
    for words, within in block:
        if words[:1] == ["description"]:
            text = " ".join(words[1].strip('"').split())
            yield from ((path, sentence) for sentence in re.split(r"(?<=\.) (?=[A-Z])", text))
        yield from sentences(within, path + (words[1],) if words[:1] and words[0] in NAMED else path)


def quoted():
    """{sentence: where}"""
    found = {}
    for file in sorted((ROOT / "tests").rglob("*_test.cpp")):
        for match in re.finditer(r'^((?:// .*\n)+)TEST_CASE\(', file.read_text(), re.M):
            if match[1].startswith('// "'):
                text = " ".join(match[1].replace("// ", " ").split())
                found.update((sentence, file.relative_to(ROOT)) for sentence in re.findall(r'"([^"]*)"', text))
    return found


def main():
    modules = sorted(MODULES.glob("ietf-lmap-control@*.yang"))
    if not modules:
        print(f"no RFC 8194 modules in {MODULES}; SONDE_YANG_DIR names another folder")
        return 77
    said = {sentence: path for path, sentence in sentences(statements(tokens(modules[-1].read_text())))
            if any(subject in path for subject in SUBJECTS)}
    assert len(said) > 100, said
    named = quoted()
    problems = [f"no test names what {'/'.join(path)} says: {sentence}" for sentence, path in said.items()
                if sentence not in named]
    problems += [f"{file}: the module does not say: {sentence}" for sentence, file in named.items()
                 if sentence not in said]
    print("\n".join(problems) or f"{len(said)} sentences, each named by a test")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

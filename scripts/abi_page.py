#!/usr/bin/env python3
"""Writes docs/abi.md, the reference of the plugin ABI, from the comments of sdk/include/sonde/plugin.h.

usage: abi_page.py [--check] [HEADER PAGE]

--check writes nothing and fails if the page is not what the header says.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOKEN = re.compile(r"/\*.*?\*/|^[ \t]*#(?:[^\n\\]|\\\n|\\.)*|\n|[^\n/#]+|.", re.S | re.M)
LAYOUT = "The layout, asserted"  # is told with each struct
COMFORT = "Comfort; no part of the ABI"
FOR_CXX = re.compile(r"^#ifdef __cplusplus\n.*?(?:^#else\n(.*?))?^#endif\n", re.S | re.M)


class Item:
    """A piece of C up to its terminator, with the comment above it and the one behind it."""

    def __init__(self, above, code):
        self.above, self.code, self.behind = above, code, ""

    def __repr__(self):
        return f"Item({self.code!r})"


def items(text, terminator):
    """Splits C at a terminator outside of brackets; preprocessor lines and closed blocks end by themselves. The last item
    of a list has none."""
    found, above, current, depth, fresh_line = [], "", "", 0, True
    for token in TOKEN.findall(text):
        if token.startswith("/*"):
            if depth:
                current += token
            elif current.strip():  # in front of a terminator that is still to come, or that is left out
                current += "\0" + token + "\0"
            elif found and not fresh_line:
                found[-1].behind = comment_text(token)
            else:
                if above:
                    found.append(Item(above, ""))
                above = comment_text(token)
            continue
        if token == "\n":
            fresh_line = True
            current += " " if depth == 0 else "\n"
            continue
        if token.lstrip().startswith("#") and not current.strip():
            code, _, behind = token.strip().partition("/*")
            found.append(Item(above, code.strip()))
            found[-1].behind = comment_text("/*" + behind) if behind else ""
            above, current = "", ""
            continue
        for character in token:
            if character.strip():
                fresh_line = False
            depth += (character in "{(") - (character in "})")
            current += character
            body_ends = character == "}" and depth == 0 and re.search(r"\)\s*\{", current) and terminator == ";"
            if (character == terminator and depth == 0) or body_ends:
                found.append(finished(above, current))
                above, current = "", ""
    if current.strip():
        found.append(finished(above, current))
    elif above:
        found.append(Item(above, ""))
    return found


def finished(above, code):
    inner = re.search("\0(.*?)\0", code, re.S)
    item = Item(above, re.sub("\0.*?\0", "", code, flags=re.S).strip().rstrip(",;").strip())
    if inner:
        item.behind = comment_text(inner[1])
    return item


def comment_text(comment):
    """The comment's lines without its frame."""
    lines = comment[2:-2].split("\n")
    lines = [lines[0].strip()] + [re.sub(r"^\s*(\*(\s+\*(?=\s))* ?)?", "", line, count=1).rstrip() if "*" in line[:12]
                                  else line.strip() for line in lines[1:]]
    return "\n".join(lines).strip("\n")


def prose(text):
    """Comment text as Markdown: paragraphs, and what is indented as it stands."""
    blocks = []
    for line in text.split("\n"):
        kind = "code" if line.startswith("  ") else "gap" if not line.strip() else "text"
        if kind == "gap":
            blocks.append((kind, []))
        elif blocks and blocks[-1][0] == kind:
            blocks[-1][1].append(line)
        else:
            blocks.append((kind, [line]))
    out = []
    for kind, lines in blocks:
        if kind == "text":
            out.append(fill(escape(" ".join(lines))))
        elif kind == "code":
            out.append("```text\n" + textwrap.dedent("\n".join(lines)) + "\n```")
    return "\n\n".join(out)


def escape(text):
    """Markdown's own signs, outside of what is already code; patterns of characters become code."""
    text = re.sub(r"(?<![`\w])(\[a-z\]\[[^\s;,`)]+)", r"`\1`", text)
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<|])", r"\\\1", part) for part in parts)


def fill(text):
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def cell(text):
    return re.sub(r"\s+", " ", escape(text)).replace("\\\\|", "\\|")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def name_and_type(code):
    """('row', 'int32_t (*)(...)', True) of a field."""
    callback = re.match(r"(.*)\(\*(\w+)\)\s*(\(.*\))$", code, re.S)
    if callback:
        return callback[2], re.sub(r"\s+", " ", code), True
    field = re.match(r"(.*?)(\w+)(\[\w+\])?$", code, re.S)
    return field[2], re.sub(r"\s+", " ", field[1]).strip() + (field[3] or ""), False


def declaration(code):
    """A declaration, or the head of a definition, without what is for the compiler alone."""
    code = re.sub(r"^__attribute__\(\(.*?\)\)\)?\s*", "", re.sub(r"\s+", " ", code))
    return re.sub(r"\s*\{.*", "", code).replace("static inline ", "").replace("SONDE_VISIBLE ", "")


class Page:
    def __init__(self, header):
        self.offsets = {}
        for struct, field, words, pointers in re.findall(r"^SONDE_AT\((\w+), (\w+), (\d+), (\d+)\);", header, re.M):
            self.offsets[struct, field] = "{}, {}".format(*(4 * int(words) + size * int(pointers) for size in (4, 8)))
        self.sizes = {struct: "{} bytes on 32 bits, {} on 64".format(*(4 * int(w) + size * int(p) for size in (4, 8)))
                      for struct, w, p in re.findall(r"^SONDE_ENDS\((\w+), (\d+), (\d+)\);", header, re.M)}
        self.out = ["# The plugin ABI, item by item",
                    fill("Made from [sonde/plugin.h](../sdk/include/sonde/plugin.h) by `scripts/abi_page.py`; change the "
                         "header, not this page. [vendor.md](vendor.md) is the way in, "
                         "[compatibility.md](compatibility.md) the promise.")]
        introduction, rest = re.match(r"(/\*.*?\*/)(.*)", FOR_CXX.sub(r"\1", header), re.S).groups()
        self.out.append(prose(comment_text(introduction)))
        sections = re.split(r"^/\* -+ \*/\n/\* (.*?) +\*/\n/\* -+ \*/$", rest, flags=re.M)
        self.section("The file", sections[0])
        for title, text in zip(sections[1::2], sections[2::2]):
            if title != LAYOUT:
                self.section(title, text)

    def section(self, title, text):
        self.out.append(f"## {title}")
        alias, macros, functions = None, [], []
        for item in items(text, ";"):
            if item.code.startswith("#"):
                self.take_macro(item, macros)
                continue
            self.flush(macros, item)
            if re.match(r"typedef uint32_t \w+$", item.code):
                alias = item
            elif item.code.startswith("enum"):
                self.enum(item, alias)
                alias = None
            elif re.match(r"struct \w+ \{", item.code):
                self.struct(item)
            elif re.match(r"struct \w+$", item.code):
                continue  # only announced
            elif not item.code:
                self.out.append(prose(item.above))
            elif title == COMFORT:
                functions.append((f"`{declaration(item.code)}`", cell(item.above)))
            else:
                self.out.append(f"```c\n{declaration(item.code)};\n```")
                self.out.append(prose(item.above))
        self.flush(macros)
        if functions:
            self.out.append(table(("function", ""), functions))

    def take_macro(self, item, macros):
        defined = re.match(r"#define (SONDE_\w+(?:\([^)]*\))?)(.*)", item.code, re.S)
        if not defined or defined[1] == "SONDE_PLUGIN_H":
            return
        if item.above:
            self.flush(macros)
        value = defined[2].strip() if re.match(r'\s*(\w+|".*")$', defined[2]) else ""
        macros.append((item.above, defined[1], value, item.behind))

    def flush(self, macros, before=None):
        """What is above the first of some macros is of the struct that comes after them, if it has nothing of its own."""
        if not macros:
            return
        above = macros[0][0]
        if before and re.match(r"struct \w+ \{", before.code) and not before.above:
            before.above = above
        elif above:
            self.out.append(prose(above))
        lines = []
        for _, name, value, meaning in macros:
            line = f"- `{name} {value}`" if value else f"- `{name}`"
            lines.append(line + (f": {cell(meaning)}" if meaning else ""))
        self.out.append("\n".join(lines))
        macros.clear()

    def enum(self, item, alias):
        above = alias.above if alias else item.above
        if alias:
            title, text = alias.code.split()[-1], above
        else:
            title, text = re.match(r"([\w.]+)[;:]?\s*(.*)", above, re.S).groups()
        self.out.append(f"### {title}")
        if text.strip():
            self.out.append(prose(text[0].upper() + text[1:]))
        rows = []
        for entry in items(item.code[item.code.index("{") + 1:item.code.rindex("}")], ","):
            if entry.above:
                rows.append(("", "", f"*{cell(entry.above)}*"))
            name, value = entry.code.split(" = ")
            rows.append((f"`{name}`", value.replace("1u << ", "1 << "), cell(entry.behind)))
        self.out.append(table(("constant", "value", "meaning"), rows))

    def offset(self, struct, field):
        if (struct, field) not in self.offsets:
            sys.exit(f"{struct}.{field} has no SONDE_AT, so nothing holds it where it is")
        return self.offsets[struct, field]

    def struct(self, item):
        name = item.code.split()[1]
        self.out.append(f"### struct {name}")
        if item.above:
            self.out.append(prose(item.above))
        if name in self.sizes:
            self.out.append(self.sizes[name] + ".")
        rows, callbacks = [], []
        for field in items(item.code[item.code.index("{") + 1:item.code.rindex("}")], ";"):
            meaning = "\n".join(filter(None, (field.above, field.behind)))
            if field.code.startswith("union"):
                inner = re.sub(r"\s+", " ", field.code)
                rows.append((f"`{inner.split()[-1]}`", f"`{inner.rsplit(' ', 1)[0]}`", self.offset(name, inner.split()[-1]),
                             cell(meaning)))
                continue
            field_name, kind, is_callback = name_and_type(field.code)
            offset = self.offset(name, field_name)
            if is_callback:
                callbacks.append((field_name, kind, meaning))
                when = re.findall(r"\[((?:run|probe|load|any thread)[^\]]*)\]", meaning)
                rows.append((f"`{field_name}`", "function, below", offset, f"may be called: {cell(when[-1])}" if when else ""))
            else:
                rows.append((f"`{field_name}`", f"`{kind}`", offset, cell(meaning)))
        self.out.append(table(("field", "type", "offset on 32, 64 bits", "meaning"), rows))
        for field_name, kind, meaning in callbacks:
            self.out.append(f"#### {name}.{field_name}")
            self.out.append(f"```c\n{textwrap.fill(kind, 110, subsequent_indent='    ', break_long_words=False)};\n```")
            if meaning:
                self.out.append(prose(meaning))


def main(words):
    check = "--check" in words
    paths = [pathlib.Path(word) for word in words if word != "--check"]
    header, page = paths or (ROOT / "sdk" / "include" / "sonde" / "plugin.h", ROOT / "docs" / "abi.md")
    text = "\n\n".join(Page(header.read_text()).out) + "\n"
    if not check:
        page.write_text(text)
    elif not page.is_file() or page.read_text() != text:
        sys.exit(f"{page} is not what {header} says: run scripts/abi_page.py")


if __name__ == "__main__":
    main(sys.argv[1:])

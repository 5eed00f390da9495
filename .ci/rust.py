"""Parses Rust as far as counting needs: tokens, functions, modules, and which file uses which.

It knows tokens and brackets, but no grammar: strings, characters and comments are skipped whole,
everything else is found by its keyword. It does not see the output of macros, nor the type that a
method is called on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple, Optional

TOKEN = re.compile(
    r"""
    (?P<doc> ///(?!/)[^\n]* | /\*\*(?![*/]).*?\*/ )
  | (?P<comment> //[^\n]* | /\* )
  | (?P<string> [bc]?r(?P<hashes>\#*)".*?"(?P=hashes) | [bc]?"(?:\\.|[^"\\])*" )
  | (?P<char> b?'(?: \\u\{[^}]*\} | \\x.. | \\. | [^'\\\n] )' )
  | (?P<lifetime> '[^\W\d]\w* )
  | (?P<word> (?:r\#)?[^\W\d]\w* )
  | (?P<number> \d\w*(?:\.\d\w*)? )
  | (?P<mark> :: | -> | => | \S )
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCK_COMMENT = re.compile(r"/\*|\*/")
PAIRS = {"(": ")", "[": "]", "{": "}"}
MODIFIERS = {"pub", "async", "unsafe", "const", "extern", "default"}
DEFINES = {"fn", "struct", "enum", "union", "trait", "type", "const", "static", "macro_rules"}
ITEMS = DEFINES | {"mod", "use", "impl", "let"}

Name = tuple[str, ...]  # The path of a module from the root of its crate, or of something in it.
Seen = frozenset[tuple[Name, str, bool]]


class Token(NamedTuple):
    """A token. A string keeps no text, so that nothing in it is mistaken for code."""

    kind: str
    text: str
    line: int
    last: int


class Function(NamedTuple):
    """A function with a body, measured from its `fn` to its closing brace."""

    name: str
    lines: int
    tests: bool  # Stands in code for tests.
    case: bool  # Is a test.


class Named(NamedTuple):
    """A name from a `use`, or from a path within code. `*` is everything."""

    scope: Name
    path: Name
    name: str
    public: bool


class Module(NamedTuple):
    """A `mod`, with its body or in a file of its own."""

    scope: Name
    name: str
    inline: bool
    tests: bool


@dataclass
class Source:
    """The contents of one file."""

    lines: int
    test_lines: int = 0
    functions: list[Function] = field(default_factory=list)
    public: int = 0
    documented: int = 0
    traits: list[str] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    imports: list[Named] = field(default_factory=list)
    mentions: list[Named] = field(default_factory=list)
    defined: set[tuple[Name, str]] = field(default_factory=set)
    words: set[str] = field(default_factory=set)  # Every word outside of `use`.


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, without comments."""
    starts = [0] + [found.end() for found in re.finditer("\n", text)]
    at = 0
    while found := TOKEN.search(text, at):
        kind, word, at = str(found.lastgroup), found.group(), found.end()
        if word == "/*":  # These nest.
            depth = 1
            while depth and (edge := BLOCK_COMMENT.search(text, at)):
                depth += 1 if edge.group() == "/*" else -1
                at = edge.end()
        if kind == "comment":
            continue
        if kind in ("string", "char"):
            word = ""
        first, last = bisect_right(starts, found.start()), bisect_right(starts, found.end() - 1)
        yield Token(kind, word.removeprefix("r#"), first, last)


class Reader:
    """Goes through the tokens of one file."""

    def __init__(self, text: str):
        self.tokens = list(tokens(text))
        self.source = Source(lines=len(text.splitlines()))
        self.partner: dict[int, int] = {}  # Of every bracket, the other one.
        self.outer: list[int] = []  # Of every token, the bracket that it stands in.
        self.pair()
        self.tests = list(self.test_spans())
        self.bodies: list[tuple[int, int, str]] = []  # Of inline modules.

    def pair(self) -> None:
        """Finds the partner of every bracket."""
        open_ones: list[int] = []
        for i, token in enumerate(self.tokens):
            if token.text in PAIRS.values() and open_ones:
                start = open_ones.pop()
                self.partner[start], self.partner[i] = i, start
            self.outer.append(open_ones[-1] if open_ones else -1)
            if token.text in PAIRS:
                open_ones.append(i)
        for start in open_ones:
            self.partner[start] = len(self.tokens) - 1

    def text(self, i: int) -> str:
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def texts(self, start: int, end: int) -> list[str]:
        return [token.text for token in self.tokens[start:end]]

    def test_spans(self) -> Iterator[tuple[int, int]]:
        """The ranges of test-only code: from its `#[cfg(test)]` to its end."""
        for i in range(len(self.tokens)):
            whole = self.text(i + 1) == "!"
            start = i + 2 if whole else i + 1
            if self.text(i) != "#" or self.text(start) != "[":
                continue
            words = self.texts(start + 1, self.partner[start])
            if words[:1] == ["cfg"] and "test" in words and "not" not in words:
                last = len(self.tokens) - 1
                yield (0, last) if whole else (i, self.end_of_item(self.partner[start] + 1))

    def end_of_item(self, i: int) -> int:
        """The last token of the item, field or statement that begins here."""
        item = False
        while i < len(self.tokens):
            text = self.text(i)
            item = item or text in ITEMS
            if text == "{":
                return self.partner[i]
            if text in ";}" or (text == "," and not item):
                return i
            i = self.partner[i] + 1 if text in PAIRS else i + 1
        return len(self.tokens) - 1

    def in_tests(self, i: int) -> bool:
        return any(start <= i <= end for start, end in self.tests)

    def scope(self, i: int) -> Name:
        return tuple(name for start, end, name in self.bodies if start < i < end)

    def before(self, i: int) -> tuple[bool, list[list[str]]]:
        """Whether the item with this keyword has a doc comment, and its attributes."""
        documented, attributes = False, []
        while i > 0:
            i -= 1
            token, start = self.tokens[i], self.partner.get(i, 0)
            if token.kind == "doc":
                documented = True
            elif token.text == "]" and self.text(start - 1) == "#":
                attributes.append(self.texts(start + 1, i))
                i = start - 1
            elif token.text == ")" and self.text(start - 1) == "pub":
                i = start
            elif token.text not in MODIFIERS and token.kind != "string":
                break
        return documented, attributes

    def read(self) -> Source:
        """Reads the whole file."""
        i = 0
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.kind != "word":
                i += 1
            elif token.text == "use" and self.text(i + 1) != "<":
                i = self.read_use(i)
            else:
                self.read_word(i)
                i += 1
        lines: set[int] = set()
        for start, end in self.tests:
            lines.update(range(self.tokens[start].line, self.tokens[end].last + 1))
        self.source.test_lines = len(lines)
        return self.source

    def read_word(self, i: int) -> None:
        """A word outside of `use`: a keyword that begins an item, or the start of a path."""
        word, source = self.text(i), self.source
        follows = self.tokens[min(i + 1, len(self.tokens) - 1)]
        source.words.add(word)
        names = follows.kind == "word"
        if word == "fn" and names:
            self.read_function(i)
        elif word == "trait" and names and not self.in_tests(i):
            source.traits.append(follows.text)
        elif word == "mod" and names:
            inline = self.text(i + 2) == "{"
            module = Module(self.scope(i), follows.text, inline, self.in_tests(i))
            source.modules.append(module)
            if inline:
                self.bodies.append((i + 2, self.partner[i + 2], follows.text))
        elif word == "pub":
            self.read_public(i)
        elif follows.text == "::" and self.text(i - 1) != "::" and not self.in_tests(i):
            path, start = [word], i
            while self.text(i + 1) == "::" and self.tokens[i + 2].kind == "word":
                i += 2
                path.append(self.text(i))
            source.mentions.append(Named(self.scope(start), tuple(path), path[-1], False))
        if word in DEFINES:
            name = self.text(i + 2) if word == "macro_rules" else follows.text
            source.defined.add((self.scope(i), name))

    def read_function(self, i: int) -> None:
        end = i
        while self.text(end) not in "{;":
            end = self.partner[end] + 1 if self.text(end) in PAIRS else end + 1
            if end >= len(self.tokens):
                return
        if self.text(end) == ";":
            return
        first, last = self.tokens[i].line, self.tokens[self.partner[end]].last
        attributes = ["".join(words[:3]) for words in self.before(i)[1]]
        case = "test" in attributes or "tokio::test" in attributes
        tests = case or self.in_tests(i)
        function = Function(self.text(i + 1), last - first + 1, tests, case)
        self.source.functions.append(function)

    def read_public(self, i: int) -> None:
        """Counts a public item or named field."""
        what = i + 1
        while self.text(what) in MODIFIERS:
            what += 1
        positional = self.text(self.outer[i]) == "(" if self.outer[i] >= 0 else False
        if self.text(what) in ("(", "use", "mod", "crate") or positional or self.in_tests(i):
            return
        self.source.public += 1
        self.source.documented += self.before(i)[0]

    def read_use(self, i: int) -> int:
        """Adds the names of a `use`, and returns where it ends."""
        end = i
        while self.text(end) not in (";", ""):
            end += 1
        public = self.text(i - 1) == "pub" or self.text(self.partner.get(i - 1, 0) - 1) == "pub"
        if not self.in_tests(i):
            for path, name in leaves(self.texts(i + 1, end)):
                self.source.imports.append(Named(self.scope(i), path, name, public))
        return end


def leaves(words: list[str]) -> list[tuple[Name, str]]:
    """The names of a `use` tree: each with its path, and its local name."""
    if "{" not in words:
        path, alias = words, ""
        if "as" in words:
            path, alias = words[: words.index("as")], words[-1]
        names = [word for word in path if word not in ("::", ",")]
        if len(names) > 1 and names[-1] == "self":
            names.pop()
        return [(tuple(names), alias or names[-1])] if names else []
    start = words.index("{")
    prefix = tuple(word for word in words[:start] if word != "::")
    found, depth, branch = [], 0, []  # type: list[tuple[Name, str]], int, list[str]
    for word in words[start + 1 :]:
        depth += {"{": 1, "}": -1}.get(word, 0)
        if depth < 0 or (word == "," and depth == 0):
            # `self` alone means what the prefix names.
            inner = leaves(branch) if branch[:1] != ["self"] else [((), branch[-1])]
            found += [(prefix + path, prefix[-1] if n == "self" else n) for path, n in inner]
            branch = []
        else:
            branch.append(word)
    return found


class Uses(NamedTuple):
    """A use of something in one file that another one defines."""

    user: Path
    owner: Path
    what: str


class Crate:
    """A crate as the compiler sees it: one root file, and the modules below it."""

    def __init__(self, root: Path):
        self.sources: dict[Path, Source] = {}
        self.files: dict[Name, Path] = {}  # Of every module outside tests.
        self.homes: dict[Path, Name] = {}  # Of every file, its module.
        self.test_files: set[Path] = set()
        self.imports: dict[Name, list[Named]] = {}
        self.lost: list[str] = []  # Modules whose file does not have their name.
        self.load((), root, root.parent, False)

    def load(self, name: Name, file: Path, folder: Path, tests: bool) -> None:
        """Reads a file, and those of the modules that it declares."""
        source = read(file)
        self.sources[file] = source
        if tests:
            self.test_files.add(file)
        else:
            self.files[name], self.homes[file] = file, name
            for each in source.imports:
                self.imports.setdefault(name + each.scope, []).append(each)
        for module in source.modules:
            full = name + module.scope + (module.name,)
            if module.inline:
                if not (tests or module.tests):
                    self.files[full] = file
                continue
            inner = folder.joinpath(*module.scope, module.name)
            for path in (inner.with_suffix(".rs"), inner / "mod.rs"):
                if path.exists():
                    self.load(full, path, inner, tests or module.tests)
                    break
            else:
                self.lost.append("::".join(full))

    def find(self, module: Name, path: Name, seen: Seen = frozenset()) -> Optional[Name]:
        """What a path in this module names: a module, or a module and an item in it.

        `None` if it is in another crate.
        """
        first, rest = path[0], path[1:]
        if first in ("crate", "self", "super"):
            found: Optional[Name] = {"crate": (), "self": module, "super": module[:-1]}[first]
        else:
            found = self.look(module, first, bool(rest), seen)
        for i, name in enumerate(rest):
            if found not in self.files:
                break
            if name == "super":
                found = found[:-1]
            elif name != "self":
                found = self.look(found, name, i + 1 < len(rest), seen) or found + (name,)
        return found

    def look(self, module: Name, name: str, more: bool, seen: Seen) -> Optional[Name]:
        """The same for a single name: a module rather than an item, if `more` of a path follows."""
        if (module, name, more) in seen:
            return None
        seen = seen | {(module, name, more)}
        child = module + (name,)
        if child in self.files and more:
            return child
        imports = self.imports.get(module, [])
        for each in imports:
            if each.name == name and (found := self.find(module, each.path, seen)) is not None:
                return found
        home = self.homes[self.files[module]]
        defined = (module[len(home) :], name) in self.sources[self.files[module]].defined
        if child in self.files or defined:
            return child
        for each in imports:
            if each.name == "*":
                there = self.find(module, each.path[:-1], seen)
                if there in self.files and (found := self.look(there, name, more, seen)):
                    return found
        return None

    def owner(self, found: Optional[Name]) -> Optional[Path]:
        """The file that defines it."""
        while found and found not in self.files:
            found = found[:-1]
        return None if found is None else self.files[found]

    def uses(self) -> Iterator[Uses]:
        """The uses between files.

        Without those of a parent module (`super::Whole`), and without re-exports from below
        (`pub use part::Part`) that are not used.
        """
        for file, home in self.homes.items():
            source = self.sources[file]
            for scope, path, name, public in source.mentions + source.imports:
                module = home + scope
                everything = path[-1] == "*"
                found = self.find(module, path[:-1] if everything else path)
                owner = self.owner(found)
                if owner is None or home[: len(self.homes[owner])] == self.homes[owner]:
                    continue
                if found in self.files and not everything:
                    continue  # A module: what is used of it is named where that happens.
                below = self.homes[owner][: len(home)] == home
                if not (public and below and name not in source.words):
                    yield Uses(file, owner, name)


@cache
def read(file: Path) -> Source:
    """The contents of a file."""
    return Reader(file.read_text(encoding="utf-8")).read()


def circles(edges: set[tuple[str, str]]) -> list[list[str]]:
    """The strongly connected groups, the largest first."""
    reached: dict[str, set[str]] = {}
    for start in {node for edge in edges for node in edge}:
        reached[start], new = set(), [start]
        while new:
            node = new.pop()
            ahead = {b for a, b in edges if a == node} - reached[start]
            reached[start] |= ahead
            new += ahead
    groups = {
        tuple(sorted(b for b in there if a in reached[b]))
        for a, there in reached.items()
        if a in there
    }
    return sorted((list(group) for group in groups if len(group) > 1), key=lambda g: (-len(g), g))

"""What .ci/measure.py sees and does not see, and what it reports."""

import measure
import pytest
import rust
from measure import House


def functions(text):
    """The functions of a file, each with its lines."""
    return [f"{each.name} {each.lines}" for each in rust.Reader(text).read().functions]


@pytest.fixture
def circles(tmp_path):
    """Writes the files of a crate, and returns those that form a circle."""

    def written(**files):
        folder = tmp_path / f"crate{len(list(tmp_path.iterdir()))}"
        for name, text in files.items():
            path = folder / f"{name.replace('__', '/')}.rs"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        uses = rust.Crate(folder / "lib.rs").uses()
        found = rust.circles({(each.user.stem, each.owner.stem) for each in uses})
        return [" ".join(group) for group in found]

    return written


# ---- circles


def test_two_files_that_name_each_other_are_a_circle(circles):
    assert circles(
        lib="mod a; mod b; mod c;",
        a="use crate::b::B; pub struct A(B);",
        b="use super::a; pub struct B; fn back() -> a::A { todo!() }",
        c="use crate::{a::A, b::{self, B}}; fn c(_: A, _: B) -> b::B { B }",
    ) == ["a b"]


def test_a_circle_may_lead_over_many_files_and_inline_paths(circles):
    assert circles(
        lib="mod a; mod b; mod c;",
        a="fn a() { crate::b::b() }",
        b="pub fn b() { super::c::c::<u8>() }",
        c="pub fn c<T>() { for _ in crate::a::ALL {} }",
    ) == ["a b c"]


def test_what_is_passed_on_is_of_the_file_that_defines_it(circles):
    assert circles(
        lib="mod a; mod b; pub use a::A; pub use b::*;",
        a="use crate::B; pub struct A;",
        b="use crate::A; pub struct B;",
    ) == ["a b"]


def test_a_circle_leads_through_a_module_that_uses_what_is_in_it(circles):
    files = {"b": "use crate::a::A; pub struct B;", "a__inner": "use crate::b::B; pub struct I;"}
    lib = "mod a; mod b;"
    assert circles(lib=lib, a="mod inner; pub struct A(inner::I);", **files) == ["a b inner"]
    assert circles(lib=lib, a="mod inner; pub use inner::I; pub struct A;", **files) == []


@pytest.mark.parametrize(
    "back",
    [
        "// use crate::a::A;",
        'const TEXT: &str = "use crate::a::A;";',
        'const TEXT: &str = r#"a "quoted" crate::a::A"#;',
        "/* outer /* inner */ use crate::a::A; */",
        "#[cfg(test)] mod tests { use crate::a::A; }",
        "#[cfg(test)] use crate::a::A;",
        "use a::A;",  # Another crate, which happens to have the name.
        "use super::Whole;",
        "use std::fmt; fn a(x: a) { a.a() }",
    ],
)
def test_what_names_no_other_file_makes_no_circle(circles, back):
    lib = "mod a; mod b; pub struct Whole; fn all() { a::A; b::B; }"
    assert circles(lib=lib, a="use crate::b::B; pub struct A;", b=f"{back} pub struct B;") == []


def test_a_module_in_a_file_of_another_name_is_missed(tmp_path):
    (tmp_path / "lib.rs").write_text('#[path = "elsewhere.rs"] mod here;')
    assert rust.Crate(tmp_path / "lib.rs").lost == ["here"]


# ---- functions, tests, items


def test_a_function_is_measured_to_its_closing_brace():
    text = """
pub async fn first<'a, const N: usize>(of: &'a [u8; N]) -> [char; 2]
where
    Self: Sized,
{
    let braces = ['{', '\\''];
    format!("}} {braces:?} {{"); // }
    fn inner() {}
    braces
}
"""
    assert functions(text) == ["first 9", "inner 1"]


@pytest.mark.parametrize(
    "text",
    [
        'const TEXT: &str = "fn a() {}";',
        'const TEXT: &[u8] = br##"fn a() {} "# "##;',
        "// fn a() {}",
        "/// fn a() {}\nstruct A;",
        "trait A { fn a(&self); }",
        "type A = fn(u8) -> u8;",
    ],
)
def test_what_only_looks_like_a_function_is_none(text):
    assert functions(text) == []


def test_tests_are_told_from_source():
    source = rust.Reader(
        "fn a() {}\n#[cfg(not(test))]\nfn b() {}\n"
        "#[cfg(test)]\nmod tests {\n    fn helper() {}\n\n    #[tokio::test(start_paused = true)]\n"
        "    async fn answers() {\n    }\n}\n"
    ).read()
    assert [(f.name, f.tests, f.case) for f in source.functions] == [
        ("a", False, False),
        ("b", False, False),
        ("helper", True, False),
        ("answers", True, True),
    ]
    assert (source.lines, source.test_lines) == (11, 8)


def test_public_items_are_counted_with_their_doc_comments():
    source = rust.Reader(
        "/// Said.\n#[derive(Debug)]\npub struct A {\n    /// Said.\n    pub said: u8,\n    pub unsaid: u8,\n}\n"
        "pub(crate) fn a() {}\npub use b::B;\npub struct Of(pub u8);\n"
        "#[cfg(test)]\npub fn c() {}\n/// Said.\npub const unsafe fn d() {}\n"
    ).read()
    assert (source.documented, source.public) == (3, 5)


# ---- bounds


def package(root, name, text, *needs):
    """A crate of one file, as cargo describes it."""
    (root / name / "src").mkdir(parents=True)
    file = root / name / "src/lib.rs"
    file.write_text(text)
    return {
        "name": name.split("/")[-1],
        "manifest_path": str(root / name / "Cargo.toml"),
        "dependencies": [dict(zip(("name", "path", "kind"), each)) for each in needs],
        "targets": [{"src_path": str(file)}],
    }


def test_the_table_has_a_row_for_each_crate(tmp_path):
    needs = ("serde", None, None), ("proptest", None, "dev")
    packages = [
        package(tmp_path, "shared/a", "fn a() {}\n", *needs),
        package(tmp_path, "shared/testing/fakes", "trait Fake {}\n"),
    ]
    table = measure.table(measure.measure(tmp_path, packages))
    rows = [" ".join(line.split()) for line in table.splitlines()]
    assert rows[2:4] == ["a 1 0 1 0 0 0 0 0 0 1 1", "fakes 1 0 0 0 0 0 0 0 1 0 0"]


def test_crates_are_in_no_circle_either(tmp_path):
    def house(kind):
        packages = [
            package(tmp_path / str(kind), "a", "", ("b", "b", None)),
            package(tmp_path / str(kind), "b", "", ("a", "a", kind)),
        ]
        return measure.measure(tmp_path, packages)

    assert measure.faults(house(None)) == ["circle: a -> b (a dependency) -> a (a dependency)"]
    assert measure.faults(house("dev")) == []


def test_traits_of_the_product_have_a_bound(tmp_path):
    traits = "trait A {} trait B {} trait C {}"
    testing = [package(tmp_path, "shared/testing/fakes", traits)]
    assert measure.faults(measure.measure(tmp_path, testing)) == []
    product = [package(tmp_path, "shared/a", traits)]
    assert measure.faults(measure.measure(tmp_path, product)) == [
        "3 traits, where 2 may be: A, B, C"
    ]


def test_what_is_too_long_is_named_and_what_is_listed_may_not_grow(monkeypatch):
    monkeypatch.setattr(measure, "FILES", {"old.rs": 500, "cut.rs": 500, "short.rs": 500})
    monkeypatch.setattr(measure, "FUNCTIONS", {})
    monkeypatch.setattr(measure, "CASES", {})
    monkeypatch.setattr(measure, "CIRCLES", ())
    files = {"old.rs": 501, "cut.rs": 499, "short.rs": 450, "new.rs": 451}
    house = House(files=files, functions={"new.rs long": 61, "new.rs short": 60})
    assert measure.faults(house) == [
        "old.rs: 501 lines, where 500 may be",
        "new.rs: 451 lines, where 450 may be",
        "new.rs long: 61 lines, where 60 may be",
    ]
    assert measure.slack(house) == [
        "cut.rs: 499, no longer 500",
        "short.rs: within the bound, no longer 500",
    ]


def test_a_listed_circle_may_shrink_but_not_grow(monkeypatch):
    monkeypatch.setattr(measure, "CIRCLES", (("a/src", "x y z"),))
    assert measure.is_known(["a/src/x.rs", "a/src/z.rs"])
    assert not measure.is_known(["a/src/w.rs", "a/src/x.rs", "a/src/y.rs", "a/src/z.rs"])


def test_what_a_packaged_function_must_not_link_is_named():
    tree = (
        "turn v0.1.0 (/house/functions/turn)\nrusqlite v0.41.0\nrusqlite v0.41.0 (*)\n"
        "documents v0.1.0 (/house/shared/documents)\nfakes v0.1.0 (/house/shared/testing/fakes)\n"
    )
    assert measure.linked(tree) == [
        "fakes v0.1.0 (/house/shared/testing/fakes)",
        "rusqlite v0.41.0",
    ]

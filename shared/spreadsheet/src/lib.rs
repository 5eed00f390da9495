//! Comma-separated values (RFC 4180) that a spreadsheet can open without harm.

#![warn(missing_docs)]

/// One line of a table, with its end.
pub fn row<Field: AsRef<str>>(fields: impl IntoIterator<Item = Field>) -> String {
    let fields: Vec<_> = fields.into_iter().map(|written| field(written.as_ref())).collect();
    fields.join(",") + "\r\n"
}

/// A field of the table. A spreadsheet takes one that begins like a formula for a formula, which a
/// stranger could have texted: an apostrophe makes it a text. A number cannot do anything.
fn field(written: &str) -> String {
    let is_number =
        written.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let is_formula = written.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number;
    let text = if is_formula { format!("'{written}") } else { written.to_owned() };
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_would_end_a_field_and_disarms_formulas() {
        let fields = ["+12025550143", "=1+1", "-2", "a, \"b\"", "line\nbreak", ""];
        assert_eq!(row(fields), "+12025550143,'=1+1,'-2,\"a, \"\"b\"\"\",\"line\nbreak\",\r\n");
    }
}

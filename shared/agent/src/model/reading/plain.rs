//! The content of an answer in its intended characters.

/// Removes invisible characters, and replaces escapes by the character they stand for.
pub(super) fn plain(text: &str) -> String {
    const SIGNS: [(&str, &str); 16] = [
        ("<|\"|>", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#x3c;", "<"),
        ("&#x3e;", ">"),
        ("\\<", "<"),
        ("\\>", ">"),
        ("\\[", "["),
        ("\\]", "]"),
        ("\\|", "|"),
        ("\\_", "_"),
        ("＜", "<"),
        ("＞", ">"),
        ("\r\n", "\n"),
    ];
    let mut plain = bytes_decoded(text);
    for (from, to) in SIGNS {
        if plain.contains(from) {
            plain = plain.replace(from, to);
        }
    }
    // Around words they are harmless.
    if plain.contains(['{', '=']) {
        plain = plain.replace(['“', '”'], "\"");
    }
    let is_none = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{fffd}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
    };
    plain.replace(is_none, "")
}

/// Restores bytes that a server could not decode: `<0x0A>`.
fn bytes_decoded(text: &str) -> String {
    if !text.contains("<0x") {
        return text.into();
    }
    let byte = |text: &str| {
        let digits = text.strip_prefix("<0x")?.get(..3)?.strip_suffix('>')?;
        u8::from_str_radix(digits, 16).ok()
    };
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.find("<0x") {
        decoded.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        match byte(rest) {
            Some(byte) => {
                decoded.push(byte);
                rest = &rest["<0x00>".len()..];
            }
            None => {
                decoded.push(b'<');
                rest = &rest[1..];
            }
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&decoded).into_owned()
}

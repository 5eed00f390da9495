//! Settings that are JSON, or the path of a file with it.

use std::borrow::Cow;
use std::path::Path;

use settings::SettingsError;

/// A setting that is JSON, or else the path of a file with it. From Parameter Store it comes as the
/// former.
pub(crate) fn written<'a>(
    name: &'static str,
    value: &'a str,
) -> Result<Cow<'a, str>, SettingsError> {
    if value.starts_with('{') {
        return Ok(value.into());
    }
    std::fs::read_to_string(value).map(Cow::Owned).map_err(|error| SettingsError::Invalid {
        name,
        problem: match is_path(value) {
            true => format!(
                "write the path of its file, or what is in it: {value} is not readable: {error}"
            ),
            false => format!(
                "write the path of its file, or what is in it: no file is called so: {error}"
            ),
        },
    })
}

/// What is wrong with such a setting, under the name of its file where it is one.
pub(crate) fn misread(name: &'static str, value: &str, problem: &str) -> SettingsError {
    let problem = match is_path(value) {
        true => format!("{value}: {problem}"),
        false => problem.to_owned(),
    };
    SettingsError::Invalid { name, problem }
}

/// Whether a value looks like a path and like nothing else: whoever forgot a brace has put a key
/// there, which is not to be printed.
fn is_path(value: &str) -> bool {
    /// No key of Google's is as short.
    const LONGEST: usize = 200;
    let sound = |c: char| c.is_alphanumeric() || "/._-~ ".contains(c);
    let is_named_so = value.ends_with(".json") || Path::new(value).is_file();
    value.len() <= LONGEST && is_named_so && value.chars().all(sound)
}

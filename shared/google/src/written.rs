//! Settings that are JSON, or the path of a file with it.

use std::borrow::Cow;
use std::path::Path;

use settings::SettingsError;

/// A setting that is JSON, or else the path of a file with it. From Parameter Store it comes as JSON.
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
                "write the path of its file, or its content: {value} is not readable: {error}"
            ),
            false => format!(
                "write the path of its file, or its content: there is no such file: {error}"
            ),
        },
    })
}

/// What is wrong with such a setting, with the name of its file if it has one.
pub(crate) fn misread(name: &'static str, value: &str, problem: &str) -> SettingsError {
    let problem = match is_path(value) {
        true => format!("{value}: {problem}"),
        false => problem.to_owned(),
    };
    SettingsError::Invalid { name, problem }
}

/// Whether a value is clearly a path: if somebody forgot a brace, the value is a key, which must not be
/// printed.
fn is_path(value: &str) -> bool {
    /// Google's keys are longer.
    const LONGEST: usize = 200;
    let sound = |c: char| c.is_alphanumeric() || "/._-~ ".contains(c);
    let is_named_so = value.ends_with(".json") || Path::new(value).is_file();
    value.len() <= LONGEST && is_named_so && value.chars().all(sound)
}

//! Places in a list, as parts of an address.

use conversations::Place;

/// A place as part of an address.
pub(crate) fn written(place: &Place) -> String {
    format!("{}.{}", place.time, place.id)
}

/// The place that was written so. Anything else is none.
pub(crate) fn read(written: &str) -> Option<Place> {
    let (time, id) = written.split_once('.')?;
    let is_name = (1..=200).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_name.then_some(Place { time: time.parse().ok()?, id: id.to_owned() })
}

//! Both stores pass the same suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod contract;
mod purge;
mod searches;

use documents::{Collection, Documents};
use settings::Settings;

use contract::*;

fakes::promises! {
    creates_a_document_once
    replaces_and_amends_only_the_version_that_was_read
    merges_blindly_and_appends_missing_elements
    adds_to_whatever_was_there
    counts_only_in_an_existing_document
    carries_out_all_of_a_commit_or_nothing
    carries_out_each_write_independently
    finds_by_time_and_by_text_in_order
    continues_after_a_place
    pages_down_through_equal_times
    counts_what_a_query_finds_up_to_its_limit
    finds_documents_by_each_of_their_texts
    finds_documents_by_their_words_in_the_embedded_store
    takes_whatever_is_typed_as_words
    refuses_a_document_that_is_too_large
    extends_only_an_existing_document
    lists_a_whole_collection_by_name
}

fn sqlite(folder: &tempfile::TempDir) -> Documents {
    let data = folder.path().join("data");
    open(&[("DATA_DIR", data.to_str().unwrap())])
}

async fn firestore() -> Option<Documents> {
    let emulator = fakes::firestore().await?;
    let project = fakes::unique_name();
    Some(open(&[("GOOGLE_CLOUD_PROJECT", &project), ("FIRESTORE_EMULATOR_HOST", &emulator.host)]))
}

pub(crate) fn open(place: &[(&'static str, &str)]) -> Documents {
    open_with(place, kept::ALL)
}

pub(crate) fn open_with(
    place: &[(&'static str, &str)],
    collections: &'static [Collection],
) -> Documents {
    let settings: Settings = place.iter().copied().chain([("NAME_KEY", fakes::NAME_KEY)]).collect();
    Documents::open(&settings, collections).unwrap().0
}

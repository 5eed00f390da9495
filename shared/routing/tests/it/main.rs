//! What is promised of routes, by both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod routes;
mod watched;

use std::sync::Arc;

use conversations::Store;
use settings::Settings;

use routes::*;
use watched::*;

fakes::promises! {
    opens_sends_and_sees_a_probe_once
    misses_no_probe_that_arrives_at_the_same_moment
    sends_no_probe_to_who_has_stopped
    tells_the_same_once_or_once_a_day
    tells_one_of_many_that_something_fails
    notes_each_conversation_once
    a_text_by_a_doubtful_way_costs_the_same_whatever_its_siblings
    a_code_of_the_account_closes_all_ways_at_once
    judges_a_way_again_when_its_time_comes
    writes_down_a_hundred_texts_at_once_in_a_few_commits
    names_what_a_run_has_to_come_back_to
    counts_a_probe_whatever_was_just_written
    writes_down_no_more_than_once_in_a_moment_what_else_fails
}

fn sqlite(folder: &tempfile::TempDir) -> Arc<Store> {
    let data = folder.path().join("data");
    open(&[("DATA_DIR", data.to_str().unwrap())])
}

async fn firestore() -> Option<Arc<Store>> {
    let emulator = fakes::firestore().await?;
    let project = fakes::unique_name();
    Some(open(&[("GOOGLE_CLOUD_PROJECT", &project), ("FIRESTORE_EMULATOR_HOST", &emulator.host)]))
}

fn open(place: &[(&'static str, &str)]) -> Arc<Store> {
    fakes::Asked::prepare();
    let settings: Settings = place.iter().copied().chain([("NAME_KEY", fakes::NAME_KEY)]).collect();
    Arc::new(Store::open(&settings).unwrap())
}

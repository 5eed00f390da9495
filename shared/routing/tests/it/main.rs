//! What both stores promise about routes.

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
    sends_no_probe_to_a_person_who_has_stopped
    reports_the_same_once_or_once_a_day
    reports_a_failure_to_one_of_many
    notes_each_conversation_once
    a_text_on_a_doubtful_route_costs_the_same_however_many_siblings_it_has
    an_account_code_closes_all_routes_at_once
    judges_a_route_again_when_its_time_comes
    counts_a_hundred_texts_at_once_in_a_few_commits
    names_the_attempts_that_a_run_has_to_come_back_to
    counts_a_probe_whatever_was_just_written
    writes_an_incident_at_most_once_in_a_few_seconds
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

//! Both stores pass the same suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod clock;
mod common;
mod consents;
mod contract;
mod due;
mod file;
mod form;
mod killed;
mod ledger;
mod locked;
mod names;
mod quarantine;
mod receipts;
mod statuses;
mod steps;
mod stops;
mod traces;

use std::path::Path;
use std::sync::Arc;

use conversations::Store;
use settings::Settings;

use clock::*;
use consents::*;
use contract::*;
use due::*;
use form::*;
use names::*;
use quarantine::*;
use receipts::*;
use stops::*;
use traces::*;

fakes::promises! {
    claims_a_text_once
    claims_a_text_once_of_several_at_once
    takes_the_same_words_again_after_their_window
    keeps_texts_that_arrive_at_once
    shows_a_turn_no_more_texts_than_it_takes_up
    waits_for_no_text_once_all_are_dealt_with
    lets_in_so_many_new_people_and_gives_no_place_twice
    keeps_the_people_of_the_mock_apart
    goes_on_with_who_texts_another_number_of_ours
    refuses_a_turn_that_missed_a_text
    stores_a_turn_whole
    refuses_an_attempt_after_a_stop
    confirms_a_stop_once
    lets_a_person_come_back
    lifts_no_stop_that_was_given_again_meanwhile
    takes_back_of_many_at_once_only_what_does_not_hold
    forgets_a_replayed_stop
    stops_at_every_word_that_may_be_a_repeat
    finds_what_is_due
    shows_each_that_is_due_once_whatever_the_pages
    looks_for_the_attempt_of_a_receipt_less_and_less_often
    finds_the_attempt_of_a_receipt_that_was_left_apart
    joins_a_receipt_that_comes_late
    joins_a_receipt_that_comes_early
    stores_what_a_faster_receipt_told_with_the_answer
    joins_a_receipt_that_comes_again_before_anybody_has_joined_it
    joins_a_receipt_that_names_its_attempt
    ignores_a_receipt_that_names_a_strangers_attempt
    hears_of_a_failure_once_and_of_each_repeat_until_it_is_dealt_with
    hears_a_receipt_that_comes_twice_at_once
    keeps_only_so_much_of_what_a_provider_repeats
    looks_at_once_at_what_speaks_against_a_way
    looks_at_once_at_what_comes_after_the_first_look
    looks_at_once_at_what_comes_of_a_way_that_is_not_proven
    misses_no_word_that_comes_while_many_are_looked_at
    hears_of_a_stop_by_receipt
    has_one_status_whatever_the_order
    shows_what_happened_to_a_text_wherever_it_is
    shows_what_happened_to_a_text_that_is_not_answered
    shows_what_happened_to_a_text_of_which_nothing_was_made
    leads_from_a_text_to_the_trace_that_it_was_answered_in
    knows_no_trace_of_which_nothing_is_kept
    a_start_that_was_kept_back_lifts_no_later_stop
    keeps_a_call_whole
    keeps_every_call_of_several_at_once
    only_counts_what_comes_too_often_in_a_day
    counts_the_calls_of_some_seconds_together
    forgets_a_form_with_its_last_call
    a_stop_from_the_future_is_one_of_now
    a_clock_that_goes_back_leaves_nobody_waiting
    a_clock_that_goes_back_leaves_nobody_waiting_on_any_page
    a_store_is_untouched_until_somebody_looks_after_it
    a_clock_that_goes_on_as_it_should_puts_nothing_right
    lists_the_latest_conversations_first
    keeps_effects_until_they_are_delivered
    keeps_what_has_ended
    shows_the_latest_attempts_of_many
    goes_on_with_what_has_ended
    gives_back_what_was_handed_over_with_the_texts_that_waited
    keeps_what_was_said_by_hand_once
    takes_the_answer_to_a_test_send_and_no_other_text
    keeps_a_consent_for_longer_than_a_claim_may_take
    records_so_many_consents_of_an_address_and_of_all
    records_no_more_consents_when_all_come_at_once
    takes_a_write_whenever_it_is_tried
}

/// The same, for what happens between one start and another: each is told where the store is.
macro_rules! promises_across_starts {
    ($($promise:ident)*) => {
        mod sqlite_across_starts {
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(super::in_folder(&folder)).await;
            })*
        }
        mod firestore_across_starts {
            $(#[tokio::test]
            async fn $promise() {
                let Some(place) = super::at_the_emulator().await else { return };
                super::$promise(place).await;
            })*
        }
    };
}

promises_across_starts! {
    finds_everything_by_its_name_after_a_restart
    refuses_another_key_and_goes_on_with_its_own
}

fn sqlite(folder: &tempfile::TempDir) -> Arc<Store> {
    fakes::Asked::prepare();
    open(&in_folder(folder))
}

fn data_dir(folder: &Path) -> Settings {
    Settings::from([("DATA_DIR", folder.to_str().unwrap()), ("NAME_KEY", fakes::NAME_KEY)])
}

async fn firestore() -> Option<Arc<Store>> {
    fakes::Asked::prepare();
    Some(open(&at_the_emulator().await?))
}

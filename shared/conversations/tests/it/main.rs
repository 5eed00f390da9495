//! Both stores pass the same suite.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod backups;
mod budget;
mod clock;
mod common;
mod consent_events;
mod consents;
mod contract;
mod due;
mod erasing;
mod figures;
mod file;
mod form;
mod killed;
mod ledger;
mod lifetimes;
mod locked;
mod meanwhile;
mod names;
mod quarantine;
mod receipts;
mod rights;
mod rows;
mod silence;
mod statuses;
mod steps;
mod stops;
mod traces;

use std::path::Path;
use std::sync::Arc;

use conversations::Store;
use settings::Settings;

use backups::*;
use budget::*;
use clock::*;
use consent_events::*;
use consents::*;
use contract::*;
use due::*;
use erasing::*;
use figures::*;
use form::*;
use lifetimes::*;
use names::*;
use quarantine::*;
use receipts::*;
use rights::*;
use rows::*;
use silence::*;
use stops::*;
use traces::*;

fakes::promises! {
    claims_a_text_once
    claims_a_text_once_when_it_comes_several_times_at_once
    takes_the_same_words_again_after_their_window
    keeps_texts_that_arrive_at_once
    shows_a_turn_no_more_texts_than_it_takes_up
    has_nothing_waiting_once_all_texts_are_dealt_with
    admits_a_limited_number_of_new_people_and_gives_no_place_twice
    keeps_the_people_of_the_mock_apart
    remembers_the_language_of_a_person
    continues_with_a_person_who_texts_another_of_our_numbers
    refuses_a_turn_that_missed_a_text
    stores_a_turn_whole
    refuses_an_attempt_after_a_stop
    confirms_a_stop_once
    lets_a_person_come_back
    lifts_no_stop_that_was_given_again_meanwhile
    rejects_only_the_writes_whose_conditions_fail_among_many_at_once
    forgets_a_replayed_stop
    counts_a_stop_that_may_be_a_repeat
    finds_what_is_due
    lists_everything_due_once_whatever_the_page_size
    looks_for_the_attempt_of_a_receipt_less_and_less_often
    finds_the_attempt_of_a_receipt_that_was_skipped
    joins_a_receipt_that_comes_late
    joins_a_receipt_that_comes_early
    stores_an_early_receipt_together_with_the_answer
    joins_a_receipt_that_comes_again_before_anybody_has_joined_it
    joins_a_receipt_that_names_its_attempt
    ignores_a_receipt_that_names_a_strangers_attempt
    reports_a_failure_and_each_repeat_until_it_is_dealt_with
    applies_a_receipt_that_comes_twice_at_once
    limits_what_it_keeps_of_a_provider_that_repeats_itself
    checks_at_once_when_a_status_speaks_against_a_route
    checks_at_once_when_a_status_comes_after_the_first_check
    checks_at_once_when_a_status_comes_on_an_unproven_route
    misses_no_status_that_comes_while_many_are_checked
    learns_of_a_stop_from_a_receipt
    has_one_status_whatever_the_order
    shows_what_happened_to_a_text_wherever_it_is
    shows_what_happened_to_a_text_that_is_not_answered
    shows_what_happened_to_a_text_that_led_to_nothing
    leads_from_a_text_to_the_trace_that_it_was_answered_in
    knows_no_trace_without_stored_steps
    a_delayed_start_lifts_no_later_stop
    keeps_a_call_whole
    keeps_every_call_of_several_at_once
    only_counts_calls_that_come_too_often_in_a_day
    counts_the_calls_of_a_few_seconds_together
    forgets_a_form_with_its_last_call
    counts_a_stop_from_the_future_as_one_of_now
    a_clock_that_goes_back_leaves_nobody_waiting
    a_clock_that_goes_back_leaves_nobody_waiting_on_any_page
    a_store_is_untouched_until_it_is_first_used
    a_clock_that_runs_correctly_changes_nothing
    lists_the_latest_conversations_first
    keeps_effects_until_they_are_delivered
    keeps_conversations_that_have_ended
    shows_the_latest_attempts_of_many
    continues_a_conversation_that_had_ended
    gives_back_a_conversation_with_the_texts_that_waited
    keeps_a_text_sent_by_hand_once
    takes_the_answer_to_a_test_send_and_no_other_text
    keeps_a_consent_for_longer_than_a_claim_may_take
    limits_the_consents_of_an_address_and_of_all_together
    limits_consents_that_all_come_at_once
    accepts_every_test_write
    counts_what_is_reserved_and_what_was_spent
    reserves_nothing_in_a_shard_that_was_written_since
    keeps_what_the_owner_tries_out_apart
    takes_no_shard_again_before_all_others
    shows_the_shards_after_one
    counts_a_reservation_that_nobody_settles_for_a_day
    loses_nothing_when_an_account_is_divided_anew
    counts_once_what_a_provider_charges_instead_of_the_price
    counts_what_texts_by_hand_and_test_sends_cost
    forgets_how_many_texts_were_left_long_ago
    sets_aside_whatever_was_open_with_one_notice
    forgets_a_person_after_a_year_of_silence
    knows_a_person_after_less_than_a_year
    tells_nobody_what_is_left_of_an_expired_conversation
    enters_each_event_with_what_shows_it
    enters_what_a_provider_says_of_an_attempt
    a_person_who_says_stop_again_adds_one_event_a_day
    enters_a_stop_once_and_in_its_commit
    keeps_no_more_of_a_text_than_shows_the_stop
    lists_each_event_once_whatever_the_page_size
    counts_each_attempt_once_by_what_became_of_it
    counts_an_attempt_once_however_many_look_at_it_at_once
    counts_how_long_it_took_until_an_answer_arrived
    moves_the_money_of_a_day_with_what_a_provider_charges
    adds_up_days_that_are_over_without_changing_a_figure
    adds_up_months_that_are_over_without_changing_a_figure
    counts_nothing_that_the_owner_tries_out
    erases_a_person_without_changing_what_was_counted
    erases_a_person_from_every_collection_and_nobody_else
    begins_anew_with_a_text_a_second_after_an_erasure
    nothing_that_comes_late_brings_an_erased_person_back
    counts_what_a_blocked_number_sends_and_keeps_none_of_it
    nothing_stays_of_a_turn_that_stores_all_the_while_a_person_is_erased
    an_erasure_finds_a_number_in_a_kept_call_however_it_is_written
    pages_a_list_of_equal_times_once_and_counts_it
    lists_who_waits_longest_first_and_the_rest_latest_first
    finds_a_person_by_number_name_and_what_was_collected
    tells_what_has_changed_however_much_that_is
    says_so_when_more_are_found_than_it_looks_at
    a_person_with_a_row_who_cannot_be_found_is_looked_at
    nobody_waits_after_everything_was_set_aside
    what_was_seen_is_new_no_more_and_may_become_new_again
}

/// The same for promises that hold across restarts, or while another process uses the store: each gets
/// its place.
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
    refuses_another_key_and_still_accepts_its_own
    reserves_no_more_than_there_is_however_many_try_at_once
    keeps_what_it_writes_for_as_long_as_the_settings_say
    keeps_receipts_and_consents_for_as_long_as_the_settings_say
    nothing_stays_that_a_turn_stores_while_an_erasure_looks
    a_text_that_comes_as_soon_as_the_head_is_gone_waits_for_its_answer
    an_erasure_looks_again_at_what_it_has_to_read_one_by_one
    a_block_is_seen_by_a_turn_that_began_while_it_was_made
    a_start_by_hand_is_on_record_only_if_it_lifted_a_stop
    no_row_comes_back_after_an_erasure
    a_row_that_a_turn_wrote_meanwhile_stays
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

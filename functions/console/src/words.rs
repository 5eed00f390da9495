//! The words of the pages: one file for each language.

use std::sync::OnceLock;

use localization::{Language, Phrase};
use serde::Deserialize;

/// Sections of a file, in which everything is a phrase. Each language must have all and no others.
macro_rules! sections {
    ($($name:ident { $($word:ident)* })*) => {
        $(
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $name { $(pub(crate) $word: Phrase,)* }
        )*
    };
}

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) form: Form,
    pub(crate) frame: Frame,
    pub(crate) inbox: Inbox,
    pub(crate) state: State,
    pub(crate) thread: Thread,
    pub(crate) delivery: Delivery,
    pub(crate) aside: Aside,
    pub(crate) brief: Brief,
    pub(crate) trace: Trace,
    pub(crate) attention: Attention,
    pub(crate) limits: Limits,
    pub(crate) phones: Phones,
    pub(crate) ending: Ending,
    pub(crate) people: People,
    pub(crate) figures: Figures,
}

/// How values are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    /// The time of day, in the notation of strftime.
    pub(crate) time: String,
    pub(crate) day: Phrase,
    pub(crate) older_day: Phrase,
    pub(crate) moment: Phrase,
    pub(crate) months: [String; 12],
    pub(crate) decimal: String,
    pub(crate) group: String,
    pub(crate) now: Phrase,
    pub(crate) minutes: Phrase,
    pub(crate) hours: Phrase,
    pub(crate) days: Phrase,
}

sections! {
    Frame {
        skip sections inbox attention people figures limits phones sign_out languages as_of stale
        pretended pretended_beside sending offline model store_firestore store_embedded not_found
        silent not_found_why to_inbox not_done done_before no_store try_again copy copied
    }
    Inbox {
        title views waiting handed_over new_results not_delivered all no_waiting no_handed_over
        no_new_results no_not_delivered no_all found_nobody search search_label searched_all
        searched_some cut clear older newest agent export more_than choose with_mock
    }
    State { theirs thinking waiting quiet ours ours_by unread over }
    Thread {
        back brief messages earlier latest person product by_hand note over aside through
        thinking silent opted_out blocked with_person for_good reason a_person quiet block unblock give_back
        nothing_sent last_text route say_label say counter take more at_night done_word done taken unfit
        not_sent
    }
    Delivery {
        sending sending_means unknown unknown_means accepted accepted_means sent sent_means
        delivered delivered_means not_arrived not_arrived_means not_sent not_sent_means conflicting
        conflicting_means
    }
    Aside {
        stopped blocked country limit loop_ too_many with_a_person thanks reaction report
        quiet_hours restored
    }
    Brief { title collected answers none earlier cost cost_of field value correct save save_test }
    Trace {
        title closed together until_sent in_model tokens cost segments attempts
        provider status id nothing
    }
    Attention {
        title calm open_conversation open_trace follow_up routes route from healthy unproven suspect
        down quarantine came shown replay as_base64 no_content_type
    }
    Limits { title what most used at_it setting none each currency days no_days day cost }
    Phones { title script }
    People {
        title number do_stop do_start do_block do_unblock what_they_do done nothing_to_do no_number
        consents blocked audit no_acts who no_events no_blocked not_kept when what words source form keyword stop start
        provider imported
    }
    Ending { finished handed_over turn_limit quiet done }
    Figures {
        title by day week week_from month from agent provider country any show nothing none table
        meanings failed_means late texts texts_y times times_note times_y accepted_median
        accepted_p95 delivered_median delivered_p95 people people_y ends ends_y ended results others
        turns turns_x turn left left_note money money_texts money_model per_result handed_over
        reason asked upset danger cannot by_agent too_long no_answer too_dear trouble trouble_y failovers model_errors model_title
        times_happened silent refuses refuses_us opt_outs opted_out_last
    }
}

impl Figures {
    /// Why a conversation was handed over, in words.
    pub(crate) fn reason_of<'a>(&'a self, kind: &'a str) -> &'a str {
        match kind {
            "asked" => self.asked.as_str(),
            "upset" => self.upset.as_str(),
            "danger" => self.danger.as_str(),
            "cannot" => self.cannot.as_str(),
            "agent" => self.by_agent.as_str(),
            "too_long" => self.too_long.as_str(),
            "no_answer" => self.no_answer.as_str(),
            "too_dear" => self.too_dear.as_str(),
            // Of a later version.
            other => other,
        }
    }

    /// Why the model gave no answer, in words.
    pub(crate) fn error_of<'a>(&'a self, kind: &'a str) -> &'a str {
        match kind {
            "unavailable" => self.silent.as_str(),
            "refused" => self.refuses.as_str(),
            "misconfigured" => self.refuses_us.as_str(),
            // Of a later version.
            other => other,
        }
    }
}

impl Ending {
    /// How a conversation ended, in words.
    pub(crate) fn of<'a>(&'a self, ending: &'a str) -> &'a str {
        match ending {
            "finished" => self.finished.as_str(),
            "handed_over" => self.handed_over.as_str(),
            "turn_limit" => self.turn_limit.as_str(),
            "quiet" => self.quiet.as_str(),
            "done" => self.done.as_str(),
            // Of a later version.
            other => other,
        }
    }
}

impl Words {
    /// The words of a language, which are read once.
    pub(crate) fn of(language: Language) -> &'static Self {
        static READ: [OnceLock<Words>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        READ[language as usize].get_or_init(|| {
            toml::from_str(file(language)).expect("the words of every language are read by a test")
        })
    }
}

fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../words/en.toml"),
        Language::Spanish => include_str!("../words/es.toml"),
        Language::French => include_str!("../words/fr.toml"),
        Language::German => include_str!("../words/de.toml"),
        Language::Portuguese => include_str!("../words/pt.toml"),
        Language::Arabic => include_str!("../words/ar.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_read() {
        for language in Language::ALL {
            Words::of(language);
        }
    }
}

//! States of the USA in which the hours are stricter than in the rest of the country.
//!
//! These laws are about solicitations, many of them by telephone call. Whether a text of ours is one is
//! for a court to say, so we keep to all of them. What only concerns recorded voices is left out. Where
//! two laws of a state differ, the stricter one is here. A chart or a list stands where the law itself was
//! not to be found.

use sms::Number;

use crate::week::Hours;

/// The area codes of each state.
const AREAS: &str = include_str!("states.txt");

/// A state with hours of its own.
#[derive(Debug)]
pub(super) struct State {
    /// Two letters.
    pub(super) name: &'static str,
    /// From Monday to Friday, on Saturday, on Sunday: the hours in which people may be texted.
    pub(super) hours: [Hours; 3],
    /// Where that is written.
    pub(super) source: &'static str,
}

/// The state with hours of its own that a number belongs to.
pub(super) fn of(number: &Number) -> Option<&'static State> {
    let ("1", national) = number.split() else { return None };
    let area = national.get(..3)?;
    let mut lines = AREAS.lines().filter_map(|line| line.split_once(": "));
    let (name, _) = lines.find(|(_, areas)| areas.split(' ').any(|other| other == area))?;
    STATES.iter().find(|state| state.name == name)
}

/// The same hours on every day.
const fn daily(from: u8, until: u8) -> [Hours; 3] {
    [Some((from, until)); 3]
}

/// The same hours on every day but Sunday.
const fn not_on_sunday(from: u8, until: u8) -> [Hours; 3] {
    [Some((from, until)), Some((from, until)), None]
}

/// A table of state laws, as of November 2025: <https://www.dropcowboy.com/state-compliance>.
const CHART: &str = "a chart of state laws";

/// What a service says that it has verified:
/// <https://glama.ai/mcp/connectors/com.modernmustardseed/call-desk/tools/can_i_call_now>.
const LIST: &str = "a list of state laws";

const STATES: [State; 20] = [
    // (1)(b), for solicitations that are automated.
    State { name: "AL", hours: not_on_sunday(8, 20), source: "Admin. Code r. 770-X-5-.17" },
    // <https://www.manatt.com/insights/newsletters/tcpa-connect/connecticut-senate-bill-1058>, which
    // amended <https://cga.ct.gov/current/pub/chap_743m.htm>.
    State { name: "CT", hours: daily(9, 20), source: "Gen. Stat. § 42-288a" },
    // <http://www.lawserver.com/law/state/florida/statutes/florida_statutes_501-616> (6)(a)
    State { name: "FL", hours: daily(8, 20), source: "Stat. § 501.616" },
    // The section is <https://lawserver.com/law/state/kentucky/ks-statutes/kentucky_statutes_367-46955>.
    State { name: "KY", hours: daily(10, 21), source: CHART },
    // Also in <https://blog.clickpointsoftware.com/telemarketing-calling-hours-by-state>.
    State { name: "LA", hours: not_on_sunday(8, 20), source: CHART },
    // <https://regulations.justia.com/states/massachusetts/201-cmr/title-201-cmr-12-00/section-12-02> (2)
    State { name: "MA", hours: daily(8, 20), source: "201 CMR 12.02" },
    // <https://www.dnc.com/index.php/news/maryland-governor-signs-stop-spam-calls-act-2023-law>
    State { name: "MD", hours: daily(8, 20), source: "Stop the Spam Calls Act of 2023" },
    State { name: "MI", hours: daily(9, 21), source: CHART },
    State { name: "MN", hours: daily(9, 21), source: CHART },
    // <https://getpocketlaw.com/law/state_mississippi/section-77-3-723-rules-for-authorized-calls_57b73fa7ff73>
    // The hours are in Central Time, which is that of the state.
    State { name: "MS", hours: not_on_sunday(8, 20), source: "Code § 77-3-723" },
    // <https://law.justia.com/codes/new-mexico/2006/nmrc/jd_57-12-22-13117.html> (B)(5)
    State { name: "NM", hours: daily(9, 21), source: "Stat. § 57-12-22" },
    State { name: "NV", hours: daily(9, 20), source: CHART },
    // <https://dnc.dreamhosters.com/?p=1309>
    State { name: "OK", hours: daily(8, 20), source: "Telephone Solicitation Act of 2022" },
    // Sundays, since 2026-10-18. Senate Bill 992 had 9 to 19 for the other days when the Senate passed
    // it; the act itself was not to be found.
    State { name: "PA", hours: not_on_sunday(8, 21), source: LIST },
    // <http://webserver.rilin.state.ri.us/Statutes/TITLE5/5-61/5-61-3.6.HTM>, with the hours in § 5-61-2.
    State {
        name: "RI",
        hours: [Some((9, 18)), Some((10, 17)), None],
        source: "Gen. Laws § 5-61-3.6",
    },
    // <http://legis.state.sd.us/statutes/DisplayStatute.aspx?Type=Statute&Statute=37-30-28>, for
    // solicitations that are dialled automatically.
    State { name: "SD", hours: [Some((9, 21)), None, None], source: "Codified Laws 37-30-28" },
    // <https://colemanbusinesslaw.com/business-law-updates/texas-sms-marketing-law>; texts since 2025-09-01.
    State {
        name: "TX",
        hours: [Some((9, 21)), Some((9, 21)), Some((12, 21))],
        source: "Bus. & Com. Code § 301.051",
    },
    // <https://codes.findlaw.com/ut/title-13-commerce-and-trade/ut-code-sect-13-25a-103/> (3)
    State { name: "UT", hours: not_on_sunday(8, 21), source: "Code § 13-25a-103" },
    // <https://app.leg.wa.gov/RCW/default.aspx?cite=19.158.040> (2)
    State { name: "WA", hours: daily(8, 20), source: "RCW 19.158.040" },
    State { name: "WY", hours: daily(8, 20), source: LIST },
];

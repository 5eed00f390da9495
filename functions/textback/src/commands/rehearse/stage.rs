//! The page and the model that conversations are played to.

use agent::{Agent, OpenAi, Page, Timeouts};
use business::Business;
use host::Error;
use money::{Amount, Basis, Caps};
use rehearsal::Recorded;
use settings::Settings;
use turn::Money;

use super::Asked;
use crate::model;

/// How often the model is asked about one turn: it calls a tool, and then it talks.
const ASKED: u64 = 2;

/// The page and the model, and what they cost.
pub(super) struct Stage {
    pub(super) agent: Agent,
    pub(super) money: Money,
}

/// What playing costs, about.
pub(super) struct Estimate {
    pub(super) answers: u64,
    pub(super) cost: Amount,
    /// The line that is missing in `PRICES_FILE`, if the price is assumed.
    pub(super) missing: Option<String>,
}

impl Estimate {
    pub(super) fn is_free(&self) -> bool {
        self.cost == Amount::ZERO
    }
}

impl Stage {
    pub(super) async fn of(settings: &Settings, asked: &Asked) -> Result<Self, Error> {
        let configured = Page::from_settings(settings)?;
        let page = match &asked.page {
            None => configured.clone(),
            Some(path) => {
                let shown = path.display();
                let page = std::fs::read_to_string(path)
                    .map_err(|error| format!("{shown} is not readable: {error}"))?;
                Page::parse(&page).map_err(|error| format!("{shown}, {error}"))?
            }
        };
        let page = page.open(Business::from_settings(settings)?.opening)?;
        let model = match model_of(settings, asked, &configured, &page)? {
            Some(model) => model,
            None => model::offline(&page).await?,
        };
        let money = Money::from_settings(settings, Caps::from_settings(settings)?)?;
        let agent = Agent::new(model, page, Timeouts::from_settings(settings)?);
        Ok(Self { agent: money.charging(agent), money })
    }

    /// What playing these costs, about.
    pub(super) fn estimate(&self, recorded: &[Recorded]) -> Estimate {
        let sizes: Vec<usize> = recorded.iter().flat_map(Recorded::sizes).collect();
        let least = sizes.iter().map(|size| self.agent.least_cost(*size));
        let cost = least.fold(Amount::ZERO, Amount::saturating_add).times(ASKED);
        let missing = self.agent.price.as_ref().and_then(|price| match &price.basis {
            Basis::Assumed { line } => Some(line.trim().replace('\n', ", ")),
            Basis::Listed { .. } | Basis::Free => None,
        });
        Estimate { answers: sizes.len() as u64, cost, missing }
    }
}

/// The model that is wanted. `None`: the built-in one. People's words go to another than the configured one
/// only if the owner says so.
fn model_of(
    settings: &Settings,
    asked: &Asked,
    configured: &Page,
    page: &Page,
) -> Result<Option<OpenAi>, Error> {
    let usual = OpenAi::from_settings(settings, &configured.model)?;
    let wanted = match &asked.model {
        Some(name) => {
            let named =
                [("OPENAI_MODEL".to_owned(), name.clone())].into_iter().collect::<Settings>();
            OpenAi::from_settings(&named.or_those(settings.clone()), name)?
        }
        None => OpenAi::from_settings(settings, &page.model)?,
    };
    let (Some(usual), Some(wanted)) = (&usual, &wanted) else { return Ok(wanted) };
    if wanted.name() != usual.name() && !asked.send_words {
        return Err(format!(
            "these people texted {}, and not {}: add --send-words if their words may go there",
            usual.name(),
            wanted.name()
        )
        .into());
    }
    Ok(Some(wanted.clone()))
}

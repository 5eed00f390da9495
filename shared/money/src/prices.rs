//! The list of prices, and what stands for those that it lacks.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use jiff::civil::Date;
use settings::{Names, Settings, SettingsError};

use crate::amount::{Amount, within};
use crate::currency::{self, Currency};
use crate::price::{Basis, ModelPrice, SegmentPrice};
use crate::table::{self, File, Row};

/// The built-in prices, with where each was found.
const BUILT_IN: &str = include_str!("../prices.toml");

/// Names the owner's file of prices.
const SETTING: &str = "PRICES_FILE";

/// The provider that carries texts nowhere.
const MOCK: &str = "mock";

/// What a million tokens of an unknown model's prompt, and of its answer, cost at most, in dollars: as much
/// as those of the dearest model that any maker was seen to list, o1-pro. No built-in price is above.
const PROMPT_CEILING: Amount = Amount::from_billionths(150 * DOLLAR);
const ANSWER_CEILING: Amount = Amount::from_billionths(600 * DOLLAR);

/// What a segment to a country without a price, or an MMS, costs at most, in dollars. The dearest of all
/// countries that a provider was seen to list cost 0.615 (Russia, Plivo) and 0.387 (Nigeria, Twilio); this
/// leaves a fifth for what was not seen. No built-in price is above.
const TEXT_CEILING: Amount = Amount::from_billionths(DOLLAR * 3 / 4);

/// In billionths.
const DOLLAR: i64 = 1_000_000_000;

/// What models and texts cost.
#[derive(Clone, Debug)]
pub struct Prices {
    currency: Currency,
    /// What a dollar costs in that currency.
    per_usd: Amount,
    models: BTreeMap<String, Listed>,
    segments: BTreeMap<(String, String), Listed>,
    mms: BTreeMap<(String, String), Listed>,
}

#[derive(Clone, Debug)]
struct Listed {
    row: Row,
    is_owners: bool,
}

impl Prices {
    /// What [`Self::from_settings`] reads.
    pub const SETTINGS: Names = &["CAP_CURRENCY", "PRICES_FILE"];

    /// The built-in prices, and in their place or in addition those in `PRICES_FILE`.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let invalid = |name, problem| SettingsError::Invalid { name, problem };
        let currency = Currency::from_settings(settings)?;
        let prices = match settings.get(SETTING) {
            None => Self::built_in(),
            Some(file) => fs::read_to_string(file)
                .map_err(|error| {
                    format!("write the path of a file of prices: {file} is not readable: {error}")
                })
                .and_then(|text| Self::built_in().with(file, &text))
                .map_err(|problem| invalid(SETTING, problem))?,
        };
        if prices.currency == currency {
            return Ok(prices);
        }
        let problem = format!(
            "the prices are in {}: write that, or give prices in the other currency in a {SETTING} that \
             says so, currency = \"{currency}\"",
            prices.currency
        );
        Err(invalid(currency::SETTING, problem))
    }

    /// The built-in prices, in dollars.
    pub fn built_in() -> Self {
        static READ: LazyLock<Prices> = LazyLock::new(|| {
            let file = table::read(BUILT_IN, None);
            let file = file.expect("the built-in prices are read by a test");
            Prices::empty(file.currency, Amount::from_billionths(DOLLAR)).extended(file, false)
        });
        READ.clone()
    }

    /// These prices with those of an owner's file: a row replaces that of the same name. If the file is in
    /// another currency, its prices are the only ones.
    ///
    /// `file` is the source of a row that names none. The error has a line for each problem.
    pub fn with(self, file: &str, text: &str) -> Result<Self, String> {
        let read = table::read(text, Some(file)).map_err(|problems| {
            let lines = problems.lines().map(|problem| format!("{file}: {problem}"));
            lines.collect::<Vec<_>>().join("\n")
        })?;
        if read.currency == self.currency {
            return Ok(self.extended(read, true));
        }
        Ok(Self::empty(read.currency, read.per_usd).extended(read, true))
    }

    fn empty(currency: Currency, per_usd: Amount) -> Self {
        let (models, segments, mms) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { currency, per_usd, models, segments, mms }
    }

    fn extended(mut self, file: File, is_owners: bool) -> Self {
        let listed = |row| Listed { row, is_owners };
        self.models.extend(file.models.into_iter().map(|(name, row)| (name, listed(row))));
        self.segments.extend(file.segments.into_iter().map(|(key, row)| (key, listed(row))));
        self.mms.extend(file.mms.into_iter().map(|(key, row)| (key, listed(row))));
        self
    }

    /// The currency that they are in.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The price of a model, by the name that it is asked for under. A date at its end may be left out of
    /// the list.
    ///
    /// `is_local` says that it is the built-in one, or answers on this machine or a private network. It is
    /// free then, unless the owner lists it: what answers there may be a gateway to a model that is not.
    pub fn model(&self, name: &str, is_local: bool) -> ModelPrice {
        let listed = self.models.get(name).or_else(|| self.models.get(undated(name)?));
        match listed.filter(|listed| listed.is_owners || !is_local) {
            Some(Listed { row, .. }) => {
                let (input, written) = (row.amount("input"), row.given("cache_write"));
                ModelPrice {
                    // Nobody says beforehand which tokens the server will begin to remember.
                    input: written.map_or(input, |written| written.max(input)),
                    cached: row.given("cached_input").unwrap_or(input),
                    output: row.amount("output"),
                    basis: row.basis(),
                }
            }
            None if is_local => {
                let [input, cached, output] = [Amount::ZERO; 3];
                ModelPrice { input, cached, output, basis: Basis::Free }
            }
            None => self.assumed_model(name),
        }
    }

    /// The price of a segment from a provider to a country, both by the short names of the list: `twilio`,
    /// `US`.
    pub fn segment(&self, provider: &str, country: &str) -> SegmentPrice {
        self.text(&self.segments, ("segments", "segment"), provider, country)
    }

    /// The price of an MMS, however long its text is.
    pub fn mms(&self, provider: &str, country: &str) -> SegmentPrice {
        self.text(&self.mms, ("mms", "message"), provider, country)
    }

    fn text(
        &self,
        rows: &BTreeMap<(String, String), Listed>,
        (part, column): (&str, &str),
        provider: &str,
        country: &str,
    ) -> SegmentPrice {
        let country = country.to_ascii_uppercase();
        let (segment, carrier_fee, basis) = match rows.get(&(provider.to_owned(), country.clone()))
        {
            Some(Listed { row, .. }) => {
                (row.amount(column), row.amount("carrier_fee"), row.basis())
            }
            None if provider == MOCK => (Amount::ZERO, Amount::ZERO, Basis::Free),
            None => {
                let ceiling = self.converted(TEXT_CEILING);
                let line =
                    format!("[{part}.{}.{}]\n{column} = {ceiling}\n", key(provider), key(&country));
                (ceiling, Amount::ZERO, Basis::Assumed { line })
            }
        };
        SegmentPrice { segment, carrier_fee, basis }
    }

    fn assumed_model(&self, name: &str) -> ModelPrice {
        let input = self.converted(PROMPT_CEILING);
        let output = self.converted(ANSWER_CEILING);
        let line = format!(
            "[models.{}]\ninput = {input}\ncached_input = {input}\noutput = {output}\n",
            key(name)
        );
        ModelPrice { input, cached: input, output, basis: Basis::Assumed { line } }
    }

    /// A ceiling in the currency of the list, rounded up.
    fn converted(&self, dollars: Amount) -> Amount {
        let product = i128::from(dollars.billionths()) * i128::from(self.per_usd.billionths());
        let whole = i128::from(DOLLAR);
        Amount::from_billionths(within(product / whole + i128::from(product % whole > 0)))
    }
}

impl Row {
    fn basis(&self) -> Basis {
        Basis::Listed { source: self.source.clone(), date: self.date }
    }
}

/// The name of a model without the date at its end: that of `gpt-4o-mini-2024-07-18` or
/// `claude-haiku-4-5-20251001`. Anything else there makes another model.
fn undated(name: &str) -> Option<&str> {
    let is_date = |end: &str| {
        let forms = ["%Y-%m-%d", "%Y%m%d"];
        // Written again, since a single digit is read as well.
        let is_in = |form| {
            Date::strptime(form, end).is_ok_and(|date| date.strftime(form).to_string() == end)
        };
        forms.into_iter().any(is_in)
    };
    let parts = name.match_indices('-').map(|(at, dash)| (&name[..at], &name[at + dash.len()..]));
    let dated = parts.into_iter().find(|(model, end)| !model.is_empty() && is_date(end));
    dated.map(|(model, _)| model)
}

/// A key of TOML, in quotes where it needs them.
fn key(name: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        return name.to_owned();
    }
    let escaped = name.chars().map(|it| match it {
        '"' | '\\' => format!("\\{it}"),
        it if it.is_control() => format!("\\u{:04x}", u32::from(it)),
        it => it.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_built_in_price_is_above_what_is_assumed_for_an_unknown_one() {
        let prices = Prices::built_in();
        for name in prices.models.keys() {
            let price = prices.model(name, false);
            assert!(price.input.max(price.cached) <= PROMPT_CEILING, "{name}");
            assert!(price.output <= ANSWER_CEILING, "{name}");
        }
        for (provider, country) in prices.segments.keys().chain(prices.mms.keys()) {
            for price in [prices.segment(provider, country), prices.mms(provider, country)] {
                assert!(price.cost(1) <= TEXT_CEILING, "{provider} {country}");
            }
        }
    }

    #[test]
    fn only_a_whole_date_is_left_out_of_a_models_name() {
        for (name, expected) in [
            ("gpt-4o-mini-2024-07-18", Some("gpt-4o-mini")),
            ("claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("gpt-4o-mini", None),
            ("gpt-4-0613", None),
            ("gpt-4o-2024-13-01", None),
            ("gpt-4o-2024-0718", None),
            ("model-12345678", None),
            ("a-2024-07-18-b", None),
            ("2024-07-18", None),
            ("", None),
        ] {
            assert_eq!(undated(name), expected, "{name}");
        }
    }
}

//! The targets of links and e-mail addresses in a text.

use std::net::Ipv4Addr;

use unicode_normalization::UnicodeNormalization;

use super::text::is_unspaced;

/// Endings of hosts that are not words in any language, however they are written.
const SURE: [&str; 9] = ["com", "net", "org", "biz", "xyz", "io", "html", "shop", "online"];

/// Endings of hosts that may be short, or consist of digits.
const SHORT: [&str; 18] = [
    "com", "net", "org", "biz", "xyz", "io", "ly", "gg", "cc", "co", "me", "info", "cn", "ru",
    "app", "link", "top", "to",
];

/// Endings of hosts in scripts other than Latin.
const FOREIGN: [&str; 29] = [
    "рф",
    "рус",
    "онлайн",
    "сайт",
    "орг",
    "ком",
    "дети",
    "москва",
    "укр",
    "бел",
    "срб",
    "ευ",
    "ελ",
    "中国",
    "中國",
    "公司",
    "网络",
    "網絡",
    "香港",
    "台湾",
    "在线",
    "भारत",
    "موقع",
    "شبكة",
    "السعودية",
    "مصر",
    "امارات",
    "कॉम",
    "كوم",
];

/// Endings of file names.
const FILES: [&str; 22] = [
    "pdf", "jpg", "jpeg", "png", "gif", "heic", "webp", "doc", "docx", "xls", "xlsx", "ppt", "txt",
    "csv", "mp3", "mp4", "wav", "htm", "ics", "vcf", "xml", "json",
];

/// Abbreviations that may precede a full stop within a sentence.
const SHORTENED: [&str; 44] = [
    "etc", "vs", "approx", "ca", "bzw", "usw", "inkl", "z", "ggf", "evtl", "tel", "nr", "no", "mr",
    "mrs", "ms", "dr", "st", "ave", "rd", "str", "apt", "prof", "min", "max", "hr", "mon", "tue",
    "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
    "oct", "nov", "dec",
];

/// A dot, spelled out.
const DOTS: [&str; 9] = ["dot", "punkt", "punto", "ponto", "point", "точка", "نقطة", "डॉट", "点"];

/// The endings that may follow it.
const SPELLED: [&str; 12] =
    ["com", "net", "org", "info", "io", "biz", "example", "test", "ru", "рф", "ком", "कॉम"];

/// A link or e-mail address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// In lower case, without `www.`.
    pub(super) host: String,
    /// The full address, if it is an e-mail address.
    pub(super) email: Option<String>,
}

impl Link {
    /// Whether it leads to one of these hosts, or to a subdomain.
    pub(super) fn is_below(&self, mut hosts: impl Iterator<Item = impl AsRef<str>>) -> bool {
        hosts.any(|host| {
            let above = self.host.strip_suffix(host.as_ref());
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    }
}

/// The links in a text that a phone would make tappable, or a person would type.
pub(super) fn links(text: &str) -> Vec<Link> {
    let text = plain(text);
    let found = policy::links(&text).into_iter().filter_map(|link| leads(&link));
    let others = text.split(|c: char| c.is_whitespace() || "()<>\"'“”,;".contains(c));
    found.chain(others.filter_map(foreign)).collect()
}

/// Everything that looks like a host in a text, including sentences without a space between them.
pub(super) fn hosts(text: &str) -> Vec<String> {
    let text = plain(text);
    let found = policy::links(&text);
    let found = found.iter().map(|link| host(link).0.to_lowercase());
    let others = text.split(|c: char| c.is_whitespace() || "()<>\"'“”,;".contains(c));
    found.chain(others.filter_map(foreign).map(|link| link.host)).map(|it| bare(&it)).collect()
}

/// A text with the spelled-out dots of its hosts replaced.
fn plain(text: &str) -> String {
    let mut text: String = text.nfkc().collect();
    for dot in ["[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", " [dot] ", " (dot) ", "。", "｡"]
    {
        if text.contains(dot) {
            text = replaced(&text, dot);
        }
    }
    let mut words = text.split(' ').peekable();
    let mut plain = String::with_capacity(text.len());
    plain.extend(words.next());
    while let Some(word) = words.next() {
        match words.next_if(|next| is_dot(word) && is_spelled(next)) {
            Some(next) => plain.extend([".", next]),
            None => plain.extend([" ", word]),
        }
    }
    plain
}

fn is_dot(word: &str) -> bool {
    let letters = word.chars().flat_map(char::to_lowercase);
    word == "." || DOTS.iter().any(|dot| letters.clone().eq(dot.chars()))
}

/// Whether a word begins with an ending that may follow a spelled-out dot.
fn is_spelled(word: &str) -> bool {
    let end = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let end = end.split(['/', '.', ',']).next().unwrap_or_default().to_lowercase();
    SPELLED.contains(&end.as_str())
}

/// A text with this replaced by a full stop between two characters of a host.
fn replaced(text: &str, dot: &str) -> String {
    let mut pieces = text.split(dot);
    let mut replaced = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_host = replaced.ends_with(|c: char| c.is_ascii_alphanumeric())
            && piece.starts_with(|c: char| c.is_ascii_alphanumeric());
        replaced.push_str(if is_host { "." } else { dot });
        replaced.push_str(piece);
    }
    replaced
}

/// The target of a link, unless it only looks like one.
fn leads(link: &str) -> Option<Link> {
    let (host, is_sure) = host(link);
    let address = link.split(['/', '?', '#']).next().unwrap_or_default();
    let email = (!link.contains("://") && address.contains('@')).then(|| address.to_lowercase());
    if !is_sure && !is_host(host) {
        return None;
    }
    Some(Link { host: bare(&host.to_lowercase()), email })
}

/// The host of a link, and whether it is certainly one.
fn host(link: &str) -> (&str, bool) {
    let (scheme, rest) = link.split_once("://").map_or((None, link), |(s, rest)| (Some(s), rest));
    let whole = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let is_email = whole.contains('@');
    let authority = whole.rsplit('@').next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default().trim_end_matches('.');
    // A mark that ends a sentence may look like the beginning of more.
    let goes_on = rest.len() > whole.len() + 1 && !is_named_badly(host);
    let is_www = host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    (host, scheme.is_some() || is_email || is_www || goes_on)
}

/// Whether the text before a slash is not a host: `9.am/pm`, `photo.jpg/png`.
fn is_named_badly(host: &str) -> bool {
    let (before, end) = host.rsplit_once('.').unwrap_or(("", host));
    let end = end.to_lowercase();
    !SHORT.contains(&end.as_str())
        && (before.bytes().all(|b| b.is_ascii_digit()) || FILES.contains(&end.as_str()))
}

fn bare(host: &str) -> String {
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// Whether this is the name of a host, and not an abbreviation, a file, or a sentence that follows
/// another without a space.
fn is_host(host: &str) -> bool {
    let Some((before, written)) = host.rsplit_once('.') else { return false };
    let end = written.to_lowercase();
    let (is_sure, is_short) = (SURE.contains(&end.as_str()), SHORT.contains(&end.as_str()));
    let labels: Vec<_> = before.split('.').collect();
    let is_sentence =
        written.starts_with(char::is_uppercase) && written.contains(char::is_lowercase);
    let are_letters = labels.iter().all(|label| label.chars().count() == 1);
    if !end.is_ascii() {
        return FOREIGN.contains(&end.as_str());
    }
    !(is_sentence && !is_sure
        || FILES.contains(&end.as_str())
        || are_letters && (labels.len() > 1 || !is_short)
        || before.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !is_short
        || labels.len() == 1 && SHORTENED.contains(&before.to_lowercase().as_str()))
}

/// A host in a non-Latin script, or one that is only a number.
fn foreign(word: &str) -> Option<Link> {
    let link = |host: &str| Some(Link { host: bare(&host.to_lowercase()), email: None });
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let (host, path) = word.split_once('/').map_or((word, None), |(h, path)| (h, Some(path)));
    if path.is_some() && host.parse::<Ipv4Addr>().is_ok() {
        return link(host);
    }
    let host = host.trim_end_matches(['.', '!', '?', ':', '。', '！', '？']);
    let (before, end) = host.rsplit_once('.')?;
    let is_other = |c: char| c.is_alphabetic() && !matches!(c, '\0'..='\u{52f}');
    let end = end.trim_end_matches(is_unspaced_and_none(end));
    let is_end = FOREIGN.contains(&end)
        || (2..=6).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_lowercase());
    let is_foreign = before.ends_with(is_other) || FOREIGN.contains(&end) && !before.is_empty();
    (is_foreign && is_end).then(|| link(&format!("{before}.{end}"))).flatten()
}

/// What may follow a Latin ending of a host without a space.
fn is_unspaced_and_none(end: &str) -> impl Fn(char) -> bool {
    let is_latin = end.starts_with(|c: char| c.is_ascii_alphabetic());
    move |character| is_latin && is_unspaced(character)
}

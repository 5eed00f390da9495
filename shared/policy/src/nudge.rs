//! Distinguishes an answer from the question whether anybody is there.

/// What people text when they get no answer: greetings, "are you there", "still waiting", "did you get
/// my text", in the languages of our pages.
const WORDS: &str = "\
    a an and answer any anybody anyone are can did do get got have hello helo hey heya hi i is it \
    me message msg my news of on ping please pls reply respond somebody someone still test text \
    the there this to u up waiting what y yo you your \
    ahí ahi alguien buenas buenos días dias esperando está esta estás estas hay hola le mensaje \
    mi noches recibieron recibió respuesta sigo tardes \
    allô allo attends avez bonjour bonsoir de il j là message mon quelqu quelqu'un recu reçu \
    réponse salut toujours un vous \
    أحد احد ألو الو السلام الخير انتظر رد عليكم مرحبا مساء هل هنا وصلت رسالتي";

/// Whether a text only asks whether anybody is there, or repeats what the same person said `earlier`.
/// Then it is no signal that ours arrived, because people who got no answer text the same.
///
/// In doubt the result is yes: one answer more or less says little, but a false one would vouch for a
/// dead route.
pub fn is_nudge<'a>(text: &str, earlier: impl IntoIterator<Item = &'a str>) -> bool {
    let said = plain(text);
    said.iter().all(|word| WORDS.split_whitespace().any(|known| known == word))
        || earlier.into_iter().any(|earlier| plain(earlier) == said)
}

/// The words of a text, without case and punctuation.
fn plain(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

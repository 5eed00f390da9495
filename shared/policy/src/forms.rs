//! Texts that machines are documented to send.

use crate::print::Words;

use Form::{AutoReply, Bounce};
use Place::{All, Label, Within};

/// The kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A telephone or mailbox whose owner is away.
    AutoReply,
    /// A carrier that did not deliver a text.
    Bounce,
}

/// Where in a text the words are.
#[derive(Clone, Copy)]
enum Place {
    /// Anywhere.
    Within,
    /// They are the whole text.
    All,
    /// They come before the first colon.
    Label,
}

/// Words in a row, in lower case, without accents and apostrophes. Each group names its source; a
/// phrase that people type as well is left out ("I'm driving, can you come at five?").
const FORMS: [(Form, Place, &str); 68] = [
    // iPhones while driving, in Focus and in the Do Not Disturb While Driving of iOS 11 to 14, and the
    // line that follows: https://manuals.plus/apple/ios-11/not-disturb-driving,
    // https://www.businessinsider.com/how-to-turn-off-driving-mode-iphone.
    (AutoReply, Within, "driving with focus turned on"),
    (AutoReply, Within, "driving with driving focus turned on"),
    (AutoReply, Within, "driving with do not disturb while driving turned on"),
    (AutoReply, Within, "ill see your message when i get where im going"),
    (AutoReply, Within, "im not receiving notifications if this is urgent reply urgent"),
    (AutoReply, Within, "reply urgent to send a notification through"),
    // Android Auto, as it is set before anybody changes it.
    (AutoReply, All, "im driving right now"),
    (AutoReply, All, "i am driving right now"),
    (AutoReply, All, "im driving right now ill get back to you later"),
    // What telephones and mailboxes write in front, as Outlook and Pulse SMS:
    // https://github.com/klinker-apps/pulse-sms-issues/issues/673.
    (AutoReply, Label, "auto reply"),
    (AutoReply, Label, "autoreply"),
    (AutoReply, Label, "auto response"),
    (AutoReply, Label, "automatic reply"),
    (AutoReply, Label, "automated reply"),
    (AutoReply, Label, "automated response"),
    (AutoReply, Label, "automated message"),
    (AutoReply, Label, "out of office"),
    (AutoReply, Label, "respuesta automatica"),
    (AutoReply, Label, "mensaje automatico"),
    (AutoReply, Label, "reponse automatique"),
    (AutoReply, Label, "message automatique"),
    (AutoReply, Label, "automatische antwort"),
    (AutoReply, Label, "abwesenheitsnotiz"),
    // Texts that say of themselves what they are, as services for businesses suggest them:
    // https://www.openphone.com/blog/out-of-office-text-message/ and
    // https://learn.currentclient.com/guides/inbox/auto-replies.
    (AutoReply, Within, "this is an automated message"),
    (AutoReply, Within, "this is an automated response"),
    (AutoReply, Within, "this is an automated reply"),
    (AutoReply, Within, "this is an automated text"),
    (AutoReply, Within, "this is an automatic reply"),
    (AutoReply, Within, "this is an auto reply"),
    (AutoReply, Within, "do not reply to this message"),
    (AutoReply, Within, "do not reply to this text"),
    (AutoReply, Within, "do not reply to this number"),
    (AutoReply, Within, "this number is not monitored"),
    (AutoReply, Within, "this phone number is not monitored"),
    (AutoReply, Within, "this inbox is not monitored"),
    (AutoReply, Within, "this mailbox is not monitored"),
    (AutoReply, Within, "replies are not monitored"),
    (AutoReply, Within, "received your message and will get back to you"),
    // Out of office, as the automatic replies of Outlook and others are worded:
    // https://support.microsoft.com/office/9742f476-5348-4f9f-997f-5e208513bd67.
    (AutoReply, Within, "i am out of the office"),
    (AutoReply, Within, "im out of the office"),
    (AutoReply, Within, "out of the office until"),
    (AutoReply, Within, "currently out of the office"),
    (AutoReply, Within, "currently out of office"),
    (AutoReply, Within, "will be out of the office"),
    // The same in Spanish, French and German: https://languagetool.org/insights/es/?p=99633,
    // https://quillbot.com/es/blog/comunicacion-para-profesionales/out-of-office,
    // https://factorial.fr/blog/message-absence-conges,
    // https://infoniqa.com/post/der-urlaub-ruft-wie-die-abwesenheitsnotiz-in-outlook-aussehen-sollte-plus-vorlagen.
    (AutoReply, Within, "estoy fuera de la oficina"),
    (AutoReply, Within, "estare fuera de la oficina"),
    (AutoReply, Within, "me encuentro fuera de la oficina"),
    (AutoReply, Within, "me encuentro ausente de la oficina"),
    (AutoReply, Within, "este es un mensaje automatico"),
    (AutoReply, Within, "esta es una respuesta automatica"),
    (AutoReply, Within, "no responda a este mensaje"),
    (AutoReply, Within, "absent du bureau"),
    (AutoReply, Within, "absente du bureau"),
    (AutoReply, Within, "absent e du bureau"),
    (AutoReply, Within, "ceci est un message automatique"),
    (AutoReply, Within, "ceci est une reponse automatique"),
    (AutoReply, Within, "ne pas repondre a ce message"),
    (AutoReply, Within, "bin derzeit nicht im buro"),
    (AutoReply, Within, "bin zurzeit nicht im buro"),
    (AutoReply, Within, "nicht im buro und habe keinen zugriff"),
    (AutoReply, Within, "dies ist eine automatische"),
    (AutoReply, Within, "diese nachricht wurde automatisch"),
    // T-Mobile and those on its network:
    // https://fone.tips/free-msg-unable-to-send-message/.
    (Bounce, Within, "unable to send message message blocking is active"),
    // AT&T: http://support.apple.com/kb/TS1291.
    (Bounce, Within, "error invalid number please re send using a valid"),
    // Of a text to a landline, as Verizon has a service for:
    // http://support.verizonwireless.com/clc/faqs/TXT%20messaging/faq_text%20to%20landline.html.
    (Bounce, Within, "msg sent to a landline"),
    (Bounce, Within, "message sent to a landline"),
    (Bounce, Within, "sent to a landline phone"),
    // Sprint: https://rabroad.com/threads/i-have-a-sprint-blackberry-why-cant-i-send-texts-to-shortcode-numbers.731711/.
    (Bounce, Within, "shortcode texting may be blocked on your account"),
];

/// The documented form of a text. `words` are all of its words.
///
/// A text that asks something is a person's, whatever else it says: "I'm out of the office, can you
/// call?"
pub(crate) fn form(text: &str, words: &Words) -> Option<Form> {
    let label = text.split_once([':', '：']).map(|(label, _)| Words::of(label));
    let asks = text.contains(['?', '？', '؟', '¿']);
    let has = |(form, place, known): &&(Form, Place, &str)| {
        let said = match place {
            Within => words.have(known),
            All => words.are(known),
            Label => label.as_ref().is_some_and(|label| label.are(known)),
        };
        said && (*form == Bounce || !asks)
    };
    FORMS.iter().find(has).map(|(form, ..)| *form)
}

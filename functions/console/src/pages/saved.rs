//! A conversation as a test file, for `textback rehearse`.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use conversations::ConversationId;
use rehearsal::Recorded;

use crate::failure::Failure;
use crate::visit::{Part, Visit};

/// `GET /console/inbox/{id}/tests/{number}`.
pub(crate) async fn file(visit: Visit, Path((id, number)): Path<(String, u64)>) -> Response {
    let recorded = recorded(&visit, &id, number).await.map(|recorded| {
        let name = format!("attachment; filename=\"conversation-{number}.json\"");
        let about = [
            (header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ];
        (about, recorded.as_file()).into_response()
    });
    visit.answer(Part::Inbox, recorded)
}

/// The conversation of this number: the one under way, or one that is over.
async fn recorded(visit: &Visit, id: &str, number: u64) -> Result<Recorded, Failure> {
    let id = ConversationId::parse(id).ok_or(Failure::Unknown)?;
    let (store, now) = (&visit.console.store, visit.shown.now.timestamp());
    let (loaded, ended, attempts) = tokio::try_join!(
        store.load(&id, now),
        store.ended_as(&id, number),
        store.attempts_of(&id)
    )?;
    if let Some(ended) = ended {
        return Ok(Recorded::of(&ended, &attempts));
    }
    let conversation = loaded.map(|loaded| loaded.conversation);
    let conversation = conversation.filter(|conversation| conversation.number == number);
    let recorded = conversation.and_then(|it| Recorded::under_way(&it, &attempts));
    recorded.ok_or(Failure::Unknown)
}

//! The conversations to play: from files, or from a store.

use std::fs;

use conversations::Store;
use host::Error;
use jiff::Timestamp;
use rehearsal::Recorded;
use settings::Settings;

use super::Asked;

/// How many conversations are taken from a store unless somebody says so.
const LAST: u32 = 200;

/// The conversations, earliest first.
pub(super) async fn all(settings: &Settings, asked: &Asked) -> Result<Vec<Recorded>, Error> {
    if asked.files.is_empty() {
        return from_store(settings, asked).await;
    }
    let read = |path: &std::path::PathBuf| {
        let shown = path.display();
        let file = fs::read_to_string(path)
            .map_err(|error| format!("{shown} is not readable: {error}"))?;
        Recorded::parse(&file).map_err(|error| Error::from(format!("{shown}: {error}")))
    };
    asked.files.iter().map(read).collect()
}

/// The latest conversations of a store, which is only read.
async fn from_store(settings: &Settings, asked: &Asked) -> Result<Vec<Recorded>, Error> {
    let last = asked.last.unwrap_or(LAST);
    let opened = match &asked.from {
        None => Store::open_existing(settings)?,
        Some(folder) => {
            let folder = folder.to_str().ok_or("write the path of the folder in Unicode")?;
            let key = settings.get("NAME_KEY").map(|key| ("NAME_KEY".to_owned(), key.to_owned()));
            let folder = ("DATA_DIR".to_owned(), folder.to_owned());
            Store::open_existing(&key.into_iter().chain([folder]).collect())?
        }
    };
    let store = opened.ok_or("nothing is stored there: say --from and the folder of a store")?;
    store.documents().check().await?;
    let (mut all, now) = (Vec::new(), Timestamp::now());
    for (id, _) in store.latest(last).await? {
        let (ended, attempts) = tokio::try_join!(store.ended(&id), store.attempts_of(&id))?;
        all.extend(ended.iter().map(|ended| Recorded::of(ended, &attempts)));
        if let Some(loaded) = store.load(&id, now).await? {
            all.extend(Recorded::under_way(&loaded.conversation, &attempts));
        }
    }
    all.retain(|recorded| recorded.sizes().next().is_some());
    all.sort_by_key(|recorded| recorded.at);
    Ok(all.split_off(all.len().saturating_sub(last as usize)))
}

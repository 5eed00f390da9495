//! Google's Firestore emulator.

use std::path::PathBuf;

use reqwest::{Client, Response};
use tokio::sync::OnceCell;

use crate::servers::{Server, client_of, find, skip};

/// The value of `NAME_KEY` in tests, which Firestore requires: 32 bytes in Base64.
pub const NAME_KEY: &str = "c29tZSBrZXkgd2l0aCB3aGljaCB0ZXN0cyBuYW1lIGE=";

/// Google's Firestore emulator. Projects need no set-up: use a [`unique_name`](crate::unique_name) for each test.
#[derive(Clone, Debug)]
pub struct Firestore {
    /// `127.0.0.1:port`, for `FIRESTORE_EMULATOR_HOST`.
    pub host: String,
}

/// The Firestore emulator of this test binary or run of nextest, or `None` if it is not installed.
pub async fn firestore() -> Option<Firestore> {
    static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
    let server = SERVER.get_or_init(async || {
        let Some(emulator) = find_emulator().filter(|_| find("java").is_some()) else {
            skip(
                "needs Java and Google's Firestore emulator: install a JRE, \
                 then `gcloud components install cloud-firestore-emulator`",
            );
            return None;
        };
        let start = |port| {
            let mut command = vec![emulator.display().to_string(), "start".into()];
            command.extend(["--host=127.0.0.1".into(), format!("--port={port}")]);
            command
        };
        Some(Server::shared("firestore", start, serves_documents).await)
    });
    Some(Firestore { host: format!("127.0.0.1:{}", server.await.as_ref()?.port) })
}

/// Whether a server looks up a document and finds none. The emulator answers `GET /` seconds before it
/// serves documents, and another server may have taken its port meanwhile.
async fn serves_documents(url: &str) -> bool {
    const DOCUMENT: &str = "projects/x/databases/(default)/documents/a/b";
    const NOT_FOUND: &str = "5";
    // A gRPC message: uncompressed, its length, and this as its first field.
    let length = u8::try_from(DOCUMENT.len()).unwrap();
    let message = [&[0, 0, 0, 0, length + 2, 0x0a, length], DOCUMENT.as_bytes()].concat();
    let client = client_of(Client::builder().http2_prior_knowledge());
    let request = client
        .post(format!("{url}/google.firestore.v1.Firestore/GetDocument"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(message);
    let status = |answer: Response| answer.headers().get("grpc-status").cloned();
    request.send().await.ok().and_then(status).is_some_and(|status| status == NOT_FOUND)
}

/// A program on the `PATH`, or in the Cloud SDK that `gcloud` on the `PATH` belongs to.
fn find_emulator() -> Option<PathBuf> {
    find("cloud_firestore_emulator").or_else(|| {
        let gcloud = find("gcloud")?.canonicalize().ok()?;
        let sdk = gcloud.parent()?.parent()?;
        let emulator = sdk.join("platform/cloud-firestore-emulator/cloud_firestore_emulator");
        emulator.is_file().then_some(emulator)
    })
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::servers::answers;

    #[tokio::test]
    async fn another_server_on_its_port_is_not_taken_for_the_emulator() {
        let Some(firestore) = firestore().await else { return };
        let serve = |port| format!("python3 -m http.server --bind 127.0.0.1 {port}");
        let serve = |port| serve(port).split(' ').map(String::from).collect();
        let another = Server::start("another", serve, answers("/", StatusCode::OK)).await;
        let another = format!("http://127.0.0.1:{}", another.port);
        assert!(answers("/", StatusCode::OK)(&another).await && !serves_documents(&another).await);
        assert!(serves_documents(&format!("http://{}", firestore.host)).await);
    }
}

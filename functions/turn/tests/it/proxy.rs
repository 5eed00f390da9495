//! A network between us and a server, which can lose answers.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    Arrive,
    AreHeldBack,
    /// Along with every open connection.
    AreLost,
}

/// Passes requests and answers on.
pub(crate) struct Proxy {
    /// Where to connect instead, as `127.0.0.1:port`.
    pub(crate) host: String,
    answers: Arc<watch::Sender<Answers>>,
}

impl Proxy {
    pub(crate) async fn before(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let answers = Arc::new(watch::Sender::new(Answers::Arrive));
        let switch = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(client, server, switch.subscribe()));
            }
        });
        Self { host, answers }
    }

    /// From now on requests are carried out, and their answers are held back.
    pub(crate) fn hold_answers_back(&self) {
        self.answers.send_replace(Answers::AreHeldBack);
    }

    /// Ends [`Self::hold_answers_back`]: the answers arrive, late.
    pub(crate) fn let_answers_through(&self) {
        self.answers.send_replace(Answers::Arrive);
    }

    /// Cuts every connection. New ones work as usual.
    pub(crate) async fn cut(&self) {
        self.answers.send_replace(Answers::AreLost);
        // Each connection subscribes, and ends.
        while self.answers.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
        self.answers.send_replace(Answers::Arrive);
    }
}

async fn carry(client: TcpStream, server: TcpStream, mut answers: watch::Receiver<Answers>) {
    let (mut asks, mut hears) = client.into_split();
    let (mut answered, mut asked) = server.into_split();
    let mut lost = answers.clone();
    let back = async {
        let mut part = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = answered.read(&mut part).await {
            answers.wait_for(|answers| *answers == Answers::Arrive).await.unwrap();
            if hears.write_all(&part[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = tokio::io::copy(&mut asks, &mut asked) => {}
        () = back => {}
        _ = lost.wait_for(|answers| *answers == Answers::AreLost) => {}
    }
}

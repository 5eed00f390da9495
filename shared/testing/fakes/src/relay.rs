//! A relay to another server.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use crate::network::Server;
use crate::{Mode, Switch};

/// Forwards requests to a server that cannot misbehave itself, and records them.
#[derive(Debug)]
pub struct Relay {
    server: Server,
    on_the_way: Arc<OnTheWay>,
}

#[derive(Debug)]
struct OnTheWay {
    to: String,
    client: reqwest::Client,
    switch: Switch,
    bodies: Mutex<Vec<Bytes>>,
}

impl Relay {
    /// A relay to the server at this address.
    pub fn to(url: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (switch, bodies) = (Switch::default(), Mutex::default());
        let on_the_way = Arc::new(OnTheWay { to: url.into(), client, switch, bodies });
        let router = Router::new().fallback(pass_on).with_state(Arc::clone(&on_the_way));
        Self { server: Server::start(router), on_the_way }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The mode of later requests.
    pub fn set(&self, mode: Mode) {
        self.on_the_way.switch.set(mode);
    }

    /// The bodies of the requests so far, whatever became of them.
    pub fn bodies(&self) -> Vec<Bytes> {
        self.on_the_way.bodies.lock().unwrap().clone()
    }
}

async fn pass_on(State(on_the_way): State<Arc<OnTheWay>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    on_the_way.bodies.lock().unwrap().push(body.clone());
    let work = async {
        let url = format!("{}{}", on_the_way.to, head.uri);
        let request = on_the_way.client.request(head.method, url).headers(head.headers).body(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap()).into_response()
    };
    on_the_way.switch.apply(work).await
}

//! The stream of events.

use std::time::SystemTime;

use hotmod_admin::{Admin, Auth, Limits, Scope, Token};
use hotmod_tests::patience::PATIENCE;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::served::{ALL, Served, code};

/// What a client hears.
struct Ear {
    response: Response,
    text: String,
}

/// One event.
#[derive(Debug)]
struct Heard {
    id: String,
    kind: String,
    data: Value,
}

impl Ear {
    async fn new(served: &Served, since: Option<&str>, last: Option<&str>) -> Self {
        let since = since.map_or_else(String::new, |since| format!("?since={since}"));
        let url = served.url(&format!("/v1/events{since}"));
        let mut request = served.client.get(url).bearer_auth(ALL);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = String::new();
        Ear { response, text }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|it| Some(it.strip_prefix(name)?.trim_start().to_owned()))
                };
                let Some(data) = field("data:") else { continue };
                return Some(Heard {
                    id: field("id:").unwrap_or_default(),
                    kind: field("event:").expect("a kind"),
                    data: serde_json::from_str(&data).expect("JSON"),
                });
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("it comes in time").ok()??;
            self.text += std::str::from_utf8(&chunk).expect("text");
        }
    }

    /// The events up to a state of an update.
    async fn until(&mut self, state: &str) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let heard = self.next().await.expect("it goes on");
            let is_it = heard.data["state"] == json!(state);
            all.push(heard);
            if is_it {
                return all;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_hears_what_it_missed() {
    let served = Served::new().await;
    let mut ear = Ear::new(&served, Some("start"), None).await;
    served.module.update("next.so").expect("an update");
    let heard = ear.until("published").await;
    let states: Vec<_> = heard
        .iter()
        .map(|it| it.data["state"].as_str().expect("a state"))
        .collect();
    let phases = [
        "inspecting",
        "verifying",
        "planning",
        "staging",
        "linking",
        "preparing",
        "published",
    ];
    assert_eq!(states, phases);
    assert!(
        heard
            .iter()
            .all(|it| it.kind == "update" && it.data["module"] == "rooms")
    );
    let last = heard.last().expect("one").id.clone();
    drop(ear);

    served.module.rollback().expect("a rollback");
    let mut again = Ear::new(&served, Some("start"), Some(&last)).await;
    let heard = again.until("rolled back").await;
    assert!(
        heard.iter().all(|it| it.data["state"] != "inspecting"),
        "{heard:#?}"
    );
    let number = |id: &str| {
        id.rsplit('-')
            .next()
            .and_then(|it| it.parse::<u64>().ok())
            .expect("a number")
    };
    let numbers: Vec<u64> = heard.iter().map(|it| number(&it.id)).collect();
    let expected: Vec<u64> = (number(&last) + 1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);

    // An id of a server that ran before says nothing here: all that is kept follows.
    let mut other = Ear::new(&served, None, Some("0-7")).await;
    let first = other.next().await.expect("one");
    assert_eq!(
        (&*first.kind, &first.data),
        ("missed", &json!({ "first": null, "count": null }))
    );
    assert_eq!(other.next().await.expect("one").data["state"], "inspecting");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_no_more_is_counted() {
    let mut limits = Limits::default();
    limits.kept = (4, 4);
    let served = Served::with(limits).await;
    let events = served.host.events();
    served.module.update("next.so").expect("an update");
    hotmod_tests::patience::until_state(&events, hotmod_host::UpdateState::Published);
    // Told of by another thread: so what is kept is asked for until it has come that far.
    let patience = std::time::Instant::now() + PATIENCE;
    loop {
        let mut ear = Ear::new(&served, Some("start"), None).await;
        let first = ear.next().await.expect("one");
        if first.kind == "missed" && first.data["count"].as_u64() >= Some(3) {
            assert_eq!(first.data["first"], 1);
            let next = ear.next().await.expect("one");
            let number = next.id.rsplit('-').next().and_then(|it| it.parse().ok());
            assert_eq!(number, first.data["count"].as_u64().map(|it| it + 1));
            return;
        }
        assert!(std::time::Instant::now() < patience, "{first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_end_when_the_admin_is_stopped_and_hold_no_shutdown_up() {
    let mut limits = Limits::default();
    limits.streams = 3;
    let served = Served::with(limits).await;
    let mut ears = Vec::new();
    for _ in 0..3 {
        ears.push(Ear::new(&served, None, None).await);
    }
    assert_eq!(served.refused("/v1/events").await, (503, "busy".to_owned()));
    drop(ears.pop());
    // The place is free once the server has noticed.
    let patience = std::time::Instant::now() + PATIENCE;
    let client = served.client.clone();
    let url = served.url("/v1/events");
    loop {
        let answer = client
            .get(&url)
            .bearer_auth(ALL)
            .send()
            .await
            .expect("an answer");
        if answer.status().as_u16() == 200 {
            ears.push(Ear {
                response: answer,
                text: String::new(),
            });
            break;
        }
        assert!(std::time::Instant::now() < patience);
        // The server writes to the connection that is gone, and so notices.
        served.module.freeze("a test");
        let _ = served.module.update("next.so");
    }
    served.module.thaw();
    served.admin.stop();
    assert_eq!(
        served.refused("/v1/events").await,
        (503, "stopping".to_owned())
    );
    let shut_down = tokio::time::timeout(PATIENCE, served.shut_down()).await;
    shut_down.expect("the streams do not hold it up");
    for mut ear in ears {
        while ear.next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_too_slowly_hears_what_it_missed_its_stream_ends_and_it_comes_back() {
    let mut limits = Limits::default();
    limits.kept = (32, 32);
    let served = Served::with(limits).await;
    let mut slow = Ear::new(&served, None, None).await;
    served.module.freeze("a test");
    served.module.update("next.so").expect_err("it is frozen");
    // Once this has come, the stream had nothing more to tell.
    slow.until("refused").await;

    // The client reads nothing meanwhile, and this is more than the buffers at both ends of the socket hold.
    served.module.freeze("a long reason ".repeat(4096));
    for _ in 0..600 {
        served.module.update("next.so").expect_err("it is frozen");
    }
    served.module.thaw();
    served.module.update("next.so").expect("an update");
    let mut last = None;
    while let Some(heard) = slow.next().await {
        last = Some(heard);
    }
    let last = last.expect("what it missed");
    assert_eq!(last.kind, "missed", "{:?}", last.id);
    assert!(last.data["count"].as_u64() > Some(0), "{}", last.data);

    let mut again = Ear::new(&served, None, Some(&last.id)).await;
    again.until("published").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_token_expires() {
    const SOON: &str = "soon-0123456789abcdef0123456789abcdef";
    let served = Served::new().await;
    let lasts = std::time::Duration::from_secs(2);
    let token = Token::new("soon", SOON, [Scope::Read]).expect("a token");
    let token = token.expires_at(SystemTime::now() + lasts);
    let admin = Admin::new(&served.host, Auth::new().token(token));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!(
        "http://{}/v1/events",
        listener.local_addr().expect("an address")
    );
    let serves = admin.clone();
    let server = tokio::spawn(async move { serves.serve_listener(listener).await });
    let ask = || served.client.get(&url).bearer_auth(SOON).send();
    let response = ask().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    let text = String::new();
    let mut ear = Ear { response, text };
    while ear.next().await.is_some() {}
    let (status, error) = code(ask().await.expect("an answer")).await;
    assert_eq!((status, &*error), (401, "token-expired"));
    admin.stop();
    server.await.expect("a task").expect("a server");
}

//! Requests that are up to no good, each with the status that says so.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use hotmod_admin::Limits;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::served::{ALL, NOBODY, PAST, READ, Served, answered, code};

async fn sent(request: RequestBuilder) -> (u16, String) {
    code(request.send().await.expect("an answer")).await
}

fn is(found: &(u16, String), status: u16, name: &str) {
    assert_eq!((found.0, &*found.1), (status, name));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_that_is_good_for_it_nothing_is_answered() {
    let served = Served::new().await;
    let get = |path: &str| served.client.get(served.url(path));
    for path in [
        "/v1",
        "/v1/modules",
        "/v1/events",
        "/metrics",
        "/v1/openapi.json",
    ] {
        is(&sent(get(path)).await, 401, "token-missing");
    }
    let answer = get("/v1").send().await.expect("an answer");
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    is(
        &sent(get("/v1").bearer_auth(NOBODY)).await,
        401,
        "token-unknown",
    );
    is(
        &sent(get("/v1").bearer_auth(&ALL[..ALL.len() - 1])).await,
        401,
        "token-unknown",
    );
    is(
        &sent(get("/v1").bearer_auth("")).await,
        401,
        "token-unreadable",
    );
    is(
        &sent(get("/v1").bearer_auth(PAST)).await,
        401,
        "token-expired",
    );
    is(
        &sent(get("/v1").basic_auth("ada", Some(ALL))).await,
        401,
        "token-unreadable",
    );
    let twice = get("/v1")
        .bearer_auth(NOBODY)
        .header("authorization", format!("Bearer {ALL}"));
    is(&sent(twice).await, 401, "token-unreadable");
    // Neither a cookie nor the address has a token.
    is(
        &sent(get("/v1").header("cookie", format!("token={ALL}"))).await,
        401,
        "token-missing",
    );
    is(
        &sent(get(&format!("/v1?token={ALL}&access_token={ALL}"))).await,
        401,
        "token-missing",
    );
    is(
        &sent(get("/v1/pools/rooms/state?key=7").bearer_auth(READ)).await,
        403,
        "scope-missing",
    );
    let plan = served
        .client
        .post(served.url("/v1/modules/rooms/rollback:plan"));
    is(
        &sent(plan.bearer_auth(READ).json(&json!({}))).await,
        403,
        "scope-missing",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_and_pages_of_other_origins_are_not_answered() {
    let served = Served::new().await;
    let get = |path: &str| served.request(Method::GET, path);
    for host in ["evil.example", "localhost.evil.example", "10.0.0.7", ""] {
        is(
            &sent(get("/v1").header("Host", host)).await,
            403,
            "host-not-allowed",
        );
        is(
            &sent(get("/page").header("Host", host)).await,
            403,
            "host-not-allowed",
        );
    }
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:1",
        "http://127.0.0.1.evil.example",
    ] {
        is(
            &sent(get("/v1").header("Origin", origin)).await,
            403,
            "origin-not-allowed",
        );
    }
    // What was asked is told, however long it is.
    let long = format!("{}.example", "x".repeat(1000));
    for (header, said) in [
        ("Host", "evil.example"),
        ("Host", &long),
        ("Origin", "https://evil.example"),
        ("Origin", "https://schl\u{fc}ssel.example"),
    ] {
        let answer = get("/v1").header(header, said.as_bytes()).send().await;
        let (_, body) = answered(answer.expect("an answer")).await;
        let message = body["message"].as_str().expect("text");
        let shown: String = said.chars().take(100).collect();
        assert!(
            message.contains(&format!("`{shown}")) && message.len() < 300,
            "{message}"
        );
    }
    let own = format!("http://{}", served.address);
    let answer = get("/v1")
        .header("Origin", own)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    // No page of another origin is told that it may.
    assert!(
        answer
            .headers()
            .keys()
            .all(|it| !it.as_str().starts_with("access-control"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_modules_in_the_directory_are_taken() {
    let served = Served::new().await;
    let elsewhere = tempfile::tempdir().expect("a directory");
    fs::copy(served.file("next.so"), elsewhere.path().join("next.so")).expect("a copy");
    for name in [
        "../next.so",
        "/etc/passwd",
        "a/../next.so",
        "..",
        ".",
        "",
        "/dev/zero",
        "./next.so",
        "next.so/",
        "a\0.so",
        "%2e%2e/next.so",
        "..\\next.so/..",
        elsewhere.path().join("next.so").to_str().expect("text"),
    ] {
        for (route, body) in [
            ("update:plan", json!({ "file": name })),
            ("rehearse:plan", json!({ "file": name })),
            (
                "canary:plan",
                json!({ "file": name, "pool": "rooms", "percent": 5 }),
            ),
        ] {
            let path = format!("/v1/modules/rooms/{route}");
            let request = served.request(Method::POST, &path).json(&body);
            is(&sent(request).await, 400, "file-outside");
        }
        let (status, refused) = served.change("update", json!({ "file": name })).await;
        assert_eq!(
            (status, &refused["error"]),
            (400, &json!("file-outside")),
            "{name}"
        );
    }
    symlink(elsewhere.path().join("next.so"), served.file("out.so")).expect("a link");
    symlink("/dev/zero", served.file("zero.so")).expect("a link");
    symlink("loop.so", served.file("loop.so")).expect("a link");
    fs::create_dir(served.file("directory.so")).expect("a directory");
    fs::write(served.file("empty.so"), "").expect("a file");
    fs::write(served.file("text.so"), "no module").expect("a file");
    let pipe = Command::new("mkfifo")
        .arg(served.file("pipe.so"))
        .status()
        .expect("mkfifo");
    assert!(pipe.success());
    let mut names = vec![
        "out.so",
        "zero.so",
        "loop.so",
        "directory.so",
        "empty.so",
        "text.so",
        "pipe.so",
        "absent.so",
    ];
    let device = Command::new("mknod")
        .arg(served.file("device.so"))
        .args(["c", "1", "5"])
        .status();
    match device {
        Ok(status) if status.success() => names.push("device.so"),
        _ => eprintln!("skipped: this process can make no device file"),
    }
    for name in names {
        let body = json!({ "file": name });
        let (status, plan) = served.plan("update", &body).await;
        assert_eq!(
            (status, &plan["verdict"]),
            (200, &json!("refuse")),
            "{name}: {plan:#}"
        );
        let (status, refusal) = served.change("update", body).await;
        assert_eq!(
            (status, &refusal["error"]),
            (422, &json!("refused")),
            "{name}: {refusal:#}"
        );
        assert_eq!(
            (&refusal["stage"], &refusal["new"]),
            (&json!("inspect"), &Value::Null),
            "{name}"
        );
        if matches!(name, "out.so" | "zero.so") {
            assert_eq!(
                refusal["differences"][0]["rule"], "file-outside",
                "{name}: {refusal:#}"
            );
        }
    }
    let listed = served.get("/v1/files").await;
    let listed: Vec<_> = listed["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|it| &it["file"])
        .collect();
    assert_eq!(
        listed,
        [
            "base.so",
            "empty.so",
            "grown.so",
            "missing.so",
            "narrow.so",
            "next.so",
            "out.so",
            "text.so"
        ]
    );
    assert_eq!(served.module.version(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_json_of_a_bounded_size_within_a_bounded_time() {
    let mut limits = Limits::default();
    limits.body_time = Duration::from_millis(300);
    let served = Served::with(limits).await;
    let post = || served.request(Method::POST, "/v1/modules/rooms/update:plan");
    let json = || post().header("content-type", "application/json");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
    ] {
        let request = post()
            .header("content-type", kind)
            .body("{\"file\":\"next.so\"}");
        is(&sent(request).await, 415, "not-json");
    }
    is(
        &sent(post().body("{\"file\":\"next.so\"}")).await,
        415,
        "not-json",
    );
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        "",
        "{",
        "\u{0}",
        "{\"file\":\"next.so\"} x",
        "{\"file\":\"\\ud800\"}",
    ] {
        is(&sent(json().body(body)).await, 400, "body-malformed");
    }
    for body in [
        "[]",
        "[\"next.so\"]",
        &deep,
        "7",
        "{}",
        "{\"file\":7}",
        "{\"file\":\"next.so\",\"force\":true}",
        "{\"file\":\"a\",\"file\":\"b\"}",
        "{\"file\":\"next.so\",\"reason\":null}",
        "{\"file\":\"next.so\",\"settle_ms\":null}",
        "{\"file\":\"next.so\",\"settle_ms\":2.5}",
        "{\"file\":\"next.so\",\"settle_ms\":-1}",
        "{\"file\":\"next.so\",\"settle_ms\":1e300}",
        "{\"file\":\"next.so\",\"settle_ms\":\"1\"}",
    ] {
        is(&sent(json().body(body.to_owned())).await, 400, "body-unfit");
    }
    // An integer, as JSON has them.
    for number in ["20", "20.0", "2e1", "0", "-0.0"] {
        let body = format!("{{\"file\":\"next.so\",\"settle_ms\":{number}}}");
        assert_eq!(sent(json().body(body)).await.0, 200, "{number}");
    }
    let giant = format!("{{\"file\":\"{}\"}}", "x".repeat(1 << 20));
    is(&sent(json().body(giant)).await, 413, "too-large");
    // A body that says that it is short, and one that does not come to its end.
    let head = |length: &str| {
        format!(
            "POST /ops/hotmod/v1/modules/rooms/update:plan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ALL}\r\n\
             Content-Type: application/json\r\n{length}\r\n\r\n"
        )
    };
    for (length, sends, status) in [
        ("Content-Length: 100", "{\"file\":", "408"),
        ("Transfer-Encoding: chunked", "5\r\n{\"fil\r\n", "408"),
        ("Transfer-Encoding: chunked", "zz\r\n", "400"),
        ("Content-Length: -1", "", "400"),
        ("Content-Length: 5\r\nContent-Length: 6", "", "400"),
        ("Content-Length: 99999999999", "{", "4"),
    ] {
        let mut client = TcpStream::connect(served.address)
            .await
            .expect("a connection");
        client
            .write_all(format!("{}{sends}", head(length)).as_bytes())
            .await
            .expect("a request");
        let mut answer = [0; 64];
        let read = tokio::time::timeout(hotmod_tests::patience::PATIENCE, client.read(&mut answer));
        let read = read.await.expect("an answer in time").expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{length}: {answer}"
        );
    }
}

/// What is described of a part, in whichever place of the description it stands.
fn described<'d>(description: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(at) => {
            let at = at.strip_prefix('#').expect("a place in it");
            let part = description.pointer(at).expect("what is referred to");
            described(description, part)
        }
        None => part,
    }
}

/// Numbers that no route should stumble over.
const NUMBERS: [&str; 8] = [
    "-1",
    "0",
    "1.5",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e300",
    "-1e300",
];

#[tokio::test(flavor = "multi_thread")]
async fn numbers_beyond_what_is_described_are_refused_and_none_breaks_anything() {
    let served = Served::new().await;
    let description = include_str!("../../openapi.json");
    let description: Value = serde_json::from_str(description).expect("JSON");
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().expect("paths") {
        let path = path.replace("{module}", "rooms").replace("{pool}", "rooms");
        let path = path.replace("{operation}", "1");
        let responses = &methods["get"]["responses"];
        for parameter in methods["get"]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let parameter = described(&description, parameter);
            let schema = described(&description, &parameter["schema"]);
            if schema["type"] != "integer" {
                continue;
            }
            for number in NUMBERS {
                let name = parameter["name"].as_str().expect("a name");
                let (status, _) = served
                    .refused(&format!("{path}?key=7&{name}={number}"))
                    .await;
                let is_described = number.parse::<u64>().is_ok();
                assert!(
                    [200, 400].contains(&status),
                    "{path} {name}={number}: {status}"
                );
                assert!(is_described || status == 400, "{path} {name}={number}");
                let is_told = responses.get(status.to_string()).is_some();
                assert!(is_told, "{path} is not said to answer {status}");
                asked += 1;
            }
        }
        // Of a change, its plan, which changes nothing.
        let content = &methods["post"]["requestBody"]["content"];
        let schema = described(&description, &content["application/json"]["schema"]);
        let Some(action) = path.strip_suffix(":plan") else {
            continue;
        };
        let action = action.strip_prefix("/v1/modules/rooms/").expect("a change");
        let properties = schema["properties"].as_object();
        for (name, schema) in properties.into_iter().flatten() {
            let schema = described(&description, schema);
            let is_whole = schema["type"] == "integer";
            if !is_whole && schema["type"] != "number" {
                continue;
            }
            for number in NUMBERS {
                let value: Value = serde_json::from_str(number).expect("a number");
                let within = value.as_f64().is_some_and(|it| {
                    let least = schema["minimum"].as_f64().unwrap_or(f64::MIN);
                    let most = schema["maximum"].as_f64().unwrap_or(f64::MAX);
                    (least..=most).contains(&it) && !(is_whole && number.parse::<u64>().is_err())
                });
                let mut body = json!({});
                for (part, value) in [
                    ("file", json!("next.so")),
                    ("pool", json!("rooms")),
                    ("percent", json!(5)),
                ] {
                    if properties.is_some_and(|it| it.contains_key(part)) {
                        body[part] = value;
                    }
                }
                body[name] = value;
                let (status, _) = served.plan(action, &body).await;
                let expected = if within { 200 } else { 400 };
                assert_eq!(status, expected, "{action} {name}={number}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
    assert_eq!(served.rooms.len(), 300);
    assert_eq!(
        served.get("/v1/pools/rooms/instances?from=299").await["instances"][0]["key"],
        "299"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_text_is_told() {
    let served = Served::new().await;
    let description = include_str!("../../openapi.json");
    let description: Value = serde_json::from_str(description).expect("JSON");
    for path in [
        "/v1/modules/{module}",
        "/v1/modules/{module}/panics",
        "/v1/pools/{pool}/instances",
        "/v1/pools/{pool}/state",
        "/v1/operations/{operation}",
    ] {
        let responses = &description["paths"][path]["get"]["responses"];
        assert!(responses["400"].is_object(), "{path}: {responses}");
        let asked = path.replace("{pool}", "%c3%28");
        let asked = asked
            .replace("{module}", "%ff")
            .replace("{operation}", "%ff");
        is(&served.refused(&asked).await, 400, "name-unfit");
    }
    for path in ["/v1/modules/%ff/update", "/v1/modules/%ff/update:plan"] {
        let sent = served.request(Method::POST, path).json(&json!({})).send();
        is(
            &code(sent.await.expect("an answer")).await,
            400,
            "name-unfit",
        );
    }
    is(&served.refused("/v1/modules/%00").await, 404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_refuses_the_reason_that_its_change_would() {
    let served = Served::new().await;
    for (len, expected) in [(0, 200), (1024, 200), (1025, 400)] {
        let reason = "x".repeat(len);
        let (status, plan) = served.plan("freeze", &json!({ "reason": reason })).await;
        assert_eq!(status, expected, "{len}: {plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_is_described_to_need_is_what_it_needs() {
    let served = Served::new().await;
    let description = include_str!("../../openapi.json");
    let description: Value = serde_json::from_str(description).expect("JSON");
    let paths = description["paths"].as_object().expect("paths");
    let mut changes = 0;
    for (path, methods) in paths {
        let post = &methods["post"];
        if post.is_null() || path.ends_with(":plan") {
            continue;
        }
        let parameters = post["parameters"].as_array().expect("parameters");
        let key = parameters.iter().find(|it| it["name"] == "Idempotency-Key");
        let shortest = key.expect("a key")["schema"]["minLength"].as_u64();
        let shortest = "k".repeat(shortest.unwrap_or(0) as usize);
        let schema = &post["requestBody"]["content"]["application/json"]["schema"];
        let schema = described(&description, schema);
        let mut body = json!({});
        for name in schema["required"].as_array().expect("names") {
            let name = name.as_str().expect("a name");
            body[name] = match described(&description, &schema["properties"][name])["type"].as_str()
            {
                Some("string") => json!("nothing"),
                _ => json!(1),
            };
        }
        let ask = |body: &Value| {
            let path = path.replace("{module}", "rooms");
            let request = served.request(Method::POST, &path);
            // That of another server: nothing is done.
            let request = request.header("If-Match", "\"abc-7\"");
            request.header("Idempotency-Key", &shortest).json(body)
        };
        let (status, answer) = sent(ask(&body)).await;
        assert_eq!(status, 409, "{path} {body}: {answer:?}");
        for name in schema["required"].as_array().expect("names") {
            let mut less = body.clone();
            less.as_object_mut()
                .expect("an object")
                .remove(name.as_str().expect("a name"));
            let (status, _) = sent(ask(&less)).await;
            assert_eq!(status, 400, "{path} without {name}");
        }
        changes += 1;
    }
    assert_eq!(changes, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_told_which_there_are() {
    let served = Served::new().await;
    for (path, method, allow) in [
        ("/v1/modules", Method::POST, "GET, HEAD"),
        ("/v1/modules", Method::DELETE, "GET, HEAD"),
        ("/metrics", Method::PUT, "GET, HEAD"),
        ("/v1/modules/rooms/update", Method::GET, "POST"),
        ("/v1/modules/rooms/update:plan", Method::PATCH, "POST"),
        ("/v1/modules/rooms/rollback", Method::OPTIONS, "POST"),
        ("/page", Method::POST, "GET, HEAD"),
    ] {
        let answer = served
            .request(method, path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.headers()["allow"], allow, "{path}");
        is(&code(answer).await, 405, "wrong-method");
    }
    assert_eq!(served.module.version(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_asks_too_often_is_told_to_wait() {
    let mut limits = Limits::default();
    limits.rate = 1;
    let served = Served::with(limits).await;
    let mut statuses = Vec::new();
    for _ in 0..30 {
        let answer = served
            .request(Method::GET, "/v1")
            .send()
            .await
            .expect("an answer");
        if answer.status().as_u16() == 429 {
            assert!(answer.headers().contains_key("retry-after"));
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(&statuses[..10], [200; 10]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = served
        .client
        .get(served.url("/v1"))
        .bearer_auth(READ)
        .send()
        .await
        .expect("an answer");
    assert_eq!(other.status().as_u16(), 200);
}

/// The memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status
        .lines()
        .find_map(|it| it.strip_prefix("VmRSS:"))
        .expect("a size");
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_at_once_are_answered_and_kept_nowhere() {
    const CONNECTIONS: usize = 500;
    const EACH: usize = 20;
    let served = Served::new().await;
    let before = resident();
    let request = format!(
        "GET /ops/hotmod/v1/modules HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ALL}\r\n\r\n"
    );
    let last = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let all = request.repeat(EACH - 1) + &last;
    // All are sent before any answer is read.
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut client = TcpStream::connect(served.address)
            .await
            .expect("a connection");
        client
            .write_all(all.as_bytes())
            .await
            .expect("the requests");
        clients.push(client);
    }
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for mut client in clients {
        let mut answers = String::new();
        client
            .read_to_string(&mut answers)
            .await
            .expect("the answers");
        for answer in answers.split("HTTP/1.1 ").skip(1) {
            *counts.entry(answer[..3].to_owned()).or_default() += 1;
        }
    }
    assert_eq!(
        counts.values().sum::<usize>(),
        CONNECTIONS * EACH,
        "{counts:?}"
    );
    assert!(
        counts
            .keys()
            .all(|it| matches!(it.as_str(), "200" | "429" | "503")),
        "{counts:?}"
    );
    assert!(counts["200"] > 0, "{counts:?}");
    let grown = resident().saturating_sub(before);
    assert!(grown < 256 << 10, "{grown} KiB more for {counts:?}");
    assert_eq!(served.rooms.call(&1, |room| room.visits()), Ok(1));
}

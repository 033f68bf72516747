//! Changes: their plans, what they are decided on by, and what they come to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotmod_admin::{Admin, AuditRecord, Limits};
use hotmod_tests::gate::Gate;
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::{READ, Served, answered, auth, code, unique};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_changes_nothing_and_an_update_by_it_is_made_once() {
    let served = Served::new().await;
    let update = json!({ "file": "next.so" });
    let (status, plan) = served.plan("update", &update).await;
    assert_eq!(
        (status, &plan["verdict"], &plan["action"]),
        (200, &json!("adopt"), &json!("update")),
        "{plan:#}"
    );
    assert_eq!(
        (&plan["old"]["version"], &plan["new"]["version"]),
        (&json!("1.0.0"), &json!("1.1.0"))
    );
    assert_eq!(plan["old"]["digest"].as_str().map(str::len), Some(64));
    assert_eq!(served.module.version(), "1.0.0");

    let generation = plan["generation"].as_u64().expect("a number");
    let body = json!({ "file": "next.so", "reason": "it is better" });
    let key = unique();
    let send = async |generation, body: &Value, key: &str| {
        let request = served.change_request(generation, "update", body);
        request
            .header("Idempotency-Key", key)
            .send()
            .await
            .expect("an answer")
    };
    let first = send(generation, &body, &key).await;
    assert!(first.headers().get("idempotency-replayed").is_none());
    let (status, first) = answered(first).await;
    assert_eq!(
        (status, &first["outcome"], &first["to"]),
        (200, &json!("published"), &json!("1.1.0")),
        "{first:#}"
    );
    assert_eq!(
        (&first["operation"]["state"], &first["operation"]["reason"]),
        (&json!("done"), &json!("it is better"))
    );
    assert_eq!(served.module.version(), "1.1.0");

    // The same request again is the same operation, although the generation is another one by now.
    let again = send(generation, &body, &key).await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    let (status, again) = answered(again).await;
    assert_eq!(
        (status, &again["operation"]["id"]),
        (200, &first["operation"]["id"])
    );
    let other = json!({ "file": "narrow.so", "reason": "it is better" });
    assert_eq!(
        code(send(generation, &other, &key).await).await,
        (422, "idempotency-key-reused".to_owned())
    );
    // With a key of its own, it is late.
    let late = send(generation, &other, &unique()).await;
    let (status, late) = answered(late).await;
    assert_eq!(
        (status, &late["error"], &late["generation"]),
        (409, &json!("overtaken"), &json!(generation + 1))
    );
    assert_eq!(served.module.version(), "1.1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_of_the_generation_that_it_names() {
    let served = Served::new().await;
    let (module, next) = (served.module.clone(), served.file("next.so"));
    let first = module.publications();
    // One version becomes current while each plan is made.
    let (turn, turns) = std::sync::mpsc::channel();
    let changes = std::thread::spawn(move || {
        while let Ok(is_on) = turns.recv() {
            match is_on {
                true => drop(module.update(&next).expect("an update")),
                false => drop(module.rollback().expect("a rollback")),
            }
        }
    });
    for round in 0..200 {
        turn.send(round % 2 == 0).expect("a thread");
        let (status, plan) = served.plan("update", &json!({ "file": "next.so" })).await;
        let generation = plan["generation"].as_u64().expect("a number");
        let (runs, old) = match (generation - first) % 2 {
            0 => (false, "1.0.0"),
            _ => (true, "1.1.0"),
        };
        assert_eq!(
            (status, &plan["unchanged"], &plan["old"]["version"]),
            (200, &json!(runs), &json!(old)),
            "{plan:#}"
        );
    }
    drop(turn);
    changes.join().expect("a thread");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_what_the_command_line_prints() {
    let served = Served::new().await;
    let (status, plan) = served
        .plan("update", &json!({ "file": "missing.so" }))
        .await;
    assert_eq!(
        (status, &plan["verdict"]),
        (200, &json!("refuse")),
        "{plan:#}"
    );
    let (status, refusal) = served
        .change("update", json!({ "file": "missing.so" }))
        .await;
    assert_eq!(
        (status, &refusal["error"]),
        (422, &json!("refused")),
        "{refusal:#}"
    );
    let text = refusal["message"].as_str().expect("a text");
    assert!(
        text.contains("help: existing state has no value for it"),
        "{text}"
    );
    // What `cargo hotmod diff --format json` prints of the same two files.
    let files = [served.file("base.so"), served.file("missing.so")];
    let [old, new] = files.map(|file| hotmod_host::inspect(file).expect("a module"));
    let differences = hotmod_file::Comparison::new(&old, &new).update();
    let printed: Vec<_> = differences
        .iter()
        .map(hotmod_file::json::JsonChange::of)
        .collect();
    let printed = serde_json::to_value(printed).expect("JSON");
    let refuses = |it: &Value| {
        let all = it.as_array().expect("differences").iter();
        all.filter(|it| it["refuses"] == json!(true))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(!refuses(&printed).is_empty());
    for answer in [&plan, &refusal] {
        assert_eq!(refuses(&answer["differences"]), refuses(&printed));
        let build = serde_json::to_value(hotmod_file::json::JsonBuild::of(&new)).expect("JSON");
        for name in [
            "digest",
            "module",
            "version",
            "abi",
            "toolchain",
            "panic",
            "allocator",
        ] {
            assert_eq!(answer["new"][name], build[name], "{name}");
        }
        for name in [
            "verdict",
            "survives",
            "conditions",
            "old",
            "host",
            "others",
            "costs",
            "call_costs",
            "preparations",
            "lossless",
            "statics_seen",
        ] {
            assert!(answer.get(name).is_some(), "{name}");
        }
    }
    assert_eq!(served.module.version(), "1.0.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_says_what_it_loses_and_gives_up_nothing_else() {
    let served = Served::new().await;
    let (status, none) = served.plan("rollback", &json!({})).await;
    assert_eq!(
        (status, &none["verdict"]),
        (200, &json!("refuse")),
        "{none:#}"
    );
    let (status, refusal) = served.change("rollback", json!({})).await;
    assert_eq!(
        (status, &refusal["differences"][0]["rule"]),
        (422, &json!("nothing-before"))
    );
    let (status, _) = served
        .change("update", json!({ "file": "next.so", "settle_ms": 10_000 }))
        .await;
    assert_eq!(status, 200);
    let (_, plan) = served.plan("rollback", &json!({})).await;
    assert_eq!(
        (&plan["from"], &plan["to"], &plan["losses"]),
        (&json!("1.1.0"), &json!("1.0.0"), &json!([]))
    );
    assert_eq!(served.module.version(), "1.1.0");
    let (status, back) = served
        .change("rollback", json!({ "settle_ms": 10_000 }))
        .await;
    assert_eq!((status, &back["to"]), (200, &json!("1.0.0")), "{back:#}");
    assert_eq!(served.module.version(), "1.0.0");

    served.change("update", json!({ "file": "next.so" })).await;
    let (_, plan) = served.plan("permanent", &json!({})).await;
    assert_eq!(plan["gives_up"], "1.0.0");
    assert_eq!(served.module.previous_version(), Some("1.0.0"));
    let (status, done) = served.change("permanent", json!({})).await;
    assert_eq!((status, &done["gave_up"]), (200, &json!("1.0.0")));
    assert_eq!(served.module.previous_version(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_frozen_is_refused_until_it_is_thawed() {
    let served = Served::new().await;
    served.plan("freeze", &json!({})).await;
    assert_eq!(served.module.frozen(), None);
    let (status, _) = served.change("freeze", json!({})).await;
    assert_eq!(
        (status, served.module.frozen().as_deref()),
        (200, Some("a test"))
    );
    let (status, refusal) = served.change("update", json!({ "file": "next.so" })).await;
    assert_eq!(
        (status, &refusal["differences"][0]["rule"]),
        (422, &json!("frozen"))
    );
    let (status, _) = served.change("thaw", json!({})).await;
    assert_eq!((status, served.module.frozen()), (200, None));
    assert_eq!(
        served
            .change("update", json!({ "file": "next.so" }))
            .await
            .0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_swept_and_an_update_is_rehearsed() {
    let served = Served::new().await;
    let (status, rehearsed) = served
        .change("rehearse", json!({ "file": "next.so" }))
        .await;
    assert_eq!(
        (status, &rehearsed["migrated"]),
        (200, &json!(301)),
        "{rehearsed:#}"
    );
    assert_eq!(served.module.version(), "1.0.0");
    let (status, refusal) = served
        .change("rehearse", json!({ "file": "narrow.so" }))
        .await;
    assert_eq!(
        (status, &refusal["stage"]),
        (422, &json!("rehearse")),
        "{refusal:#}"
    );
    served
        .change("update", json!({ "file": "narrow.so" }))
        .await;
    let (_, plan) = served.plan("sweep", &json!({ "within_ms": 10_000 })).await;
    assert_eq!(plan["elsewhere"], 301);
    let (status, swept) = served.change("sweep", json!({ "within_ms": 10_000 })).await;
    assert_eq!(
        (status, &swept["migrated"], &swept["stuck"]),
        (200, &json!(257), &json!(44)),
        "{swept:#}"
    );
    let (status, long) = served
        .change("sweep", json!({ "within_ms": 600_001 }))
        .await;
    assert_eq!((status, &long["error"]), (400, &json!("too-long")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_begun_aborted_and_promoted() {
    let served = Served::new().await;
    let canary = json!({ "file": "next.so", "pool": "rooms", "percent": 100, "settle_ms": 10_000 });
    let (status, plan) = served.plan("canary", &canary).await;
    assert_eq!((status, &plan["instances"]), (200, &json!(300)), "{plan:#}");
    let text = plan["text"].as_str().expect("text");
    assert!(
        text.contains("on trial with 100 % of the 300 instances"),
        "{text}"
    );
    let code = |room| {
        served
            .rooms
            .call(&room, |room| room.code())
            .expect("a call")
    };
    assert_eq!(code(1), 1);
    let (status, begun) = served.change("canary", canary.clone()).await;
    assert_eq!(
        (status, &begun["canary"]["state"]),
        (200, &json!("running")),
        "{begun:#}"
    );
    assert_eq!(code(1), 2);
    let view = served.get("/v1/modules/rooms").await;
    assert_eq!(
        (
            &view["canary"]["version"],
            &view["canary"]["candidate"]["calls"]
        ),
        (&json!("1.1.0"), &json!(1))
    );
    let (status, refusal) = served
        .change("update", json!({ "file": "narrow.so" }))
        .await;
    assert_eq!(
        (status, &refusal["differences"][0]["rule"]),
        (422, &json!("on-trial"))
    );
    assert_eq!(served.change("abort", json!({})).await.0, 200);
    assert_eq!(code(1), 1);
    assert_eq!(served.change("promote", json!({})).await.0, 404);
    served.change("canary", canary).await;
    // Not while every update is refused.
    served.module.freeze("a sale is on");
    let (status, plan) = served.plan("promote", &json!({})).await;
    assert_eq!((status, &plan["verdict"]), (200, &json!("refuse")));
    let (status, refusal) = served.change("promote", json!({})).await;
    assert_eq!(
        (status, &refusal["differences"][0]["rule"]),
        (422, &json!("frozen"))
    );
    served.module.thaw();
    let (status, plan) = served.plan("promote", &json!({})).await;
    assert_eq!((status, &plan["verdict"]), (200, &json!(null)));
    let (status, promoted) = served.change("promote", json!({})).await;
    assert_eq!(
        (status, &promoted["to"]),
        (200, &json!("1.1.0")),
        "{promoted:#}"
    );
    assert_eq!((served.module.version(), code(2)), ("1.1.0", 2));
    for (body, status, name) in [
        (
            json!({ "file": "next.so", "pool": "none", "percent": 5 }),
            404,
            "not-found",
        ),
        (
            json!({ "file": "next.so", "pool": "rooms", "percent": 101 }),
            400,
            "percent-unfit",
        ),
    ] {
        let (found, body) = served.plan("canary", &body).await;
        assert_eq!((found, &body["error"]), (status, &json!(name)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_a_trial_refuses_what_the_trial_would_and_nothing_else() {
    let served = Served::new().await;
    let canary = json!({ "file": "base.so", "pool": "rooms", "percent": 5 });
    let (_, plan) = served.plan("canary", &canary).await;
    let (status, refusal) = served.change("canary", canary).await;
    assert_eq!(status, 422, "{refusal:#}");
    for answer in [&plan, &refusal] {
        assert_eq!(
            (&answer["verdict"], &answer["differences"][0]["rule"]),
            (&json!("refuse"), &json!("same-file")),
            "{answer:#}"
        );
    }
    // A rehearsal changes nothing, so it is no matter that nothing may.
    served.module.freeze("a sale is on");
    let rehearsal = json!({ "file": "next.so" });
    let (_, plan) = served.plan("rehearse", &rehearsal).await;
    assert_eq!(plan["verdict"], "adopt", "{plan:#}");
    let text = plan["text"].as_str().expect("text");
    assert!(text.contains("in a copy of the process"), "{text}");
    let (status, rehearsed) = served.change("rehearse", rehearsal).await;
    assert_eq!(status, 200, "{rehearsed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_says_what_its_end_would_lose() {
    let served = Served::new().await;
    let canary = json!({ "file": "grown.so", "pool": "rooms", "percent": 5 });
    let (_, plan) = served.plan("canary", &canary).await;
    let (status, begun) = served.change("canary", canary).await;
    assert_eq!(status, 200, "{begun:#}");
    let (_, end) = served.plan("abort", &json!({})).await;
    for answer in [&plan, &end] {
        let text = answer["text"].as_str().expect("text");
        assert!(text.contains("loses Hall.guests"), "{text}");
        assert_eq!(answer["losses"][0]["path"], "Hall.guests", "{answer:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_long_is_followed_as_an_operation() {
    let mut limits = Limits::default();
    limits.wait = Duration::from_millis(20);
    let served = Served::with(limits).await;
    let gate = Gate::new();
    let (rooms, path) = (served.rooms.clone(), gate.path());
    let call = std::thread::spawn(move || rooms.call(&5, |room| room.stay(&path)));
    let inside = gate.wait();
    let update = json!({ "file": "next.so", "settle_ms": 60_000, "reason": "a test" });
    let request = served.change_request(served.generation(), "update", &update);
    let response = request
        .header("Idempotency-Key", unique())
        .send()
        .await
        .expect("an answer");
    let location = response.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    // As a client makes it of the address that it asked.
    let followed = response.url().join(&location).expect("an address");
    let (status, begun) = answered(response).await;
    assert_eq!(
        (status, &begun["operation"]["state"]),
        (202, &json!("running")),
        "{begun:#}"
    );
    let follow = async || {
        let path = followed
            .path()
            .strip_prefix("/ops/hotmod")
            .expect("the same prefix");
        served.get(path).await
    };
    assert_eq!(follow().await["state"], "running");
    drop(inside);
    call.join().expect("a thread").expect("a call");
    let patience = std::time::Instant::now() + hotmod_tests::patience::PATIENCE;
    let ended = loop {
        let operation = follow().await;
        if operation["state"] != "running" {
            break operation;
        }
        assert!(std::time::Instant::now() < patience, "{operation:#}");
    };
    assert_eq!(
        (&ended["state"], &ended["result"]["to"]),
        (&json!("done"), &json!("1.1.0")),
        "{ended:#}"
    );
    let all = served.get("/v1/operations").await;
    assert_eq!(all["operations"][0]["id"], ended["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_and_each_read_of_state_is_audited() {
    let served = Served::new().await;
    let heard = Arc::new(Mutex::new(Vec::<AuditRecord>::new()));
    let hears = heard.clone();
    let mut limits = Limits::default();
    limits.wait = hotmod_tests::patience::PATIENCE;
    let admin = Admin::builder(&served.host, auth()).limits(limits);
    let admin = admin
        .on_audit(move |record| hears.lock().expect("no panic").push(record.clone()))
        .build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a listener");
    let address = listener.local_addr().expect("an address");
    let serves = admin.clone();
    let server = tokio::spawn(async move { serves.serve_listener(listener).await });
    let ask = |method: Method, path: &str| {
        let request = served
            .client
            .request(method, format!("http://{address}{path}"));
        request.bearer_auth(crate::served::ALL)
    };
    let read = ask(Method::GET, "/v1/pools/rooms/state?key=7&path=visits")
        .send()
        .await;
    assert_eq!(read.expect("an answer").status().as_u16(), 200);
    for file in ["next.so", "missing.so"] {
        let request = ask(Method::POST, "/v1/modules/rooms/update");
        let request = request.header("If-Match", format!("\"{}\"", served.generation()));
        let request = request.header("Idempotency-Key", unique());
        let body = json!({ "file": file, "reason": format!("to have {file}") });
        request.json(&body).send().await.expect("an answer");
    }
    admin.stop();
    server.await.expect("a task").expect("a server");
    let heard = heard.lock().expect("no panic");
    let told: Vec<_> = heard
        .iter()
        .map(|it| (&*it.caller, &*it.action, &*it.of, &*it.reason, &*it.outcome))
        .collect();
    let expected = [
        ("ada", "state", "rooms[7].visits", "", "read"),
        ("ada", "update", "rooms", "to have next.so", "begun"),
        ("ada", "update", "rooms", "to have next.so", "done"),
        ("ada", "update", "rooms", "to have missing.so", "begun"),
        ("ada", "update", "rooms", "to have missing.so", "refused"),
    ];
    assert_eq!(told, expected);
    assert!(
        heard.iter().all(|it| it.from.starts_with("127.0.0.1:")),
        "{heard:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_what_it_needs_is_not_begun() {
    let served = Served::new().await;
    let body = json!({ "file": "next.so", "reason": "a test" });
    let path = "/v1/modules/rooms/update";
    let sent = async |request: reqwest::RequestBuilder| {
        code(request.send().await.expect("an answer")).await
    };
    let post = || {
        served
            .request(Method::POST, path)
            .header("Idempotency-Key", unique())
    };
    assert_eq!(
        sent(post().json(&body)).await,
        (428, "generation-missing".to_owned())
    );
    let told = async |request: reqwest::RequestBuilder| {
        let (status, body) = answered(request.send().await.expect("an answer")).await;
        let text = |name: &str| body[name].as_str().expect("text").to_owned();
        (status, text("error"), text("message"))
    };
    for tag in [
        "0",
        "*",
        "W/\"0\"",
        "\"x\"",
        "\"+0\"",
        "\"\"",
        "\"0\", \"1\"",
        "\"99999999999999999999\"",
    ] {
        let (status, error, message) = told(post().header("If-Match", tag).json(&body)).await;
        assert_eq!((status, &*error), (400, "generation-malformed"), "{tag}");
        assert!(message.contains(&format!("`{tag}`")), "{message}");
    }
    let tag = format!("\"{}\"", served.generation());
    // Two headers may say two things, though one of them is right.
    for second in ["\"7\"", &tag] {
        let request = post().header("If-Match", &tag).header("If-Match", second);
        let refused = sent(request.json(&body)).await;
        assert_eq!(refused, (400, "generation-malformed".to_owned()));
    }
    let long = "x".repeat(1025);
    for (keys, what) in [
        (&["a", "b"][..], "several"),
        (&[" "], "none"),
        (&[&*long], "1025 bytes"),
        (&["schl\u{fc}ssel"], "visible ASCII"),
    ] {
        let mut request = served.request(Method::POST, path).header("If-Match", &tag);
        for key in keys {
            request = request.header("Idempotency-Key", key.as_bytes());
        }
        let (status, error, message) = told(request.json(&body)).await;
        assert_eq!(
            (status, &*error),
            (400, "idempotency-key-missing"),
            "{what}"
        );
        assert!(message.contains(what), "{message}");
    }
    let keyless = served
        .request(Method::POST, path)
        .header("If-Match", &tag)
        .json(&body);
    assert_eq!(
        sent(keyless).await,
        (400, "idempotency-key-missing".to_owned())
    );
    for (reason, refusal) in [
        (json!(null), "body-unfit"),
        (json!("  "), "reason-missing"),
        (json!("é".repeat(1025)), "reason-missing"),
    ] {
        let body = json!({ "file": "next.so", "reason": reason });
        let refused = sent(post().header("If-Match", &tag).json(&body)).await;
        assert_eq!(refused, (400, refusal.to_owned()));
    }
    // It is characters that are counted.
    let body = json!({ "file": "next.so", "reason": "é".repeat(1024) });
    assert_eq!(served.plan("update", &body).await.0, 200);
    let reader = served
        .client
        .post(served.url(path))
        .bearer_auth(READ)
        .json(&body);
    assert_eq!(sent(reader).await, (403, "scope-missing".to_owned()));
    assert_eq!(
        sent(
            served
                .request(Method::POST, "/v1/modules/none/update:plan")
                .json(&body)
        )
        .await
        .0,
        404
    );
    served.admin.stop();
    let stopping = sent(post().header("If-Match", &tag).json(&body)).await;
    assert_eq!(stopping, (503, "stopping".to_owned()));
    assert_eq!(served.module.version(), "1.0.0");
    assert_eq!(served.get("/v1/operations").await["operations"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_on_by_another_server_is_not_begun() {
    // The server is started anew, and its module has as many publications as the one before had.
    let before = Served::new().await;
    let served = Served::new().await;
    assert_eq!(before.generation(), served.generation());
    let rollback = json!({ "file": "next.so" });
    let [(_, then), (_, now)] = [
        before.plan("update", &rollback).await,
        served.plan("update", &rollback).await,
    ];
    assert_eq!(then["generation"], now["generation"]);
    let change = async |plan: &Value| {
        let tag = plan["tag"].as_str().expect("text");
        let request = served.request(Method::POST, "/v1/modules/rooms/update");
        let request = request
            .header("If-Match", format!("\"{tag}\""))
            .header("Idempotency-Key", unique())
            .json(&json!({ "file": "next.so", "reason": "a test" }));
        answered(request.send().await.expect("an answer")).await
    };
    let (status, refused) = change(&then).await;
    assert_eq!((status, &refused["error"]), (409, &json!("overtaken")));
    let message = refused["message"].as_str().expect("text");
    assert!(
        message.contains("started anew") && message.contains("1.0.0 of module `rooms`"),
        "{message}"
    );
    assert_eq!(refused["tag"], now["tag"]);
    assert_eq!(served.module.version(), "1.0.0");
    let (status, done) = change(&now).await;
    assert_eq!((status, &done["to"]), (200, &json!("1.1.0")));
}

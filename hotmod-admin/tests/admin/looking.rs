//! What is shown of modules, instances and state.

use axum::Router;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::json;
use tokio::net::TcpListener;

use crate::served::{ALL, Served, answered};

#[tokio::test(flavor = "multi_thread")]
async fn a_module_shows_its_versions_and_why_each_is_needed() {
    let served = Served::new().await;
    served.module.update("next.so").expect("an update");
    served.rooms.call(&3, |room| room.enter()).expect("a call");
    let fallen = served.rooms.call(&4, |room| room.fall());
    assert!(fallen.is_err());

    let all = served.get("/v1/modules").await;
    let [module] = &all["modules"].as_array().expect("modules")[..] else {
        panic!("{all:#}");
    };
    assert_eq!(module["name"], "rooms");
    assert_eq!(
        (&module["version"], &module["previous_version"]),
        (&json!("1.1.0"), &json!("1.0.0"))
    );
    assert_eq!(module["generation"], json!(served.generation()));
    let versions = module["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 2);
    let why = |place: usize| {
        let needed = versions[place]["needed"].as_array().expect("needs").iter();
        needed
            .map(|it| it["for"].as_str().expect("a word").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(why(0), ["rollback-target", "instances"]);
    assert_eq!(versions[0]["instances"], 299);
    assert_eq!(why(1), ["current", "instances"]);
    assert_eq!(versions[1]["instances"], 2);
    assert_eq!(
        module["panics"]["places"][0]["message"],
        "the floor is gone"
    );
    assert_eq!(module["pools"].as_array().map(Vec::len), Some(2));
    assert_eq!(served.get("/v1/modules/rooms").await["version"], "1.1.0");
    let panics = served.get("/v1/modules/rooms/panics").await;
    assert_eq!(panics["places"][0]["count"], 1);

    let answer = served
        .request(Method::GET, "/v1/modules/rooms")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let tag = answer.headers()["etag"].to_str().expect("text").to_owned();
    assert!(
        tag.ends_with(&format!("-{}\"", served.generation())),
        "{tag}"
    );
    let (_, view) = answered(answer).await;
    assert_eq!(format!("\"{}\"", view["tag"].as_str().expect("text")), tag);
    assert_eq!(
        served.refused("/v1/modules/none").await,
        (404, "not-found".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_listed_by_pages_and_their_state_is_read() {
    let served = Served::new().await;
    let pools = served.get("/v1/pools").await;
    let names: Vec<_> = pools["pools"]
        .as_array()
        .expect("pools")
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["lobby", "rooms"]);
    let mut keys = Vec::new();
    let mut from = json!(0);
    while !from.is_null() {
        let page = served
            .get(&format!("/v1/pools/rooms/instances?from={from}&limit=70"))
            .await;
        let instances = page["instances"].as_array().expect("instances");
        assert!(instances.len() <= 70);
        keys.extend(
            instances
                .iter()
                .map(|it| it["key"].as_str().expect("a key").to_owned()),
        );
        from = page["next"].clone();
    }
    keys.sort_by_key(|it| it.parse::<u64>().expect("a number"));
    assert_eq!(keys, (0..300).map(|it| it.to_string()).collect::<Vec<_>>());

    let room = served.get("/v1/pools/rooms/state?key=7").await;
    assert_eq!(room["value"], json!({ "gate": "", "visits": 7 }));
    assert_eq!(
        (&room["type"], &room["version"]),
        (&json!("Hall"), &json!("1.0.0"))
    );
    let lobby = served.get("/v1/pools/lobby/state?path=visits").await;
    assert_eq!(lobby["value"], 7);
    let long = format!("key=7&path={}", "x".repeat(4096));
    for (query, status, name) in [
        // Each read is kept for a while, with what it was of.
        (&*long, 400, "query-unfit"),
        ("key=300", 404, "not-found"),
        ("key=7&path=none", 404, "not-there"),
        ("key=7&path=%5B%5B", 400, "path-malformed"),
        ("key=7&from=x", 400, "no-cursor"),
        ("key=7&more=x", 400, "query-unfit"),
        ("key=7&items=-1", 400, "query-unfit"),
    ] {
        let refused = served
            .refused(&format!("/v1/pools/rooms/state?{query}"))
            .await;
        assert_eq!(refused, (status, name.to_owned()), "{query}");
    }

    let absent = served.request(Method::GET, "/v1/pools/rooms/state?key=300");
    let (_, absent) = answered(absent.send().await.expect("an answer")).await;
    assert_eq!(absent["message"], "there is no instance `rooms[300]`");

    // What does not fit is listed with its reason.
    served.module.update("narrow.so").expect("an update");
    served.module.settle();
    let stuck = served
        .get("/v1/pools/rooms/instances?stuck=true&limit=1000")
        .await;
    let stuck = stuck["instances"].as_array().expect("instances");
    assert_eq!(stuck.len(), 300 - 256);
    let reason = stuck[0]["stuck"].as_str().expect("a reason");
    assert!(reason.contains("visits"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_the_page_load_nothing_from_elsewhere_and_lead_nowhere_else() {
    let served = Served::new().await;
    for (path, kind) in [
        ("/page", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = served
            .client
            .get(served.url(path))
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &kind.parse().expect("a header"))
        );
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.expect("text");
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path}"
        );
    }
    let careful = Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    for (prefix, page) in [("", "./hotmod/page"), ("/", "./page"), ("/?a=/b", "./page")] {
        let led = careful.get(served.url(prefix)).send().await;
        let led = led.expect("an answer");
        assert_eq!(
            (led.status().as_u16(), &led.headers()["location"]),
            (307, &page.parse().expect("a header"))
        );
        assert_eq!(led.headers()["x-frame-options"], "DENY");
        let found = served.client.get(served.url(prefix)).send().await;
        let found = found.expect("an answer");
        assert_eq!(found.url().path(), "/ops/hotmod/page");
    }
    let posted = careful.post(served.url("/")).send().await;
    assert_eq!(posted.expect("an answer").status().as_u16(), 405);
    // The server's own routes and its 404 are as they were.
    let hello = served
        .client
        .get(format!("http://{}/hello", served.address))
        .send()
        .await;
    assert_eq!(
        hello.expect("an answer").text().await.expect("text"),
        "hello"
    );
    let none = served
        .client
        .get(served.url("/none"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(none.status().as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happens_and_probes_answer_all_the_while() {
    let served = Served::new().await;
    let probe = async |path: &str| {
        let answer = served
            .client
            .get(served.url(path))
            .header("Host", "10.0.0.7")
            .send()
            .await;
        answer.expect("an answer").status().as_u16()
    };
    assert_eq!(
        (probe("/healthz").await, probe("/readyz").await),
        (200, 200)
    );
    let metrics = async || {
        let answer = served
            .client
            .get(served.url("/metrics"))
            .bearer_auth(ALL)
            .send()
            .await;
        answer.expect("an answer").text().await.expect("text")
    };
    // What an alert is about is there before it has happened once: only then does it increase.
    let text = metrics().await;
    for line in [
        "hotmod_updates_total{module=\"rooms\",result=\"refused\"} 0",
        "hotmod_updates_total{module=\"rooms\",result=\"rolled_back\"} 0",
        "hotmod_panics_total{module=\"rooms\"} 0",
        "hotmod_timer_panics_total{module=\"rooms\"} 0",
        "hotmod_call_panics_total{module=\"rooms\"} 0",
        "hotmod_admin_denials_total{reason=\"token-unknown\"} 0",
        "hotmod_admin_responses_total{class=\"5xx\"} 0",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    served
        .module
        .update("missing.so")
        .expect_err("it is refused");
    served.module.update("next.so").expect("an update");
    served.rooms.call(&3, |room| room.enter()).expect("a call");
    assert!(served.rooms.call(&4, |room| room.fall()).is_err());
    let mut text = metrics().await;
    // Events are counted by a thread of their own.
    let patience = std::time::Instant::now() + hotmod_tests::patience::PATIENCE;
    while !text.contains("result=\"published\"} 1") {
        assert!(std::time::Instant::now() < patience, "{text}");
        text = metrics().await;
    }
    for line in [
        "hotmod_updates_total{module=\"rooms\",result=\"refused\"} 1",
        "hotmod_updates_total{module=\"rooms\",result=\"published\"} 1",
        "hotmod_instances{module=\"rooms\",at=\"current\"} 2",
        "hotmod_instances{module=\"rooms\",at=\"previous\"} 299",
        "hotmod_panics_total{module=\"rooms\"} 1",
        "hotmod_calls_total{module=\"rooms\"} 2",
        "hotmod_call_errors_total{module=\"rooms\"} 0",
        "hotmod_call_panics_total{module=\"rooms\"} 1",
        "hotmod_call_seconds_count{module=\"rooms\"} 2",
        "hotmod_call_seconds_bucket{le=\"0.0003\",module=\"rooms\"}",
        "hotmod_migration_seconds_count{module=\"rooms\"} 2",
        "hotmod_migrations_unfit_total{module=\"rooms\"} 0",
        "hotmod_migration_bytes_total{module=\"rooms\"} ",
        "hotmod_images{module=\"rooms\",state=\"in_use\"} 2",
        "hotmod_module_info{module=\"rooms\",version=\"1.1.0\"",
        "hotmod_update_phase_seconds_count{phase=\"planning\"} 2",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    // The last bucket of each histogram is without an end, or Prometheus answers no quantile.
    let histograms = text.lines().filter_map(|it| it.strip_prefix("# TYPE "));
    let histograms: Vec<&str> = histograms
        .filter_map(|it| it.strip_suffix(" histogram"))
        .collect();
    assert_eq!(histograms.len(), 3, "{text}");
    for name in histograms {
        let counts = text.lines().filter_map(|it| {
            let labels = it.strip_prefix(name)?.strip_prefix("_count{")?;
            labels.split_once("} ")
        });
        let counts: Vec<_> = counts.collect();
        assert!(!counts.is_empty(), "{name} in\n{text}");
        for (labels, count) in counts {
            let last = format!("{name}_bucket{{le=\"+Inf\",{labels}}} {count}\n");
            assert!(text.contains(&last), "no {last} in\n{text}");
        }
    }
    // As the registry of the server tells it.
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register_collector(Box::new(served.admin.metrics()));
    let mut own = String::new();
    prometheus_client::encoding::text::encode(&mut own, &registry).expect("text");
    assert!(own.contains("hotmod_panics_total{module=\"rooms\"} 1"));
    served.admin.stop();
    assert_eq!(
        (probe("/healthz").await, probe("/readyz").await),
        (200, 503)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_fields_that_are_described() {
    let served = Served::new().await;
    let (_, done) = served.change("update", json!({ "file": "next.so" })).await;
    let described = served.get("/v1/openapi.json").await;
    let module = served.get("/v1/modules/rooms").await;
    let instances = served.get("/v1/pools/rooms/instances").await;
    let state = served.get("/v1/pools/rooms/state?key=1").await;
    let operation = served
        .get(&format!("/v1/operations/{}", done["operation"]["id"]))
        .await;
    let (_, plan) = served.plan("update", &json!({ "file": "narrow.so" })).await;
    let fields = |it: &serde_json::Value| -> std::collections::BTreeSet<String> {
        it.as_object().expect("an object").keys().cloned().collect()
    };
    for (name, found) in [
        ("Module", &module),
        ("Version", &module["versions"][0]),
        ("MeasuredCalls", &module["versions"][0]["calls"]),
        ("Panics", &module["panics"]),
        ("Pool", &module["pools"][0]),
        ("Instances", &instances),
        ("Operation", &operation),
        ("Change", &plan["differences"][0]),
        ("Build", &plan["old"]),
        ("Build", &plan["new"]),
    ] {
        let schema = &described["components"]["schemas"][name];
        assert_eq!(fields(found), fields(&schema["properties"]), "{name}");
    }
    let of = |name: &str| fields(&described["components"]["schemas"][name]["properties"]);
    assert!(fields(&state).is_subset(&of("State")), "{state:#}");
    assert!(of("Comparison").is_subset(&fields(&plan)), "{plan:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_nest_under_a_prefix_that_has_names_of_its_own() {
    let served = Served::new().await;
    let app = Router::new()
        .nest("/{tenant}/ops:{module}", served.admin.router())
        .merge(served.admin.router_at("/of/{pool}/here"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    for prefix in ["acme/ops:game", "of/none/here"] {
        let at = |path: &str| format!("http://{address}/{prefix}{path}");
        let get = async |path: &str| {
            let answer = served.client.get(at(path)).bearer_auth(ALL).send().await;
            answered(answer.expect("an answer")).await
        };
        let (status, module) = get("/v1/modules/rooms").await;
        assert_eq!(
            (status, &module["name"]),
            (200, &json!("rooms")),
            "{module}"
        );
        let (status, state) = get("/v1/pools/rooms/state?key=7&path=visits").await;
        assert_eq!((status, &state["value"]), (200, &json!(7)), "{state}");
        assert_eq!(get("/v1/modules/game").await.0, 404);
        assert_eq!(get("/v1/operations/1").await.0, 404);
        let plan = served.client.post(at("/v1/modules/rooms/update:plan"));
        let plan = plan.bearer_auth(ALL).json(&json!({ "file": "next.so" }));
        let (status, plan) = answered(plan.send().await.expect("an answer")).await;
        assert_eq!((status, &plan["verdict"]), (200, &json!("adopt")), "{plan}");
        let page = served.client.get(at("")).send().await.expect("an answer");
        assert_eq!(page.url().path(), format!("/{prefix}/page"));
        assert_eq!(page.status().as_u16(), 200);
    }
    server.abort();
}

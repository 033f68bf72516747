//! The page, in a browser: what a person sees and does.
//!
//! It needs `chromium` and `chromedriver`, which Debian has as `chromium` and `chromium-driver`; `.ci/run` installs them
//! where it can. With `HOTMOD_SCREENSHOTS`, screenshots are left in that directory.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hotmod_admin::Limits;
use hotmod_host::{NeededFor, SharedInstance};
use hotmod_tests::fixture::{BASE, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::depot::Depot;
use hotmod_tests::patience::PATIENCE;
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::served::{ALL, NOBODY, STATE, Served};

/// A browser without a window.
struct Browser {
    client: Client,
    /// The leader of a process group, which the browser's processes belong to. Ends with this.
    driver: Child,
    /// Where they keep what they make for a while: not all of it goes with them.
    scratch: PathBuf,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // They outlive the driver, and each other.
        let leader = self.driver.id().and_then(|id| Pid::from_raw(id as i32));
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
        // One that is still about to end may add a file meanwhile. Without the directory none can.
        let patience = Instant::now() + PATIENCE;
        while let Err(error) = fs::remove_dir_all(&self.scratch) {
            if Instant::now() > patience {
                eprintln!("{} stays: {error}", self.scratch.display());
                break;
            }
        }
    }
}

/// A command of Chromium's own, and what it takes.
#[derive(Debug)]
struct Emulate(&'static str, Value);

impl WebDriverCompatibleCommand for Emulate {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": format!("Emulation.{}", self.0), "params": self.1 });
        (http::Method::POST, Some(body.to_string()))
    }
}

impl Browser {
    /// `None`, and says why, where there is none.
    async fn new() -> Option<Self> {
        let scratch = tempfile::tempdir().expect("a directory");
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", scratch.path())
            .process_group(0)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut driver = match driver {
            Ok(driver) => driver,
            Err(error) => {
                eprintln!("skipped: chromedriver, of Debian's chromium-driver: {error}");
                return None;
            }
        };
        let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port = loop {
            let line = lines
                .next_line()
                .await
                .expect("a line")
                .expect("it tells its port");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let options = json!({ "args": arguments });
        let capabilities = Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let client = client.expect("a session: chromium is there, as chromedriver is");
        Some(Browser {
            client,
            driver,
            scratch: scratch.keep(),
        })
    }

    /// What a script gives.
    async fn run(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .expect("a script")
    }

    /// Waits until a script gives true.
    async fn until(&self, what: &str) {
        let patience = Instant::now() + PATIENCE;
        while self.run(&format!("return Boolean({what})")).await != json!(true) {
            let text = self.run("return document.body.innerText").await;
            assert!(Instant::now() < patience, "not {what} in\n{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a text is seen somewhere in an element.
    async fn until_seen(&self, css: &str, text: &str) {
        let (css, text) = (json!(css), json!(text));
        let of = format!("[...document.querySelectorAll({css})]");
        self.until(&format!(
            "{of}.some((it) => it.offsetParent !== null && it.innerText.includes({text}))"
        ))
        .await;
    }

    /// Clicks what a person would, once it is there and can be clicked.
    async fn click(&self, css: &str) {
        self.until(&format!(
            "document.querySelector({0}) && !document.querySelector({0}).disabled",
            json!(css)
        ))
        .await;
        let patience = Instant::now() + PATIENCE;
        loop {
            // It may have been made anew between the two.
            let clicked = async { self.client.find(Locator::Css(css)).await?.click().await };
            match clicked.await {
                Ok(()) => return,
                Err(error) => assert!(Instant::now() < patience, "{css}: {error}"),
            }
        }
    }

    async fn type_in(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.expect("a field");
        field.clear().await.expect("a field that is empty");
        field.send_keys(text).await.expect("a text in it");
    }

    async fn choose(&self, css: &str, value: &str) {
        self.until(&format!(
            "[...document.querySelector({}).options].some((it) => it.value === {})",
            json!(css),
            json!(value)
        ))
        .await;
        let select = self.client.find(Locator::Css(css)).await.expect("a choice");
        select
            .select_by_value(value)
            .await
            .expect("it can be chosen");
    }

    async fn sign_in(&self) {
        self.type_in("#token", ALL).await;
        self.click("#sign-in button").await;
        self.until_seen("#who", "ada: read, operate, state").await;
    }

    /// Looks at the plan that is open, and does it.
    async fn does(&self, version: &str) {
        self.until_seen("#plan-type", &format!("Type {version} to confirm"))
            .await;
        self.type_in("#plan-reason", "a test").await;
        self.type_in("#plan-version", version).await;
        self.click("#plan-do").await;
        self.until_seen("#plan-result", "done").await;
        self.click("#plan-close").await;
    }

    /// Leaves a screenshot, if those are wanted.
    async fn keep(&self, name: &str) {
        let image = self.client.screenshot().await.expect("a screenshot");
        assert!(image.starts_with(b"\x89PNG"), "{name}");
        if let Some(directory) = std::env::var_os("HOTMOD_SCREENSHOTS") {
            fs::write(PathBuf::from(directory).join(format!("{name}.png")), image).expect("a file");
        }
    }
}

/// Calls a room again and again.
struct Caller {
    stops: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Caller {
    fn new(served: &Served) -> Self {
        let stops = Arc::new(AtomicBool::new(false));
        let (rooms, told) = (served.rooms.clone(), stops.clone());
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                rooms.call(&1, |room| room.code()).expect("a call");
                // The browser needs the processor too.
                thread::sleep(Duration::from_millis(1));
            }
        });
        Caller { stops, thread }
    }

    fn stop(self) {
        self.stops.store(true, Ordering::Relaxed);
        self.thread.join().expect("a thread");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_updates_is_refused_rolls_back_and_looks_at_state() {
    let Some(browser) = Browser::new().await else {
        return;
    };
    let served = Served::new().await;
    browser
        .client
        .set_window_size(1280, 1000)
        .await
        .expect("a window");

    // Without a token nothing is shown, and with a wrong one it is said.
    browser
        .client
        .goto(&served.url(""))
        .await
        .expect("the page");
    browser.until_seen("#sign-in", "A token is needed").await;
    browser.until("document.activeElement.id === 'token'").await;
    let inspector = "return document.querySelector('#inspector').offsetParent === null";
    assert_eq!(
        browser.run(inspector).await,
        json!(true),
        "nothing to inspect"
    );
    browser.type_in("#token", NOBODY).await;
    browser.click("#sign-in button").await;
    browser
        .until_seen("#sign-in-error", "nobody has this token")
        .await;
    // What is wrong with another token is said, too. Nothing is said of what is not known, such as that there was no
    // update, or that the server is there still.
    let is_out = "document.getElementById('connection').textContent === 'not signed in'";
    browser.until(is_out).await;
    let seen = "return [...document.querySelectorAll('section')].filter((it) => it.checkVisibility()).length";
    assert_eq!(browser.run(seen).await, json!(0), "nothing is shown");
    browser.type_in("#token", STATE).await;
    browser.click("#sign-in button").await;
    browser
        .until_seen("#sign-in-error", "looker lacks the scope `read`")
        .await;
    browser.until(is_out).await;
    browser.sign_in().await;
    browser.until_seen("#connection", "connected").await;
    browser.until_seen("article", "301 instances").await;
    assert_eq!(
        browser
            .run("return document.cookie + localStorage.length")
            .await,
        "0"
    );

    // A file that is refused: as the terminal has it, and it cannot be done.
    browser.click("[data-action=update]").await;
    browser.choose("select[name=file]", "missing.so").await;
    browser.click("#plan-look").await;
    browser
        .until_seen("#plan .plan-text", "is refused; 1.0.0 keeps running")
        .await;
    browser
        .until_seen(
            "#plan .plan-text",
            "help: existing state has no value for it",
        )
        .await;
    browser.until_seen("#plan table", "Hall.missing").await;
    browser
        .until("document.getElementById('plan-confirm').hidden")
        .await;
    browser.keep("refusal").await;

    // One that is not: the version has to be typed.
    browser.choose("select[name=file]", "narrow.so").await;
    browser.click("#plan-look").await;
    browser
        .until_seen("#plan .plan-text", "state would be migrated")
        .await;
    browser.until_seen("#plan table", "Hall.visits").await;
    browser.keep("plan").await;
    browser.choose("select[name=file]", "next.so").await;
    browser.click("#plan-look").await;
    browser
        .until_seen("#plan-type", "Type 1.1.0 to confirm")
        .await;
    let may_not = "document.getElementById('plan-do').disabled";
    browser.type_in("#plan-version", "1.1.0").await;
    browser.until(may_not).await;
    browser.type_in("#plan-reason", "issue 12").await;
    browser.type_in("#plan-version", "1.0.0").await;
    browser.until(may_not).await;
    browser.type_in("#plan-version", "1.1.0").await;
    // A call that is in the version that is left.
    let gate = Gate::new();
    let (rooms, path) = (served.rooms.clone(), gate.path());
    let stays = thread::spawn(move || rooms.call(&9, |room| room.stay(&path)));
    let inside = gate.wait();
    browser.click("#plan-do").await;
    browser.until_seen("#plan-result", "done").await;
    assert_eq!(served.module.version(), "1.1.0");
    browser.click("#plan-close").await;
    browser
        .until_seen("article summary", "1 call left behind")
        .await;
    browser
        .click("[data-name='rooms/stragglers'] summary")
        .await;
    browser
        .until_seen(
            "[data-name='rooms/stragglers'] li",
            "`Room::stay` of version 1.0.0",
        )
        .await;
    drop(inside);
    assert_eq!(stays.join().expect("a thread"), Ok(10));
    browser.until_seen("article .version", "1.1.0").await;
    browser
        .until_seen("#timeline li", "rooms 1.0.0 → 1.1.0")
        .await;
    browser
        .until("document.querySelectorAll('#timeline .phases span').length >= 5")
        .await;
    browser
        .until_seen("#audit li", "ada: update of rooms done, because: issue 12")
        .await;

    // What others do is seen as it happens, and so are instances that move.
    served
        .module
        .update("missing.so")
        .expect_err("it is refused");
    browser
        .until_seen(
            "#timeline .reason",
            "help: existing state has no value for it",
        )
        .await;
    assert!(served.rooms.call(&4, |room| room.fall()).is_err());
    browser.until_seen("article details", "1 panic").await;
    browser.click("[data-name='rooms/panics'] summary").await;
    browser
        .until_seen("[data-name='rooms/panics'] td", "the floor is gone")
        .await;
    // What each version costs, and why it is there.
    browser.until_seen("article td", "rollback target").await;
    served.module.settle();
    let moved =
        "document.querySelector('.share').getAttribute('aria-label') === '301 instances at 1.1.0'";
    browser.until(moved).await;

    // How many calls there are, and within what time they end, by version.
    let caller = Caller::new(&served);
    let cell = |place: usize| {
        format!(
            "document.querySelector('.calls tbody tr:last-child td:nth-child({place})')?.textContent"
        )
    };
    let (rate, half) = (cell(2), cell(4));
    browser
        .until(&format!("Number({rate}?.replaceAll(',', '')) > 50"))
        .await;
    browser
        .until(&format!("/^≤ [0-9.]+ (ns|µs|ms|s)$/.test({half})"))
        .await;
    browser.until_seen(".calls", "1.1.0").await;
    browser.keep("modules").await;
    caller.stop();

    // Instances that do not fit, and why.
    served.module.update("narrow.so").expect("an update");
    served.module.settle();
    browser
        .until_seen("article summary", "44 instances do not fit 1.2.0")
        .await;
    browser.click("[data-name='rooms/stuck'] summary").await;
    browser
        .until_seen("[data-name='rooms/stuck'] li", "at 1.1.0: ")
        .await;
    browser
        .until_seen("[data-name='rooms/stuck'] li", "visits")
        .await;
    served.module.rollback().expect("a rollback");

    // Back again, after the plan said what would be lost.
    served.module.update("grown.so").expect("an update");
    served.module.settle();
    browser.until_seen("article .version", "1.4.0").await;
    browser.click("[data-action=rollback]").await;
    browser.click("#plan-look").await;
    browser
        .until_seen(
            "#plan .plan-text",
            "rollback of module `rooms` 1.4.0 → 1.1.0",
        )
        .await;
    browser
        .until_seen("#plan caption", "What would be lost")
        .await;
    browser.until_seen("#plan table", "Hall.guests").await;
    browser.keep("rollback").await;
    browser.type_in("#plan-reason", "it was worse").await;
    browser.type_in("#plan-version", "1.1.0").await;
    browser.click("#plan-do").await;
    browser.until_seen("#plan-result", "done").await;
    assert_eq!(served.module.version(), "1.1.0");
    browser.click("#plan-close").await;

    // Live state, by keyboard.
    browser.choose("#pool", "rooms").await;
    browser.type_in("#key", "7").await;
    browser.click("#inspect button").await;
    browser.until_seen("#tree", "visits: 7").await;
    browser
        .run("document.querySelector('#tree li').focus()")
        .await;
    let active = browser
        .client
        .active_element()
        .await
        .expect("what is focused");
    active.send_keys("\u{e015}").await.expect("an arrow down");
    browser
        .until("document.activeElement.dataset.path === 'gate'")
        .await;
    browser.type_in("#search", "visits").await;
    browser
        .until("document.querySelector('#tree li[data-path=gate]').offsetParent === null")
        .await;
    browser.until_seen("#tree", "visits: 7").await;
    browser.keep("state").await;

    // A map that is longer than a page: the rest is asked for.
    let depot = Family::new("depot").build();
    fs::copy(depot.file(BASE), served.file("depot.so")).expect("a copy");
    let depot = served.host.load::<dyn Depot>("depot.so").expect("a module");
    let depot = SharedInstance::builder(&depot).name("depot");
    let depot = depot.create("").expect("an instance");
    depot
        .call(|depot| depot.fill(120, 0, 0, 0))
        .expect("a call");
    browser.type_in("#search", "").await;
    browser.choose("#pool", "depot").await;
    browser.type_in("#path", "entries").await;
    browser.click("#inspect button").await;
    // An answer has 50 items, or fewer on a machine with much to do: the state is looked at for a millisecond at most.
    let items = "document.querySelectorAll('#tree ul > li[role=treeitem]').length";
    let mut shown = 0;
    while shown < 120 {
        browser.until(&format!("{items} > {shown}")).await;
        let now = browser.run(&format!("return {items}")).await;
        let now = now.as_u64().expect("a count");
        assert!(now - shown <= 50, "{now} after {shown}");
        shown = now;
        if shown < 120 {
            let more = format!("{} more", 120 - shown);
            browser.until_seen("#tree .more", &more).await;
            browser.click("#tree .more button").await;
        }
    }
    browser
        .until("!document.querySelector('#tree .more')")
        .await;
    let keys = "new Set([...document.querySelectorAll('#tree ul > li > .row > .name')].map((it) => it.textContent)).size === 120";
    browser.until(keys).await;
    // What is in an item is asked for by its key.
    browser
        .click("#tree li[data-path='entries[\"77\"]'] .row")
        .await;
    browser
        .until_seen("#tree li[data-path^='entries[\"77\"]']", "value: 1")
        .await;
    // Pairs are entries of a map, if it is one: elsewhere each is an item.
    for (ty, path) in [
        ("indexmap::IndexMap<Card, u32, ()>", "of[[1,2]]"),
        ("HashMap<Card, u32>", "of[[1,2]]"),
        ("slotmap::SecondaryMap<SeatKey, Seat>", "of[0]"),
        ("Vec<(HashMap<u8, u8>, u32)>", "of[0]"),
    ] {
        let found = format!(
            "return children('of', {{ type: '{ty}', page: {{ first: 0 }}, value: [[[1, 2], 3]] }})[0].path"
        );
        assert_eq!(browser.run(&found).await, path, "{ty}");
    }

    // Nothing is wider than a small telephone, and both colours are readable.
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser
            .client
            .issue_cmd(Emulate("setEmulatedMedia", features))
            .await
            .expect("it is emulated");
        let contrast = "const rgb = (it) => it.match(/\\d+/g).slice(0, 3).map((it) => it / 255).map((it) => it <= 0.03928 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
            const light = (it) => { const [r, g, b] = rgb(it); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const card = getComputedStyle(document.querySelector('article')).backgroundColor;
            return [...document.querySelectorAll('article *, #timeline *, #audit *')].filter((it) => !it.closest('.phases, .share')).map((it) => ratio(light(getComputedStyle(it).color), light(card))).reduce((a, b) => Math.min(a, b))";
        let least = browser.run(contrast).await.as_f64().expect("a ratio");
        assert!(least >= 4.5, "{scheme}: {least}");
        browser.run("scrollTo(0, 0)").await;
        browser.keep(&format!("page-{scheme}")).await;
    }
    let metrics = json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true });
    browser
        .client
        .issue_cmd(Emulate("setDeviceMetricsOverride", metrics))
        .await
        .expect("it is small");
    browser.until("innerWidth <= 360").await;
    let wide = "return [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > 361 && !it.closest('.scroll, .skip')).map((it) => it.outerHTML.slice(0, 100))";
    assert_eq!(browser.run(wide).await, json!([]));
    browser.run("scrollTo(0, 0)").await;
    browser.keep("small").await;
    // All that can be used has a name for who hears it.
    let nameless = "return [...document.querySelectorAll('button, input, select, [role=img], [role=tree], dialog')].filter((it) => !it.innerText?.trim() && !it.getAttribute('aria-label') && !it.getAttribute('aria-labelledby') && !(it.labels && it.labels.length)).map((it) => it.outerHTML.slice(0, 100))";
    assert_eq!(browser.run(nameless).await, json!([]));

    // The server goes, and the page says since when.
    served.admin.stop();
    served.shut_down().await;
    browser
        .until_seen("#connection", "not connected since")
        .await;
    let client = browser.client.clone();
    client.close().await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_freezes_rehearses_tries_canaries_and_sweeps() {
    let Some(browser) = Browser::new().await else {
        return;
    };
    let served = Served::new().await;
    let (client, module) = (&browser.client, &served.module);
    client.set_window_size(1280, 1000).await.expect("a window");
    client.goto(&served.url("")).await.expect("the page");
    browser.sign_in().await;

    // While it is frozen, an update is refused with the reason.
    browser.click("[data-action=freeze]").await;
    browser.does("1.0.0").await;
    browser.until_seen("article .badge", "frozen: a test").await;
    assert!(module.frozen().is_some());
    browser.click("[data-action=update]").await;
    browser.choose("select[name=file]", "next.so").await;
    browser.click("#plan-look").await;
    browser.until_seen("#plan .plan-text", "a test").await;
    browser
        .until("document.getElementById('plan-confirm').hidden")
        .await;
    browser.click("#plan-close").await;
    browser.click("[data-action=thaw]").await;
    browser.does("1.0.0").await;
    browser
        .until("!document.querySelector('article .badge')")
        .await;
    assert!(module.frozen().is_none());

    // A rehearsal says what would become of the states, and changes nothing.
    browser.click("[data-action=rehearse]").await;
    browser.choose("select[name=file]", "next.so").await;
    browser.click("#plan-look").await;
    browser.does("1.1.0").await;
    browser
        .until_seen("#audit li", "rehearse of rooms done, because: a test")
        .await;
    assert_eq!(module.version(), "1.0.0");

    // A canary that is given up, and one that is promoted.
    let at = |version: &str| {
        let versions = module.versions().into_iter();
        let mut at = versions.filter(|it| it.version == version);
        at.next().map_or(0, |it| {
            let needed = it.needed.iter();
            let instances = needed.map(|it| match it {
                NeededFor::Instances(count) => *count,
                _ => 0,
            });
            instances.sum::<usize>()
        })
    };
    for (action, version) in [("abort", "1.0.0"), ("promote", "1.1.0")] {
        browser.click("[data-action=canary]").await;
        browser.choose("select[name=file]", "next.so").await;
        browser.choose("select[name=pool]", "rooms").await;
        browser.type_in("input[name=percent]", "100").await;
        browser.click("#plan-look").await;
        browser.does("1.1.0").await;
        browser.until_seen("article .badge", "canary 1.1.0").await;
        served.rooms.call(&3, |room| room.enter()).expect("a call");
        assert_eq!((module.version(), at("1.1.0")), ("1.0.0", 1));
        browser.until_seen("article table", "candidate").await;
        browser.keep("canary").await;
        browser.click(&format!("[data-action={action}]")).await;
        browser.does("1.1.0").await;
        browser
            .until("!document.querySelector('article .badge')")
            .await;
        assert_eq!(module.version(), version);
    }

    // A sweep takes along what no call has.
    assert!(at("1.0.0") > 0);
    browser.click("[data-action=sweep]").await;
    browser.click("#plan-look").await;
    browser.does("1.1.0").await;
    browser
        .until("document.querySelector('.share').getAttribute('aria-label') === '301 instances at 1.1.0'")
        .await;
    assert_eq!(at("1.0.0"), 0);

    // Then there is no way back.
    browser.click("[data-action=permanent]").await;
    browser.does("1.1.0").await;
    browser
        .until("!document.querySelector('[data-action=rollback]')")
        .await;
    assert_eq!(module.previous_version(), None);
    served.admin.stop();
    client.clone().close().await.expect("an end");
    served.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_that_the_server_went_and_that_another_one_came() {
    let Some(browser) = Browser::new().await else {
        return;
    };
    let served = Served::new().await;
    let client = &browser.client;
    client.goto(&served.url("")).await.expect("the page");
    browser.sign_in().await;
    served.module.update("next.so").expect("an update");
    let caller = Caller::new(&served);
    browser.until_seen("#timeline li", "published").await;
    let called =
        "[...document.querySelectorAll('.calls td')].some((it) => Number(it.textContent) > 100)";
    browser.until(called).await;
    // More than the next one will have had for a while.
    for _ in 0..20_000 {
        served.rooms.call(&1, |room| room.code()).expect("a call");
    }
    let all = "[...document.querySelectorAll('.calls td')].some((it) => Number(it.textContent.replaceAll(',', '')) > 20000)";
    browser.until(all).await;
    // It goes as a rollback is asked for.
    browser.click("[data-action=rollback]").await;
    browser.click("#plan-look").await;
    browser
        .until_seen("#plan-type", "Type 1.0.0 to confirm")
        .await;
    browser.type_in("#plan-reason", "a test").await;
    browser.type_in("#plan-version", "1.0.0").await;
    caller.stop();
    let address = served.address;
    served.admin.stop();
    served.shut_down().await;
    browser
        .until_seen("#connection", "not connected since")
        .await;
    browser.click("#plan-do").await;
    browser.until_seen("#plan-result", "not known").await;
    browser.click("#plan-close").await;

    // The numbers of its updates, and of its calls, begin anew.
    let served = Served::at(Limits::default(), address).await;
    served.module.update("missing.so").expect_err("a refusal");
    browser
        .until_seen("#timeline", "The server was started anew")
        .await;
    browser.until_seen("article", "1.0.0").await;
    browser.until_seen("#timeline li", "is refused").await;
    let mixed = "[...document.querySelectorAll('#timeline li[data-update]')].some((it) => it.innerText.includes('published') && it.innerText.includes('refused'))";
    let negative = "[...document.querySelectorAll('.calls td')].some((it) => it.textContent.startsWith('-') || it.textContent.startsWith('−'))";
    for wrong in [mixed, negative] {
        let found = browser.run(&format!("return {wrong}")).await;
        assert_eq!(found, json!(false), "{wrong}");
    }
    served.module.update("next.so").expect("an update");
    let caller = Caller::new(&served);
    browser.until_seen("article .version", "1.1.0").await;
    browser.until(called).await;
    let found = browser.run(&format!("return {negative}")).await;
    assert_eq!(found, json!(false));
    caller.stop();
    served.admin.stop();
    client.clone().close().await.expect("an end");
    served.shut_down().await;
}

"use strict";
// A client of `v1/` beside this page, and of nothing else. All that comes from there is put in as text.

const $ = (id) => document.getElementById(id);
const LOOK_AGAIN = 1000;   // how often the modules are asked about, in milliseconds
const MOST_LISTED = 100;   // how many updates and records are kept on the page
const RATES_OVER = 10;     // over how many looks rates and times of calls are taken
const BUSY = new Set([429, 503]); // with these the server says to come back later
let token = sessionStorage.getItem("hotmod-token") || "";
let scopes = [];
let modules = [];
let connectedAt = null;    // when an answer came last
let begun = 0;             // how often the page began, with a token: what an earlier beginning does is over

// ---- Words and elements

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((it) => it !== null && it !== undefined).map((it) => it instanceof Node ? it : String(it)));
  return element;
}

const time = (millis) => new Date(millis).toLocaleTimeString();

function bytes(count) {
  if (count === null || count === undefined) return "?";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = Math.abs(count);
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${count < 0 ? "−" : ""}${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function seconds(value) {
  if (value >= 1) return `${value.toFixed(1)} s`;
  if (value >= 0.001) return `${(value * 1000).toFixed(1)} ms`;
  if (value >= 1e-6) return `${(value * 1e6).toFixed(value < 1e-5 ? 1 : 0)} µs`;
  return `${(value * 1e9).toFixed(0)} ns`;
}

const grouped = (count) => Number(count).toLocaleString("en");

const counted = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;

function table(caption, heads, rows) {
  const cell = (tag, it) => make(tag, typeof it === "number" ? { class: "number" } : tag === "th" ? { scope: "col" } : {}, typeof it === "number" ? grouped(it) : it);
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    make("table", {}, make("caption", { class: "soft" }, caption),
      make("thead", {}, make("tr", {}, ...heads.map((it) => cell("th", it)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((it) => cell("td", it)))))));
}

// ---- Asking

class Refused extends Error {
  constructor(status, body) {
    super(body.message || `the server answered ${status}`);
    this.status = status;
    this.body = body;
  }
}

async function ask(path, options = {}) {
  const headers = { ...(options.headers || {}) };
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(`v1${path}`, { ...options, headers, credentials: "omit", cache: "no-store", redirect: "error" });
  isConnected();
  if (options.stream && response.ok) return response;
  const body = await response.json();
  if (response.ok) return body;
  if (response.status === 401) signIn(body.message);
  if (BUSY.has(response.status)) say($("connection"), `connected, and answered ${response.status}: what is shown may be old`);
  throw new Refused(response.status, body);
}

function post(module, action, body, headers) {
  return ask(`/modules/${encodeURIComponent(module)}/${action}`, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers },
  });
}

function isConnected() {
  connectedAt = Date.now();
  document.body.classList.remove("gone");
  say($("connection"), "connected");
}

function isGone() {
  document.body.classList.add("gone");
  say($("connection"), connectedAt === null ? "not connected" : `not connected since ${time(connectedAt)}`);
}

// A live region is told again whatever is put in, so only what is new is.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Without a token there is nothing wrong with one. Nor is anything asked, so whether the server is there is not known.
function signIn(message) {
  $("sign-in").hidden = false;
  $("sign-out").hidden = true;
  say($("sign-in-error"), token ? message : "");
  say($("connection"), "not signed in");
  if (document.activeElement === document.body) $("token").focus();
}

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  sessionStorage.setItem("hotmod-token", token);
  $("token").value = "";
  begin();
});

$("sign-out").addEventListener("click", () => {
  sessionStorage.removeItem("hotmod-token");
  location.reload();
});

// ---- Modules

// Whether it makes sense to look again: without a token that is good it does not.
async function lookAtModules() {
  try {
    ({ modules } = await ask("/modules"));
    showModules();
  } catch (error) {
    if (!(error instanceof Refused)) isGone();
    return error.status !== 401;
  }
  return true;
}

const articles = new Map(); // by module: what is shown, and what that was made of

// Only what changed is made anew, so that what a person reads, selects or has focused stays as it is.
function showModules() {
  const list = $("module-list");
  const focused = document.activeElement?.dataset?.focus;
  const open = new Set([...list.querySelectorAll("details[open]")].map((it) => it.dataset.name));
  const names = new Set(modules.map((it) => it.name));
  for (const [name, { element }] of articles) {
    if (!names.has(name)) { element.remove(); articles.delete(name); }
  }
  for (const module of modules) {
    // What calls come to changes at each look, and is put into what stands there.
    const of = JSON.stringify({ ...module, versions: module.versions.map(({ calls, ...it }) => it) });
    const known = articles.get(module.name);
    if (known?.of === of) { showCalls(module, known.element); continue; }
    const element = showModule(module, open);
    if (known) known.element.replaceWith(element); else list.append(element);
    articles.set(module.name, { of, element });
    showCalls(module, element);
  }
  if (focused && document.activeElement?.dataset?.focus !== focused) {
    list.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
  showPools();
}

function at(module, version) {
  if (version.current) return "current";
  return version.needed.some((it) => it.for === "rollback-target") ? "previous" : "other";
}

function showModule(module, open) {
  const canary = module.canary && module.canary.state === "running" ? module.canary : null;
  const previous = module.previous_version;
  const total = module.versions.reduce((sum, it) => sum + it.instances, 0);
  const unfit = module.pools.reduce((sum, it) => sum + it.stuck, 0);
  const shares = make("div", { class: "share", role: "img", "aria-label": module.versions.filter((it) => it.instances > 0).map((it) => `${grouped(it.instances)} instances at ${it.version}`).join(", ") || "no instances" },
    ...module.versions.map((version) => {
      const share = make("span", { class: at(module, version), title: `${version.version}: ${grouped(version.instances)}` });
      share.style.flexGrow = total === 0 ? 0 : version.instances / total;
      return share;
    }));
  const button = (action, label, extra = {}) => make("button", {
    type: "button", "data-action": action, "data-focus": `${module.name}/${action}`, onclick: () => openPlan(module, action, label), ...extra,
  }, label);
  const more = (name, title, content, extra = {}) => make("details", { "data-name": `${module.name}/${name}`, open: open.has(`${module.name}/${name}`), ...extra },
    make("summary", { "data-focus": `${module.name}/${name}` }, title), content);
  const heading = make("h3", { id: `module-${module.name}` }, module.name, " ", make("code", { class: "version" }, module.version),
    module.frozen === null ? null : make("span", { class: "badge warn" }, `frozen: ${module.frozen}`),
    canary ? make("span", { class: "badge warn" }, `canary ${canary.version}`) : null);
  const versions = table(`Versions of ${module.name}`, ["version", "why", "instances", "memory", "budget"],
    module.versions.map((it) => [make("code", {}, it.version), it.retired ? "retired" : it.needed.map((need) => need.text).join(", ") || "–", it.instances, bytes(it.resident_bytes), bytes(it.budget_bytes)]));
  return make("article", { "aria-labelledby": `module-${module.name}`, "data-module": module.name }, heading,
    make("p", { class: "soft" }, `${counted(total, "instance")}, ${bytes(module.memory_bytes)} from the host's allocator`),
    shares,
    scopes.includes("operate") ? make("div", { class: "actions" },
      button("update", "Update …", { class: "main" }),
      previous ? button("rollback", `Roll back to ${previous} …`) : null,
      previous ? button("permanent", "Make permanent …") : null,
      canary ? button("promote", "Promote …") : null,
      canary ? button("abort", "Abort the canary …") : null,
      !canary && module.pools.length > 0 ? button("canary", "Canary …") : null,
      button("rehearse", "Rehearse …"),
      button("sweep", "Sweep …"),
      module.frozen === null ? button("freeze", "Freeze …") : button("thaw", "Thaw …")) : null,
    versions,
    make("div", { class: "calls" }),
    canary ? table("Calls while the canary runs", ["", "calls", "errors", "panics", "mean", "slowest"],
      [["candidate", canary.candidate], ["running", canary.running]].map(([role, calls]) => [role, calls.calls, calls.errors, calls.panics, seconds(calls.mean_seconds), seconds(calls.slowest_seconds)])) : null,
    module.stragglers.length > 0 ? more("stragglers", make("span", { class: "warn" }, `${counted(module.stragglers.length, "call")} left behind`),
      make("ul", {}, ...module.stragglers.map((it) => make("li", {}, it.text)))) : null,
    unfit > 0 ? more("stuck", make("span", { class: "warn" }, `${counted(unfit, "instance")} ${unfit === 1 ? "does" : "do"} not fit ${module.version}`),
      make("ul", {}), { ontoggle: (event) => fillStuck(module, event.target) }) : null,
    module.panics.places.length > 0 ? more("panics", make("span", { class: "bad" }, counted(module.panics.places.reduce((sum, it) => sum + it.count, 0), "panic")),
      table(`Panics of ${module.name}`, ["count", "version", "place", "message", "last"],
        module.panics.places.slice(0, 20).map((it) => [it.count, it.version, make("code", {}, it.place), it.message, time(it.last)]))) : null,
    module.timers.length > 0 ? more("timers", counted(module.timers.length, "timer"),
      table(`Timers of ${module.name}`, ["timer", "every", "runs", "panics", "late", "longest"],
        module.timers.map((it) => [make("code", {}, it.name), seconds(it.period_seconds), it.runs, it.panics, it.late, seconds(it.longest_seconds)]))) : null,
    module.users.length + module.uses.length > 0 ? more("uses", "Calls between modules",
      make("ul", {}, ...[...module.users, ...module.uses].map((it) => make("li", {}, `${it.user} ${it.version} (${it.reason}) calls ${it.of}: ${it.exports.join(", ")}`)))) : null);
}

const stuck = new Map(); // by module: the first instances that do not fit, and why, as they were when they were asked for

// They are asked for when a person opens the list, and when what is open is made anew.
async function fillStuck(module, details) {
  if (!details.open) return;
  const list = details.querySelector("ul");
  const show = (found) => list.replaceChildren(...found.map(({ name, it }) => make("li", {}, make("code", {}, `${name}[${it.key}]`), ` at ${it.version}: ${it.stuck}`)));
  show(stuck.get(module.name) ?? []);
  try {
    const found = [];
    for (const { name } of module.pools.filter((it) => it.stuck > 0)) {
      const { instances } = await ask(`/pools/${encodeURIComponent(name)}/instances?stuck=true&limit=20`);
      found.push(...instances.map((it) => ({ name, it })));
    }
    stuck.set(module.name, found);
    show(found);
  } catch (error) {
    list.replaceChildren(make("li", { class: "bad" }, error.message));
  }
}

// ---- Calls, where the host measures them

const looks = new Map(); // by module and digest: what its calls had come to at the last looks, oldest first

// What the calls of a version came to between two looks.
function between(before, now) {
  const counted = (of) => new Map(of.buckets.map((it) => [it.to_seconds, it.count]));
  const was = counted(before);
  const times = now.buckets.map((it) => [it.to_seconds, it.count - (was.get(it.to_seconds) ?? 0)]).filter(([, count]) => count > 0);
  const timed = times.reduce((sum, [, count]) => sum + count, 0);
  const within = (share) => {
    let left = Math.ceil(timed * share);
    for (const [end, count] of times) {
      left -= count;
      if (left <= 0) return end === null ? "> 10 s" : `≤ ${seconds(end)}`;
    }
    return "–";
  };
  const calls = now.calls - before.calls;
  const failed = now.errors + now.panics - before.errors - before.panics;
  const rate = calls * 1000 / (now.at - before.at);
  return {
    calls,
    cells: [
      grouped(Number(rate.toPrecision(3))), calls === 0 ? "–" : `${(100 * failed / calls).toFixed(failed === 0 ? 0 : 2)} %`,
      timed === 0 ? "–" : within(0.5), timed === 0 ? "–" : within(0.99),
    ],
  };
}

function showCalls(module, article) {
  const place = article.querySelector(".calls");
  const measured = module.versions.filter((it) => it.calls !== null);
  if (measured.length === 0) {
    if (!place.firstChild) place.append(make("p", { class: "soft" }, "How many calls there are is not known: the host does not measure them (", make("code", {}, "measure_calls"), ")."));
    return;
  }
  const rows = [];
  for (const version of measured) {
    const name = `${module.name} ${version.digest}`;
    const seen = looks.get(name) ?? [];
    // A server that was started anew counts from nought.
    if (seen.length > 0 && version.calls.calls < seen.at(-1).calls) seen.length = 0;
    looks.set(name, seen);
    const now = { at: performance.now(), ...version.calls };
    const { calls, cells } = between(seen[0] ?? { ...now, at: now.at - LOOK_AGAIN }, now);
    seen.push(now);
    while (seen.length > RATES_OVER) seen.shift();
    if (calls > 0 || version.current) rows.push([make("code", {}, version.version), ...cells, version.calls.calls, version.calls.errors, version.calls.panics]);
  }
  const made = table(`Calls of ${module.name}, over the last ${RATES_OVER} seconds, and all since each version was loaded`,
    ["version", "a second", "failed", "half within", "99 % within", "all", "errors", "panics"], rows);
  // Put in place of what is there cell by cell, so that a person may have it focused or scrolled.
  const [old, anew] = [place, made].map((it) => [...it.querySelectorAll("td")]);
  if (old.length === anew.length) old.forEach((cell, at) => say(cell, anew[at].textContent));
  else place.replaceChildren(made);
}

// ---- Events: the timeline and the audit

const updates = new Map();
const phases = new Set(["inspecting", "verifying", "planning", "staging", "rehearsing", "linking", "preparing", "draining"]);

function told(kind, data) {
  if (kind === "update") noteUpdate(data);
  else if (kind === "audit") noteAudit(data);
  else if (kind === "missed") {
    if (data.count === null) {
      // The numbers of another server's updates begin anew, too.
      updates.clear();
      looks.clear();
    }
    $("timeline").prepend(make("li", { class: "warn" }, data.count === null ? "The server was started anew: earlier events are gone." : `${data.count} events are kept no more.`));
  }
}

function noteUpdate(event) {
  if (event.state === "missed") return;
  $("timeline-empty").hidden = true;
  let update = updates.get(event.update);
  if (!update) {
    update = { steps: [], element: make("li", { "data-update": event.update }) };
    updates.set(event.update, update);
    $("timeline").prepend(update.element);
    while ($("timeline").childElementCount > MOST_LISTED) {
      const oldest = $("timeline").lastElementChild;
      const number = Number(oldest.dataset.update);
      if (updates.get(number)?.element === oldest) updates.delete(number);
      oldest.remove();
    }
  }
  update.steps.push(event);
  showUpdate(update);
}

function showUpdate({ steps, element }) {
  const last = steps.at(-1);
  const outcome = steps.findLast((it) => ["published", "refused", "rolled back", "unchanged", "on trial"].includes(it.state)) || last;
  const tone = { published: "good", refused: "bad", "rolled back": "warn" }[outcome.state] || "soft";
  const bars = steps.slice(0, -1).map((step, place) => [step.state, Math.max(0, steps[place + 1].time - step.time)]).filter(([state]) => phases.has(state));
  const reasons = steps.filter((it) => it.reason !== null);
  element.replaceChildren(
    make("strong", {}, `${last.module} ${last.from} → ${last.to ?? "?"}`), " ",
    make("span", { class: `${tone} outcome` }, outcome.state), " ", make("span", { class: "soft" }, time(steps[0].time)),
    make("div", { class: "phases", role: "img", "aria-label": bars.map(([state, took]) => `${state} ${took} ms`).join(", ") },
      ...bars.map(([state, took]) => {
        const bar = make("span", { class: state, title: `${state}: ${took} ms` }, state);
        bar.style.flexGrow = 1 + took;
        return bar;
      })),
    ...reasons.map((it) => make("pre", { class: "reason" }, it.reason)));
}

function noteAudit(record) {
  const audit = $("audit");
  audit.prepend(make("li", {}, make("span", { class: "soft" }, time(record.time)), ` ${record.caller}: ${record.action} of `, make("code", {}, record.of), ` ${record.outcome}`,
    record.reason ? `, because: ${record.reason}` : "", make("span", { class: "soft" }, ` (${record.from})`)));
  while (audit.childElementCount > MOST_LISTED) audit.lastElementChild.remove();
}

async function listen() {
  const mine = begun;
  let last = null;
  let wait = 250;
  while (mine === begun) {
    try {
      const headers = last === null ? {} : { "Last-Event-ID": last };
      const response = await ask("/events?since=start", { stream: true, headers });
      wait = 250;
      const stream = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await stream.read();
        if (done || mine !== begun) break;
        isConnected();
        text += value;
        const blocks = text.split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const fields = {};
          for (const line of block.split("\n")) {
            const colon = line.indexOf(":");
            if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
          }
          if (fields.id) last = fields.id;
          if (fields.event) told(fields.event, JSON.parse(fields.data));
        }
      }
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return;
      if (!(error instanceof Refused)) isGone();
    }
    await new Promise((again) => setTimeout(again, wait));
    wait = Math.min(wait * 2, 5000);
  }
}

// ---- Plans, and what is done by them

let planned = null;

const inputs = {
  file: () => make("label", {}, "File ", make("select", { name: "file", required: true })),
  rehearse: () => make("label", {}, make("input", { type: "checkbox", name: "rehearse" }), "Rehearse it first, in a copy of the process"),
  settle_ms: () => make("label", {}, "Take instances along for, in ms ", make("input", { name: "settle_ms", type: "number", min: 0, max: 600000 })),
  within_ms: () => make("label", {}, "For, in ms ", make("input", { name: "within_ms", type: "number", min: 0, max: 600000, value: 5000, required: true })),
  pool: (module) => make("label", {}, "Pool ", make("select", { name: "pool" }, ...module.pools.map((it) => make("option", { value: it.name }, it.name)))),
  percent: () => make("label", {}, "Of a hundred instances ", make("input", { name: "percent", type: "number", min: 0, max: 100, step: "any", value: 5, required: true })),
};
const wanted = {
  update: ["file", "rehearse", "settle_ms"], rehearse: ["file"], rollback: ["settle_ms"], canary: ["file", "pool", "percent"],
  sweep: ["within_ms"], permanent: [], promote: [], abort: [], freeze: [], thaw: [],
};

async function openPlan(module, action, label) {
  planned = { module, action, plan: null, key: null };
  $("plan-title").textContent = `${label.replace(" …", "")}: ${module.name} ${module.version}`;
  $("plan-inputs").replaceChildren(...wanted[action].map((it) => inputs[it](module)));
  $("plan-shown").replaceChildren();
  $("plan-result").replaceChildren();
  $("plan-confirm").hidden = true;
  $("plan-look").disabled = false;
  $("plan").showModal();
  const file = $("plan-inputs").querySelector("select[name=file]");
  if (file) {
    try {
      const { files, left_out: leftOut } = await ask("/files");
      file.replaceChildren(...files.map((it) => make("option", { value: it.file }, it.file)));
      if (leftOut > 0) file.append(make("option", { disabled: true }, `${grouped(leftOut)} older ones are not listed`));
    } catch (error) {
      $("plan-result").textContent = error.message;
    }
  } else if (wanted[action].length === 0) {
    await lookAtPlan();
  }
}

function request() {
  const body = {};
  for (const input of $("plan-inputs").querySelectorAll("input, select")) {
    if (input.type === "checkbox") { if (input.checked) body[input.name] = true; }
    else if (input.type === "number") { if (input.value !== "") body[input.name] = Number(input.value); }
    else body[input.name] = input.value;
  }
  return body;
}

$("plan-inputs").addEventListener("input", () => {
  $("plan-confirm").hidden = true;
  $("plan-shown").replaceChildren();
});

$("plan-look").addEventListener("click", lookAtPlan);

async function lookAtPlan() {
  const { module, action } = planned;
  $("plan-result").replaceChildren();
  try {
    const plan = await post(module.name, `${action}:plan`, request(), {});
    showPlan(plan);
  } catch (error) {
    $("plan-confirm").hidden = true;
    $("plan-shown").replaceChildren(make("pre", { class: "bad" }, error.message));
  }
}

function showPlan(plan) {
  const version = plan.to || plan.new?.version || planned.module.canary?.version && ["promote", "abort"].includes(planned.action) && planned.module.canary.version || planned.module.version;
  planned = { ...planned, plan, version, key: crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}` };
  $("plan-shown").replaceChildren(...shownComparison(plan));
  const refused = plan.verdict === "refuse";
  $("plan-confirm").hidden = refused;
  $("plan-type").textContent = `Type ${version} to confirm`;
  $("plan-version").value = "";
  $("plan-do").textContent = $("plan-title").textContent.split(":")[0];
  mayDo();
  if (!refused) $("plan-reason").focus();
}

function shownComparison(it) {
  const changes = (it.differences || []).filter((change) => !(it.losses || []).some((loss) => loss.path === change.path && loss.rule === change.rule));
  const rows = (all) => all.map((change) => [make("code", {}, change.path), change.was || "–", change.now || "–", make("span", { class: change.refuses ? "bad" : change.loses ? "warn" : "" }, `${change.code} ${change.rule}`), change.help || ""]);
  const heads = ["path", "was", "now", "rule", "what to write"];
  return [
    make("pre", { class: it.verdict === "refuse" ? "bad plan-text" : "plan-text" }, it.text || it.message || ""),
    it.losses && it.losses.length > 0 ? table("What would be lost", heads, rows(it.losses)) : null,
    changes.length > 0 ? table("Differences", heads, rows(changes)) : null,
    it.costs && it.costs.length > 0 ? table("What state costs", ["path", "cost"], it.costs.map((cost) => [make("code", {}, cost.path), cost.cost])) : null,
  ].filter((element) => element !== null);
}

function mayDo() {
  const typed = $("plan-version").value.trim() === planned?.version;
  $("plan-do").disabled = !(typed && $("plan-reason").value.trim());
}
$("plan-version").addEventListener("input", mayDo);
$("plan-reason").addEventListener("input", mayDo);
$("plan-close").addEventListener("click", () => $("plan").close());

$("plan-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!planned?.plan || $("plan-do").disabled) return;
  const { module, action, plan, key } = planned;
  const body = { ...request(), reason: $("plan-reason").value.trim() };
  $("plan-do").disabled = true;
  try {
    let done = await post(module.name, action, body, { "If-Match": `"${plan.tag}"`, "Idempotency-Key": key });
    while (done.operation.state === "running") {
      $("plan-result").replaceChildren(`It goes on: operation ${done.operation.id}.`);
      await new Promise((again) => setTimeout(again, 500));
      const operation = await ask(`/operations/${done.operation.id}`);
      done = { ...operation.result, operation };
    }
    $("plan-confirm").hidden = true;
    $("plan-shown").replaceChildren();
    $("plan-result").replaceChildren(make("p", { class: done.operation.state === "done" ? "good" : "bad" }, done.operation.state), ...shownComparison(done));
  } catch (error) {
    const [outcome, shown] = error instanceof Refused
      ? [error.status < 500 ? "refused" : "failed", shownComparison({ ...error.body, text: error.body.message })]
      : ["not known", [`No answer came (${error.message}). What became of it is told under “Updates” and “Who did what” once the server is there again.`]];
    $("plan-result").replaceChildren(make("p", { class: "bad" }, outcome), ...shown);
  }
  lookAtModules();
});

// ---- Live state

function showPools() {
  const pools = modules.flatMap((it) => it.pools);
  const select = $("pool");
  const known = [...select.options].map((it) => it.value).join("\n");
  if (known !== pools.map((it) => it.name).join("\n")) {
    const chosen = select.value;
    select.replaceChildren(...pools.map((it) => make("option", { value: it.name }, `${it.name} (${it.module})`)));
    // What a person chose stays chosen, and a key is one of that pool.
    if (pools.some((it) => it.name === chosen)) select.value = chosen;
    else $("key").value = "";
    listKeys();
  }
  $("inspector").hidden = pools.length === 0 || !scopes.includes("state");
}

async function listKeys() {
  if (!$("pool").value || !scopes.includes("state")) return;
  try {
    const { instances } = await ask(`/pools/${encodeURIComponent($("pool").value)}/instances?limit=200`);
    $("keys").replaceChildren(...instances.map((it) => make("option", { value: it.key })));
    if (!$("key").value && instances.length > 0) $("key").value = instances[0].key;
  } catch (error) {
    say($("inspector-note"), error.message);
  }
}
$("pool").addEventListener("change", () => { $("key").value = ""; listKeys(); });

function read(path, from) {
  const query = new URLSearchParams({ key: $("key").value, path, depth: 2, items: 50 });
  if (from) query.set("from", from);
  return ask(`/pools/${encodeURIComponent($("pool").value)}/state?${query}`);
}

$("inspect").addEventListener("submit", async (event) => {
  event.preventDefault();
  const path = $("path").value.trim();
  try {
    const found = await read(path);
    say($("inspector-note"), `${found.type}, at version ${found.version}`);
    const root = branch(path === "" ? found.type : path, path, found.value, 1);
    $("tree").replaceChildren(root.item);
    root.fill(found);
    $("search-label").hidden = false;
    search();
  } catch (error) {
    $("tree").replaceChildren();
    say($("inspector-note"), error.message);
  }
});

const opens = (value) => typeof value === "object" && value !== null && !["$secret", "$skip", "$opaque", "$locked", "$same", "$weak", "$stays", "$failed", "$text", "$more"].some((it) => it in value);

function shortly(value) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if ("$deep" in value) return value.$deep;
  if ("$text" in value) return `${JSON.stringify(value.$text)} … ${value.$bytes} bytes`;
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)} …` : text;
}

// One value in the tree. What is in it is asked for when it is opened.
function branch(name, path, value, level) {
  const isOpenable = opens(value);
  const note = make("span", { class: "value" }, `: ${shortly(value)}`);
  const row = make("span", { class: `row ${isOpenable ? "closed" : ""}`, "data-opens": isOpenable }, make("span", { class: "name" }, name), note);
  const item = make("li", { role: "treeitem", tabindex: level === 1 ? 0 : -1, "aria-level": level, "aria-expanded": isOpenable ? "false" : null, "data-path": path }, row);
  let group = null;
  const fill = (found) => {
    group ??= item.appendChild(make("ul", { role: "group" }));
    group.querySelector(":scope > .more")?.remove();
    for (const child of children(path, found)) group.append(branch(child.name, child.path, child.value, level + 1).item);
    if (found.page?.next) {
      const left = found.page.len - found.page.first - found.page.shown;
      group.append(make("li", { class: "more", role: "none" }, make("button", { type: "button", onclick: async (event) => {
        event.stopPropagation();
        try { fill(await read(path, found.page.next)); } catch (error) { say($("inspector-note"), error.message); }
      } }, `${grouped(Math.max(left, 0))} more`)));
    }
    row.classList.replace("closed", "open");
    item.setAttribute("aria-expanded", "true");
    note.hidden = true;
    search();
  };
  const toggle = async () => {
    if (!isOpenable) return;
    if (item.getAttribute("aria-expanded") === "true") {
      group.remove();
      group = null;
      row.classList.replace("open", "closed");
      item.setAttribute("aria-expanded", "false");
      note.hidden = false;
      return;
    }
    try { fill(await read(path)); } catch (error) { say($("inspector-note"), error.message); }
  };
  row.addEventListener("click", toggle);
  item.toggle = toggle;
  return { item, fill };
}

function children(path, { value, page }) {
  const step = (name) => path === "" ? name : `${path}.${name}`;
  const within = (key) => `${path}[${JSON.stringify(key)}]`;
  if (Array.isArray(value)) {
    const items = value.filter((it) => it === null || typeof it !== "object" || !("$more" in it));
    if (!page) return items.map((it, place) => ({ name: place, path: step(String(place)), value: it }));
    // Maps of `slotmap` are lists of slots, and a list may have maps in it.
    const isMap = /^(\w+::)*(Hash|BTree|Index|Dash|RHash)Map</.test(arguments[1].type || "");
    return items.map((it, place) => isMap && Array.isArray(it) && it.length === 2
      ? { name: JSON.stringify(it[0]), path: within(it[0]), value: it[1] }
      : { name: page.first + place, path: `${path}[${page.first + place}]`, value: it });
  }
  if (typeof value !== "object" || value === null) return [];
  // A key that begins with `$` is shown with one more of it in front.
  const key = (name) => name.startsWith("$$") ? name.slice(1) : name;
  return Object.entries(value).filter(([name]) => name !== "$more").map(([name, it]) => ({ name: key(name), path: page ? within(key(name)) : step(name), value: it }));
}

// What does not hold the text is left out, but for what leads to it.
function search() {
  const text = $("search").value.trim().toLowerCase();
  let found = 0;
  const visit = (item) => {
    const own = item.querySelector(":scope > .row")?.textContent.toLowerCase().includes(text);
    const inner = [...item.querySelectorAll(":scope > ul > li[role=treeitem]")].map(visit).some(Boolean);
    const shown = text === "" || own || inner;
    if (own && text !== "") found += 1;
    item.classList.toggle("hidden", !shown);
    return shown;
  };
  $("tree").querySelectorAll(":scope > li").forEach(visit);
  if (text !== "") say($("inspector-note"), `${found} found in what is shown`);
}
$("search").addEventListener("input", search);

$("tree").addEventListener("keydown", (event) => {
  const item = event.target.closest("li[role=treeitem]");
  if (!item || event.target.tagName === "BUTTON") return;
  const all = [...$("tree").querySelectorAll("li[role=treeitem]")].filter((it) => it.offsetParent !== null);
  const go = (to) => {
    if (!to) return;
    item.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  const isOpen = item.getAttribute("aria-expanded") === "true";
  const keys = {
    ArrowDown: () => go(all[all.indexOf(item) + 1]),
    ArrowUp: () => go(all[all.indexOf(item) - 1]),
    Home: () => go(all[0]),
    End: () => go(all.at(-1)),
    ArrowRight: () => isOpen ? go(item.querySelector("li[role=treeitem]")) : item.toggle(),
    ArrowLeft: () => isOpen ? item.toggle() : go(item.parentElement.closest("li[role=treeitem]")),
    Enter: () => item.toggle(),
    " ": () => item.toggle(),
  };
  if (!(event.key in keys)) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
});

// ---- From here on

async function begin() {
  const mine = ++begun;
  try {
    const server = await ask("");
    if (mine !== begun) return;
    scopes = server.scopes;
    say($("who"), `${server.caller}: ${server.scopes.join(", ")}`);
    $("sign-in").hidden = true;
    $("sign-out").hidden = token === "";
    // Before, nothing is known, not even that there was no update.
    for (const id of ["skip", "modules", "updates", "records"]) $(id).hidden = false;
  } catch (error) {
    if (error instanceof Refused && !BUSY.has(error.status)) {
      signIn(error.message);
      return;
    }
    if (!(error instanceof Refused)) isGone();
    setTimeout(() => { if (mine === begun) begin(); }, LOOK_AGAIN);
    return;
  }
  listen();
  while (mine === begun && await lookAtModules()) await new Promise((again) => setTimeout(again, LOOK_AGAIN));
}

begin();

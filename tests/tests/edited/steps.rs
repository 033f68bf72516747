//! What is done with live instances, and what is to come of it.

use super::random::Random;
use super::rules::{self, Misfit};
use super::types::*;
use super::values;

/// What may be done next; a number chooses among what there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    UpdateReport,
    /// To the version after the next.
    Leap,
    /// To the file that is to be refused.
    Broken,
    RollbackReport,
    Canary,
    End(bool),
    Candidate,
    Rehearse,
    Follow(usize),
    Settle,
    Poke(usize),
    Renew(usize),
    Hold(usize, usize, &'static str),
    Release(usize),
    Remove(usize),
    Create(usize),
}

/// A state to begin with, at a version.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) version: usize,
    pub(crate) state: State,
}

struct Live {
    key: usize,
    state: State,
    at: usize,
    /// The items that are kept outside: whether by an owner that is not weak, and by which version.
    held: Vec<(usize, bool, usize)>,
    is_stuck: bool,
}

/// What has been done so far.
struct Run<'a> {
    types: &'a Types,
    lives: Vec<Live>,
    current: usize,
    previous: Option<usize>,
    canary: Option<usize>,
    /// The versions before and after those that no state went through.
    leapt: Option<(usize, usize)>,
    script: Vec<String>,
    /// Whether what is to come cannot be predicted any more.
    is_over: bool,
}

/// Steps at random.
pub(crate) fn steps(random: &mut Random, starts: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..starts.min(3)).map(Step::Create).collect();
    for _ in 0..24 {
        let live = random.below(starts);
        steps.push(match random.below(26) {
            0 | 1 => Step::UpdateReport,
            2 | 3 => match random.percent(50) {
                true => Step::Leap,
                false => Step::UpdateReport,
            },
            4 | 5 => Step::RollbackReport,
            6 => Step::Broken,
            7 | 8 => Step::Canary,
            9..=11 => Step::End(random.percent(50)),
            12 => Step::Candidate,
            13 => Step::Rehearse,
            14..=16 => Step::Follow(live),
            17 => Step::Settle,
            18 | 19 => Step::Poke(live),
            20 => Step::Renew(live),
            21 | 22 => {
                let how = random.pick(&["strong", "weak", "thread"]);
                Step::Hold(live, random.below(1000), how)
            }
            23 => Step::Release(live),
            24 => Step::Remove(live),
            _ => Step::Create(live),
        });
    }
    steps
}

/// A state that mostly fits all ways.
pub(crate) fn start(random: &mut Random, types: &Types, version: usize) -> Start {
    let wild = random.percent(15);
    let mut state = None;
    for _ in 0..40 {
        let made = values::state(random, &types.types, version);
        if !rules::is_readable(&rules::shown(types, version, &made)) {
            continue;
        }
        let mut at = made.clone();
        let fits = (version + 1..VERSIONS).all(|next| {
            let migrated = rules::migrated(types, &at, next - 1, next);
            migrated.map(|state| at = state).is_ok() && !rules::is_vetoed(&at)
        });
        state = Some(made);
        if wild || fits {
            break;
        }
    }
    let state = state.unwrap_or_else(|| values::without_weak(random, &types.types, version));
    Start { version, state }
}

/// The lines of a script, for what can be done of these steps.
pub(crate) fn script(types: &Types, starts: &[Start], steps: &[Step]) -> Vec<String> {
    let mut run = Run {
        types,
        lives: Vec::new(),
        current: 0,
        previous: None,
        canary: None,
        leapt: None,
        script: vec!["load 0".to_owned()],
        is_over: false,
    };
    for step in steps {
        if run.is_over {
            return run.script;
        }
        let done = run.step(*step, starts);
        match *step {
            Step::Poke(key)
            | Step::Renew(key)
            | Step::Follow(key)
            | Step::Hold(key, ..)
            | Step::Create(key)
                if done =>
            {
                run.look(key);
            }
            // A published version reaches states later, perhaps after more that were published meanwhile.
            Step::Broken | Step::Settle | Step::Candidate | Step::Rehearse if done => {
                run.look_at_all()
            }
            _ => {}
        }
    }
    run.look_at_all();
    // What these steps come to is not predicted. They must only not crash.
    if run.canary.is_none() && run.current + 1 < VERSIONS - 1 {
        let to = VERSIONS - 1;
        run.say(format!("leap {to} any"));
        run.say("rouse".to_owned());
        run.say("rollback any".to_owned());
        run.say("rouse".to_owned());
    }
    run.script
}

impl Run<'_> {
    fn say(&mut self, line: String) {
        if !self.is_over {
            self.script.push(line);
        }
    }

    fn live(&self, key: usize) -> Option<usize> {
        self.lives.iter().position(|live| live.key == key)
    }

    /// Checks that a state is what it should be. To look at an instance takes it along.
    fn look(&mut self, key: usize) {
        if let Some(place) = self.live(key) {
            self.try_again(place);
            let live = &self.lives[place];
            let line = format!("at {key} {} {}", live.at, self.shown(live));
            self.say(line);
        }
    }

    fn look_at_all(&mut self) {
        let keys: Vec<usize> = self.lives.iter().map(|live| live.key).collect();
        keys.into_iter().for_each(|key| self.look(key));
    }

    fn shown(&self, live: &Live) -> String {
        let held = live.held.iter().filter(|it| it.1).map(|it| it.0);
        values::shown(&self.types.types, live.at, &live.state, held.collect())
    }

    fn target(&self, live: &Live) -> usize {
        self.canary
            .filter(|_| live.key.is_multiple_of(2))
            .unwrap_or(self.current)
    }

    fn converts(&self, ty: &Ty, from: usize, to: usize) -> Option<bool> {
        rules::converts(&self.types.types, ty, from, to)
    }

    /// Whether it is clear at all steps whether the items of such a type are converted.
    fn is_clear(&self, ty: &Ty) -> bool {
        (1..VERSIONS).all(|to| self.converts(ty, to - 1, to).is_some())
    }

    /// Why an instance does not reach what it is to follow, if it does not; and what it keeps then.
    fn go(&self, live: &Live, to: usize) -> (Result<State, Misfit>, Option<usize>) {
        let from = live.at;
        let converts = |item: usize| self.converts(&live.state.kinds[item], from, to) == Some(true);
        let (state, owners) = match rules::carried(self.types, &live.state, from, to) {
            Ok(carried) => carried,
            Err(misfit) => return (Err(misfit), None),
        };
        // Of an item whose owners in the state all go, nothing is converted.
        let mut held = live.held.iter().map(|(item, ..)| *item);
        if held.any(|item| owners[item] > 0 && converts(item)) {
            return (Err(Misfit::Stays), None);
        }
        let world = Ty::Named(self.types.types.len() - 1, None);
        let Some(check) = &self.types.checks[to] else {
            return (Ok(state), None);
        };
        if self.converts(&world, from, to) != Some(true) || !rules::is_vetoed(&state) {
            return (Ok(state), None);
        }
        let kept = check.keeps.map(|id| match rules::field(&state, id) {
            Value::Shared(item) => *item,
            _ => unreachable!("an owner"),
        });
        let overruled = kept.is_some_and(converts);
        (
            if overruled {
                Ok(state)
            } else {
                Err(Misfit::Stays)
            },
            kept,
        )
    }

    /// The version that is next on the way from one to another.
    fn next(&self, at: usize, target: usize) -> usize {
        match self.leapt {
            Some((before, after)) if at == before && target >= after => after,
            Some((before, after)) if at == after && target < after => before,
            _ if at < target => at + 1,
            _ => at - 1,
        }
    }

    /// Whether a version is about to be published from the one before while states that came there
    /// otherwise are at it.
    fn is_tangled(&self, to: usize) -> bool {
        let is_end = self.leapt.is_some_and(|(_, after)| after == to);
        is_end && self.lives.iter().any(|live| live.at >= to)
    }

    /// Takes an instance along.
    fn follow(&mut self, place: usize) -> bool {
        let target = self.target(&self.lives[place]);
        while self.lives[place].at != target {
            let at = self.lives[place].at;
            let next = self.next(at, target);
            let (outcome, kept) = self.go(&self.lives[place], next);
            let live = &mut self.lives[place];
            live.held.extend(kept.map(|item| (item, true, next)));
            match outcome {
                Ok(state) => {
                    live.state = state;
                    live.at = next;
                }
                Err(misfit) => {
                    live.is_stuck = true;
                    self.is_over |= misfit == Misfit::Unclear;
                    return false;
                }
            }
        }
        self.lives[place].is_stuck = false;
        true
    }

    fn follow_told(&mut self, place: usize) -> bool {
        let key = self.lives[place].key;
        let followed = self.follow(place);
        self.say(format!(
            "follow {key} {}",
            if followed { "ok" } else { "stuck" }
        ));
        followed
    }

    /// Takes an instance along for a step that does so by itself. If it was stuck, the script says first
    /// whether it follows now.
    fn try_again(&mut self, place: usize) {
        match self.lives[place].is_stuck {
            true => drop(self.follow_told(place)),
            false => drop(self.follow(place)),
        }
    }

    /// Writes the lines of a step. Gives whether it can be done.
    fn step(&mut self, step: Step, starts: &[Start]) -> bool {
        let alone = self.canary.is_none();
        let live = match step {
            Step::Follow(key)
            | Step::Poke(key)
            | Step::Renew(key)
            | Step::Hold(key, ..)
            | Step::Release(key)
            | Step::Remove(key) => match self.live(key) {
                Some(place) => place,
                None => return false,
            },
            _ => 0,
        };
        match step {
            Step::UpdateReport | Step::Canary if alone && self.is_tangled(self.current + 1) => {
                self.is_over = true;
                return false;
            }
            Step::Leap if alone && self.current + 2 < VERSIONS => {
                let (from, to) = (self.current, self.current + 2);
                if self.leapt.is_some()
                    || self.lives.iter().any(|live| live.at > from)
                    || !rules::leads_over(self.types, from, to)
                {
                    return false;
                }
                self.previous = Some(from);
                self.current = to;
                self.leapt = Some((from, to));
                self.say(format!("leap {to} ok"));
            }
            Step::UpdateReport if alone && self.current + 1 < VERSIONS => {
                self.previous = Some(self.current);
                self.current += 1;
                self.say(format!("update {} ok", self.current));
            }
            Step::Broken
                if alone
                    && self
                        .types
                        .broken
                        .is_some_and(|it| it.version == self.current + 1) =>
            {
                self.say(format!("update {VERSIONS} refused"));
            }
            Step::RollbackReport if alone => {
                let back = self
                    .previous
                    .filter(|to| rules::leads_back(self.types, self.current, *to));
                match back {
                    Some(to) => {
                        self.current = to;
                        self.previous = None;
                        self.say("rollback ok".to_owned());
                    }
                    None => self.say("rollback refused".to_owned()),
                }
            }
            Step::Canary if alone && self.current + 1 < VERSIONS => {
                let to = self.current + 1;
                match rules::leads_back(self.types, to, self.current) {
                    true => {
                        self.canary = Some(to);
                        self.say(format!("canary {to} ok"));
                    }
                    false => self.say(format!("canary {to} refused")),
                }
            }
            Step::End(promoted) if !alone => {
                let to = self.canary.take().expect("a canary");
                if promoted {
                    self.previous = Some(self.current);
                    self.current = to;
                }
                self.say(if promoted { "promote" } else { "abort" }.to_owned());
            }
            Step::Candidate if alone && self.current + 1 < VERSIONS => {
                let to = self.current + 1;
                let (mut fit, mut unfit) = (0, Vec::new());
                if self.types.checks[to].is_some() {
                    return false;
                }
                for live in self.lives.iter().filter(|live| live.at == self.current) {
                    match self.go(live, to) {
                        (Ok(_), _) => fit += 1,
                        (Err(Misfit::Stays), _) => unfit.push(live.key),
                        (Err(Misfit::Unclear), _) => return false,
                    }
                }
                unfit.sort_unstable();
                let unfit: String = unfit.iter().map(|key| format!(" {key}")).collect();
                self.say(format!("candidate {to} {fit}{unfit}"));
            }
            Step::Rehearse if alone && self.current + 1 < VERSIONS => {
                self.say(format!("rehearse {} any", self.current + 1));
            }
            Step::Follow(_) => drop(self.follow_told(live)),
            Step::Settle => {
                for place in 0..self.lives.len() {
                    self.try_again(place);
                }
                self.say("settle".to_owned());
            }
            Step::Poke(key) => {
                self.try_again(live);
                let Value::Fields(_, fields) = &mut self.lives[live].state.root else {
                    unreachable!("a state is a struct");
                };
                let pokes = fields.iter_mut().find(|(id, _)| *id == POKES);
                let pokes = &mut pokes.expect("a field that is always there").1;
                let Value::Word(word) = pokes else {
                    unreachable!("a number");
                };
                let more = word.parse::<u64>().expect("a number").wrapping_add(1);
                *word = more.to_string();
                self.say(format!("poke {key}"));
            }
            Step::Renew(key) => {
                if !self.lives[live].held.is_empty() {
                    return false;
                }
                self.try_again(live);
                if !self.lives[live].held.is_empty()
                    || !rules::is_readable(&self.shown(&self.lives[live]))
                {
                    self.look(key);
                    return false;
                }
                self.say(format!("renew {key}"));
            }
            Step::Hold(key, which, how) => {
                self.try_again(live);
                let met = values::met(
                    &self.types.types,
                    self.lives[live].at,
                    &self.lives[live].state,
                );
                if met.is_empty() {
                    self.look(key);
                    return false;
                }
                // Of abi_stable's owners there are no weak ones.
                let is_r_arc = |ty: &Ty| matches!(ty, Ty::Arc(R_ARC, _));
                let how = match rules::has(self.types, &is_r_arc) {
                    true => "strong",
                    false => how,
                };
                let number = which % met.len();
                let (item, at) = (met[number], self.lives[live].at);
                if !self.is_clear(&self.lives[live].state.kinds[item]) {
                    self.look(key);
                    return false;
                }
                self.lives[live].held.push((item, how == "strong", at));
                self.say(format!("hold {key} {} {how}", number + 1));
            }
            Step::Release(key) => {
                self.try_again(live);
                let at = self.lives[live].at;
                for live in &mut self.lives {
                    live.held.retain(|(_, _, version)| *version != at);
                }
                self.say(format!("release {key}"));
            }
            Step::Remove(key) => {
                self.lives.remove(live);
                self.say(format!("remove {key}"));
            }
            Step::Create(key) if alone && self.live(key).is_none() => {
                let start = &starts[key];
                if start.version != self.current {
                    return false;
                }
                let live = Live {
                    key,
                    state: start.state.clone(),
                    at: self.current,
                    held: Vec::new(),
                    is_stuck: false,
                };
                self.say(format!("create {key} {}", self.shown(&live)));
                self.lives.push(live);
            }
            _ => return false,
        }
        true
    }
}

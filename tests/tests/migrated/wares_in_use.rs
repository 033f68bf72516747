//! Types of the standard library in pools, on trial and in rehearsals.

use std::time::Duration;

use hotmod_host::{CanaryOptions, Pool, RehearsalOptions};
use hotmod_tests::fixture::BASE;
use hotmod_tests::interfaces::wares::Wares;
use hotmod_tests::patience::PATIENCE;

use super::wares::{WARES, grown};
use super::{at_rest, load, update};

const KEYS: u64 = 8;

/// A pool of full states, and what each of them shows.
fn pool() -> (Pool<u64, dyn Wares>, Vec<String>) {
    let module = load::<dyn Wares>(WARES.file(BASE));
    let pool = module.pool();
    let shown = (0..KEYS).map(|key| {
        let created = pool.create(key, "");
        created.unwrap_or_else(|error| panic!("{error}"));
        pool.call(&key, |it| it.fill(key)).expect("a call");
        pool.call(&key, |it| it.show()).expect("a call")
    });
    let shown = shown.collect();
    (pool, shown)
}

fn show(pool: &Pool<u64, dyn Wares>) -> Vec<String> {
    let shown = (0..KEYS).map(|key| pool.call(&key, |it| it.show()).expect("a call"));
    shown.collect()
}

#[test]
fn a_pool_takes_them_along_and_back() {
    let (pool, was) = pool();
    let rehearsed = pool
        .module()
        .rehearse(WARES.file("grown"), &RehearsalOptions::new());
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(rehearsed.migrated, 8, "{rehearsed}");
    update(pool.module(), WARES.file("grown"));
    assert_eq!(pool.settle_timeout(PATIENCE).migrated, 8);
    let now: Vec<String> = was.iter().map(|shown| grown(shown)).collect();
    assert_eq!(show(&pool), now);
    let back = pool.module().rollback();
    back.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(pool.settle_timeout(PATIENCE).migrated, 8);
    assert_eq!(show(&pool), was);
    for key in 0..KEYS {
        drop(pool.remove(&key).expect("an instance"));
    }
    let files = [BASE, "grown"].map(|variant| WARES.file(variant));
    assert_eq!(pool.module().memory(), at_rest::<dyn Wares>(files));
}

#[test]
fn a_candidate_on_trial_has_its_share_of_them() {
    let (pool, was) = pool();
    let odd = CanaryOptions::matching(|key: &u64| key % 2 == 1);
    let canary = pool.canary(WARES.file("grown"), odd);
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let now = was.iter().enumerate().map(|(key, shown)| match key % 2 {
        1 => grown(shown),
        _ => shown.clone(),
    });
    let now: Vec<String> = now.collect();
    assert_eq!(show(&pool), now);
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(show(&pool), was);
}

#[test]
fn a_rehearsal_beside_what_runs_takes_none_of_them() {
    let (pool, was) = pool();
    let candidate = pool.module().candidate(WARES.file("grown"));
    let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rehearsed = pool.rehearse(&candidate);
    assert_eq!(rehearsed.fit, 8, "{rehearsed:?}");
    drop(candidate);
    assert_eq!(show(&pool), was);
    let waited = pool.settle_timeout(Duration::ZERO);
    assert_eq!(waited.migrated, 0);
}

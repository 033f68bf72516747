//! Where there is no room for what is to be kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hotmod_host::UpdateState;
use hotmod_host::describe::Rule;
use hotmod_tests::mount::Mount;
use hotmod_tests::patience::until_state;

use super::{FILE, Place, built, rule};

#[test]
fn an_update_that_cannot_be_recorded_is_refused_and_a_rollback_is_told() {
    let place = Place::new();
    fs::create_dir(place.state()).expect("a directory");
    let size = fs::metadata(built("first")).expect("a module").len();
    let Some(mount) = Mount::small(place.state(), size * 5 / 2) else {
        return;
    };
    // A directory that other users may write to is refused.
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(place.state(), private).expect("permissions");
    let (host, module) = place.begins();
    module
        .update(place.puts_as("second", FILE))
        .expect("there is room for two");
    let events = host.events();
    let third = place.puts_as("third", "libthird.so");
    for _ in 0..2 {
        let refusal = module
            .update(&third)
            .expect_err("there is no room for three");
        assert_eq!(rule(&refusal), Rule::NotRecorded, "{refusal}");
        let told = refusal.to_string();
        assert!(told.contains("1.1.0 keeps running"), "{told}");
        assert!(told.contains("make room there for"), "{told}");
        assert!(told.contains("HostBuilder::state_dir"), "{told}");
        assert_eq!(module.version(), "1.1.0");
        let refused = until_state(&events, UpdateState::Refused);
        let refused = refused.iter().filter(|it| it.state == UpdateState::Refused);
        assert_eq!(refused.count(), 1, "one report for each");
    }
    assert_eq!(place.copies(), 2, "a torn copy is left");

    // Not even room for a line.
    let rest = place.state().join("rest");
    let mut filled = fs::File::create(&rest).expect("a file");
    while std::io::Write::write_all(&mut filled, &[0; 4096]).is_ok() {}
    while std::io::Write::write_all(&mut filled, &[0]).is_ok() {}
    // The last page of the journal has room for some lines.
    module.freeze("the journal is filled");
    for _ in 0..64 {
        let refused = module.update(&third).expect_err("it is frozen");
        assert_eq!(rule(&refused), Rule::Frozen);
    }
    module.thaw();
    module.rollback().expect("a rollback needs no room");
    assert_eq!(module.version(), "1.0.0");
    let told = until_state(&events, UpdateState::Unrecorded);
    let told = told.last().expect("an event").to_string();
    assert!(told.contains("No space left on device"), "{told}");

    drop(filled);
    fs::remove_file(rest).expect("a file");
    mount.resize(size * 8);
    module.update(&third).expect("there is room");
    drop((host, module));
    let (host, module) = place.begins();
    assert_eq!(module.version(), "1.2.0");
    drop((host, module));
    drop(mount);
}

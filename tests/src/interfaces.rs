//! The interfaces of the fixtures as hosts link them: the very files that the modules are built from.
#![allow(missing_docs, reason = "the modules would carry the comments too")]

#[path = "../fixtures/abacus/interface.rs"]
pub mod abacus;

#[path = "../fixtures/archive/interface.rs"]
pub mod archive;

#[path = "../fixtures/arena/interface.rs"]
pub mod arena;

#[path = "../fixtures/calls/interface.rs"]
pub mod calls;

#[path = "../fixtures/carried/interface.rs"]
pub mod carried;

#[path = "../fixtures/counter/interface.rs"]
pub mod counter;

#[path = "../fixtures/depot/interface.rs"]
pub mod depot;

#[path = "../fixtures/edited/interface.rs"]
pub mod edited;

#[path = "../fixtures/equipped/interface.rs"]
pub mod equipped;

#[path = "../fixtures/family_tree/interface.rs"]
pub mod family_tree;

#[path = "../fixtures/foreign/interface.rs"]
pub mod foreign;

#[path = "../fixtures/meddled/interface.rs"]
pub mod meddled;

#[path = "../fixtures/shelves/interface.rs"]
pub mod shelves;

#[path = "../fixtures/identity/interface.rs"]
pub mod identity;

#[path = "../fixtures/pricing/interface.rs"]
pub mod pricing;

#[path = "../fixtures/relay/interface.rs"]
pub mod relay;

#[path = "../fixtures/ledger/interface.rs"]
pub mod ledger;

#[path = "../fixtures/randomised/interface.rs"]
pub mod randomised;

#[path = "../fixtures/shop/interface.rs"]
pub mod shop;

#[path = "../fixtures/services/interface.rs"]
pub mod services;

#[path = "../fixtures/ring/interface.rs"]
pub mod ring;

#[path = "../fixtures/survey/interface.rs"]
pub mod survey;

#[path = "../fixtures/realm/interface.rs"]
pub mod realm;

#[path = "../fixtures/vessels/interface.rs"]
pub mod vessels;

#[path = "../fixtures/chain/interface.rs"]
pub mod chain;

#[path = "../fixtures/rooms/interface.rs"]
pub mod rooms;

#[path = "../fixtures/fickle/interface.rs"]
pub mod fickle;

#[path = "../fixtures/bulky/interface.rs"]
pub mod bulky;

#[path = "../fixtures/wares/interface.rs"]
pub mod wares;

#[path = "../fixtures/kin/interface.rs"]
pub mod kin;

#[path = "../fixtures/witness/interface.rs"]
pub mod witness;

#[path = "../fixtures/hoard/interface.rs"]
pub mod hoard;

#[path = "../fixtures/vault/interface.rs"]
pub mod vault;

#[path = "../fixtures/treasury/interface.rs"]
pub mod treasury;

#[path = "../fixtures/till/interface.rs"]
pub mod till;

#[path = "../fixtures/tower/interface.rs"]
pub mod tower;

#[path = "../fixtures/theatre/interface.rs"]
pub mod theatre;

#[path = "../fixtures/clock/interface.rs"]
pub mod clock;

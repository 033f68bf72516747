//! A handful of expansions, as a reader of the generated code would see them.
//!
//! `HOTMOD_UPDATE_EXPECT=1 cargo test -p hotmod-macros` writes what is generated now into
//! `tests/expand`, for review.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    check, every, export, import, init, interface, lifecycle, migrate, module, resource, state,
    task,
};

fn check(name: &str, expand: impl Fn(TokenStream) -> TokenStream) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let source = fs::read_to_string(folder.join(name).with_extension("rs")).unwrap();
    let expanded: TokenStream = expand(source.parse().unwrap());
    let expanded = prettyplease::unparse(&syn::parse2(expanded).unwrap());
    let file = folder.join(name).with_extension("expanded.rs");
    if env::var_os("HOTMOD_UPDATE_EXPECT").is_some() {
        fs::write(&file, &expanded).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expanded == expected,
        "{} is not what is generated; with HOTMOD_UPDATE_EXPECT=1 it is written anew\n{expanded}",
        file.display()
    );
}

#[test]
fn async_methods_become_futures() {
    check("async_interface", |item| {
        interface::interface(TokenStream::new(), item)
    });
}

#[test]
fn an_interface_becomes_a_client_and_shims() {
    check("interface", |item| {
        interface::interface(TokenStream::new(), item)
    });
}

#[test]
fn a_function_becomes_a_record_and_a_shim() {
    check("function", |item| export::export(TokenStream::new(), item));
}

#[test]
fn an_async_function_becomes_a_record_and_a_shim_that_begins_it() {
    check("async_function", |item| {
        export::export(TokenStream::new(), item)
    });
}

#[test]
fn a_local_interface_has_futures_that_stay_on_their_thread() {
    check("local_interface", |item| {
        interface::interface(quote!(local), item)
    });
}

#[test]
fn a_pure_async_function_becomes_a_table_too() {
    check("pure_async", |item| export::export(quote!(pure), item));
}

#[test]
fn a_pure_function_becomes_a_table_too() {
    check("pure", |item| export::export(quote::quote!(pure), item));
}

#[test]
fn an_import_becomes_a_record_and_a_call() {
    check("import", |item| {
        import::import(quote::quote!(stand_in = tests::broadcast), item)
    });
}

#[test]
fn an_async_import_becomes_a_record_and_a_future() {
    check("async_import", |item| {
        import::import(TokenStream::new(), item)
    });
}

#[test]
fn an_implementation_becomes_a_record_and_a_table() {
    check("implementation", |item| {
        export::export(TokenStream::new(), item)
    });
}

#[test]
fn an_init_becomes_a_record_and_a_shim() {
    check("init", |item| init::init(TokenStream::new(), item));
}

#[test]
fn a_migration_becomes_a_record_and_a_shim() {
    check("migrate", |item| migrate::migrate(TokenStream::new(), item));
    check("migrate_of_form", |item| {
        migrate::migrate(TokenStream::new(), item)
    });
}

#[test]
fn a_migration_down_becomes_a_record_and_a_table() {
    check("migrate_down", |item| migrate::migrate(quote!(down), item));
}

#[test]
fn an_earlier_form_becomes_a_description() {
    check("old_state", state::old_state);
}

#[test]
fn a_check_becomes_a_record_and_a_shim() {
    check("after_migrate", |item| {
        check::after_migrate(TokenStream::new(), item)
    });
}

#[test]
fn a_resource_becomes_a_record_a_place_and_a_shim() {
    check("resource", |item| {
        resource::resource(quote!("game.toml"), item)
    });
}

#[test]
fn a_preflight_becomes_a_record_and_a_shim() {
    check("preflight", |item| {
        check::preflight(TokenStream::new(), item)
    });
}

#[test]
fn what_is_called_again_and_again_becomes_a_record_and_a_shim() {
    check("every", |item| every::every(quote!("50ms"), item));
    check("every_of_all", |item| every::every(quote!("2h"), item));
    check("every_method", |item| {
        export::export(TokenStream::new(), item)
    });
}

#[test]
fn what_runs_from_version_to_version_becomes_two_records_a_table_and_a_shim() {
    check("task", |item| task::task(quote!(within = "5s"), item));
}

#[test]
fn what_is_called_when_a_version_is_loaded_becomes_a_record_and_a_shim() {
    check("loaded", |item| lifecycle::loaded(TokenStream::new(), item));
}

#[test]
fn what_is_called_when_a_version_is_retired_becomes_a_record_and_a_shim() {
    check("retired", |item| {
        lifecycle::retired(TokenStream::new(), item)
    });
}

#[test]
fn attributes_become_descriptions_and_makers() {
    check("attributes", state::stable_state);
}

#[test]
fn a_module_becomes_a_root_an_allocator_and_a_record() {
    check("module", module::module);
}

#[test]
fn a_struct_becomes_a_description() {
    check("struct", state::stable_state);
}

#[test]
fn a_generic_enum_becomes_a_description_for_each_use() {
    check("generic_enum", state::stable_state);
}

#[test]
fn an_item_with_faults_stays_as_it_is() {
    check("faults", |item| export::export(TokenStream::new(), item));
}

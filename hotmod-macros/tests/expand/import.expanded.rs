/// Sends a text to all who are in a room.
#[track_caller]
#[allow(clippy::used_underscore_binding)]
pub fn broadcast(room: u64, text: &str) -> u32 {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    #[allow(deprecated)]
    const _: fn() = || {
        let () = <u64 as ::hotmod::__private::CanCross>::IS;
        <&str as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<str>::crosses()
                .or(::hotmod::__private::Probe::<str>::is_kept())
                .or(::hotmod::__private::Probe::<str>::hashes())
                .negated(),
        );
        <str as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<&str>::crosses()
                .or(::hotmod::__private::Probe::<&str>::is_kept())
                .or(::hotmod::__private::Probe::<&str>::hashes()),
        );
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<u32>::require_returned();
    };
    #[allow(deprecated)]
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "broadcast",
        is_async: false,
        is_local: false,
        receiver: ::hotmod::__private::Receiver::None,
        params: &[
            ::hotmod::__private::ParamDesc {
                name: "room",
                ty: ::hotmod::__private::Probe::<u64>::TYPE,
                default: false,
            },
            ::hotmod::__private::ParamDesc {
                name: "text",
                ty: ::hotmod::__private::Probe::<&str>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<u32>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<u64>::MENTIONED,
            &::hotmod::__private::Probe::<&str>::MENTIONED,
            &::hotmod::__private::Probe::<u32>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::import_len(
        "__hotmod_import_hotmod_macros__broadcast",
        &__SIGNATURE,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::import_record(
        "__hotmod_import_hotmod_macros__broadcast",
        &__SIGNATURE,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    #[allow(deprecated)]
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[
            ::hotmod::__private::Probe::<u64>::PASSING,
            ::hotmod::__private::Probe::<&str>::PASSING,
        ],
        ::hotmod::__private::Probe::<u32>::PASSING,
        ::hotmod::__private::make_no_param,
    );
    static __HOTMOD_IMPORT: ::hotmod::__private::Import = ::hotmod::__private::Import::new(
        &__CROSSING,
    );
    ::hotmod::__private::linked_symbol! {
        __hotmod_import_hotmod_macros__broadcast
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_import_hotmod_macros__broadcast() -> ::hotmod::__private::ImportTable {
        ::hotmod::__private::ImportTable::one(&__HOTMOD_IMPORT)
    }
    #[cfg(test)]
    {
        if !__HOTMOD_IMPORT.is_bound() {
            return tests::broadcast(room, text);
        }
    }
    unsafe {
        ::hotmod::__private::Probe::<
            u32,
        >::import(
            &__HOTMOD_IMPORT,
            "broadcast",
            ::hotmod::__private::Cons(
                ::hotmod::__private::Probe::<u64>::into_wire(room),
                ::hotmod::__private::Cons(
                    ::hotmod::__private::Probe::<&str>::into_wire(text),
                    (),
                ),
            ),
        )
    }
}

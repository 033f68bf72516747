pub async fn damage(base: u32, armour: &str) -> u32 {
    base
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, deprecated)]
const __hotmod_export_damage: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    const _: fn() = || {
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
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
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "damage",
        is_async: true,
        is_local: false,
        receiver: ::hotmod::__private::Receiver::None,
        params: &[
            ::hotmod::__private::ParamDesc {
                name: "base",
                ty: ::hotmod::__private::Probe::<u32>::TYPE,
                default: false,
            },
            ::hotmod::__private::ParamDesc {
                name: "armour",
                ty: ::hotmod::__private::Probe::<&str>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<u32>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<u32>::MENTIONED,
            &::hotmod::__private::Probe::<&str>::MENTIONED,
            &::hotmod::__private::Probe::<u32>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::function_len(
        "__hotmod_fn_hotmod_macros_damage",
        "__hotmod_crossing_hotmod_macros_damage",
        &__SIGNATURE,
        ::hotmod::__private::Some("__hotmod_pure_hotmod_macros_damage"),
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::function_record(
        "__hotmod_fn_hotmod_macros_damage",
        "__hotmod_crossing_hotmod_macros_damage",
        &__SIGNATURE,
        ::hotmod::__private::Some("__hotmod_pure_hotmod_macros_damage"),
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_fn_hotmod_macros_damage
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_fn_hotmod_macros_damage(
        _state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ::hotmod::__private::Cons(__arg1, ()))|
        {
            let __arg0: u32 = ::hotmod::__private::Probe::<u32>::lent(__call, __arg0);
            let __arg1: &str = ::hotmod::__private::Probe::<&str>::lent(__call, __arg1);
            let __future = damage(__arg0, __arg1);
            unsafe {
                ::hotmod::__private::Probe::<
                    u32,
                >::start(__call, __output, __panic, __future)
            }
        };
        unsafe { ::hotmod::__private::run_async(__args, __panic, __export) }
    }
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[
            ::hotmod::__private::Probe::<u32>::PASSING,
            ::hotmod::__private::Probe::<&str>::PASSING,
        ],
        ::hotmod::__private::Probe::<u32>::PASSING,
        ::hotmod::__private::make_no_param,
    );
    ::hotmod::__private::linked_symbol! {
        __hotmod_crossing_hotmod_macros_damage
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_crossing_hotmod_macros_damage() -> &'static ::hotmod::__private::CrossingTable {
        &__CROSSING
    }
    const _: fn() = || {
        ::hotmod::__private::require_pure_argument::<u32>();
        ::hotmod::__private::Probe::<u32>::require_shown();
        ::hotmod::__private::require_pure_argument::<&str>();
        ::hotmod::__private::Probe::<&str>::require_shown();
        ::hotmod::__private::require_pure_result::<u32>();
    };
    unsafe extern "C" fn __try_out(
        __args: *mut (),
        __block: *mut (),
        __tried: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = ::hotmod::__private::Probe::<
            ::hotmod::__private::Cons<u32, ::hotmod::__private::Cons<&str, ()>>,
        >::begins(|
            __call,
            __block,
            ::hotmod::__private::Cons(__arg0, ::hotmod::__private::Cons(__arg1, ()))|
        {
            let __arg0: u32 = __arg0;
            let __arg1: &str = __arg1;
            let __future = damage(__arg0, __arg1);
            unsafe {
                ::hotmod::__private::Probe::<u32>::begin_shown(__call, __block, __future)
            }
        });
        unsafe {
            ::hotmod::__private::Probe::<
                ::hotmod::__private::Cons<u32, ::hotmod::__private::Cons<&str, ()>>,
            >::begin_trial(__args, __block, __tried, &["base", "armour"], __export)
        }
    }
    unsafe extern "C" fn __show(__output: *mut (), __shown: *mut ()) {
        unsafe { ::hotmod::__private::Probe::<u32>::show(__output, __shown) }
    }
    static __PURE: ::hotmod::__private::PureTable = ::hotmod::__private::PureTable {
        tries: ::hotmod::__private::Tries::Awaited(__try_out),
        show: __show,
    };
    ::hotmod::__private::linked_symbol! {
        __hotmod_pure_hotmod_macros_damage
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_pure_hotmod_macros_damage() -> &'static ::hotmod::__private::PureTable {
        &__PURE
    }
};

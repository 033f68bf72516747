pub fn greet(name: &str, times: u32) -> String {
    name.repeat(times as usize)
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, deprecated)]
const __hotmod_export_greet: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    const _: fn() = || {
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
        let () = <String as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<String>::require_returned();
    };
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "greet",
        is_async: false,
        is_local: false,
        receiver: ::hotmod::__private::Receiver::None,
        params: &[
            ::hotmod::__private::ParamDesc {
                name: "name",
                ty: ::hotmod::__private::Probe::<&str>::TYPE,
                default: false,
            },
            ::hotmod::__private::ParamDesc {
                name: "times",
                ty: ::hotmod::__private::Probe::<u32>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<String>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<&str>::MENTIONED,
            &::hotmod::__private::Probe::<u32>::MENTIONED,
            &::hotmod::__private::Probe::<String>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::function_len(
        "__hotmod_fn_hotmod_macros_greet",
        "__hotmod_crossing_hotmod_macros_greet",
        &__SIGNATURE,
        ::hotmod::__private::Some("__hotmod_pure_hotmod_macros_greet"),
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::function_record(
        "__hotmod_fn_hotmod_macros_greet",
        "__hotmod_crossing_hotmod_macros_greet",
        &__SIGNATURE,
        ::hotmod::__private::Some("__hotmod_pure_hotmod_macros_greet"),
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_fn_hotmod_macros_greet
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_fn_hotmod_macros_greet(
        _state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ::hotmod::__private::Cons(__arg1, ()))|
        {
            let __arg0: &str = ::hotmod::__private::Probe::<&str>::lent(__call, __arg0);
            let __arg1: u32 = ::hotmod::__private::Probe::<u32>::lent(__call, __arg1);
            ::hotmod::__private::Probe::<String>::returned(greet(__arg0, __arg1))
        };
        unsafe { ::hotmod::__private::run(__args, __output, __panic, __export) }
    }
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[
            ::hotmod::__private::Probe::<&str>::PASSING,
            ::hotmod::__private::Probe::<u32>::PASSING,
        ],
        ::hotmod::__private::Probe::<String>::PASSING,
        ::hotmod::__private::make_no_param,
    );
    ::hotmod::__private::linked_symbol! {
        __hotmod_crossing_hotmod_macros_greet
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_crossing_hotmod_macros_greet() -> &'static ::hotmod::__private::CrossingTable {
        &__CROSSING
    }
    const _: fn() = || {
        ::hotmod::__private::require_pure_argument::<&str>();
        ::hotmod::__private::Probe::<&str>::require_shown();
        ::hotmod::__private::require_pure_argument::<u32>();
        ::hotmod::__private::Probe::<u32>::require_shown();
        ::hotmod::__private::require_pure_result::<String>();
    };
    unsafe extern "C" fn __try_out(__args: *mut (), __tried: *mut ()) {
        let __export = ::hotmod::__private::Probe::<
            ::hotmod::__private::Cons<&str, ::hotmod::__private::Cons<u32, ()>>,
        >::runs(|
            __call,
            ::hotmod::__private::Cons(__arg0, ::hotmod::__private::Cons(__arg1, ()))|
        {
            let __arg0: &str = __arg0;
            let __arg1: u32 = __arg1;
            ::hotmod::__private::Probe::<String>::shown(greet(__arg0, __arg1))
        });
        unsafe {
            ::hotmod::__private::Probe::<
                ::hotmod::__private::Cons<&str, ::hotmod::__private::Cons<u32, ()>>,
            >::try_out(__args, __tried, &["name", "times"], __export)
        }
    }
    unsafe extern "C" fn __show(__output: *mut (), __shown: *mut ()) {
        unsafe { ::hotmod::__private::Probe::<String>::show(__output, __shown) }
    }
    static __PURE: ::hotmod::__private::PureTable = ::hotmod::__private::PureTable {
        tries: ::hotmod::__private::Tries::AtOnce(__try_out),
        show: __show,
    };
    ::hotmod::__private::linked_symbol! {
        __hotmod_pure_hotmod_macros_greet
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_pure_hotmod_macros_greet() -> &'static ::hotmod::__private::PureTable {
        &__PURE
    }
};

#[hotmod::export]
pub async fn quote(symbol: &str) -> Option<f64> {
    price(symbol).await
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, deprecated)]
const __hotmod_export_quote: () = {
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
        <Option<
            f64,
        > as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<f64>::crosses()
                .or(::hotmod::__private::Probe::<f64>::is_kept())
                .or(::hotmod::__private::Probe::<f64>::hashes())
                .negated(),
        );
        <f64 as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<Option<f64>>::crosses()
                .or(::hotmod::__private::Probe::<Option<f64>>::is_kept())
                .or(::hotmod::__private::Probe::<Option<f64>>::hashes()),
        );
        ::hotmod::__private::Probe::<Option<f64>>::require_returned();
    };
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "quote",
        is_async: true,
        is_local: false,
        receiver: ::hotmod::__private::Receiver::None,
        params: &[
            ::hotmod::__private::ParamDesc {
                name: "symbol",
                ty: ::hotmod::__private::Probe::<&str>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<Option<f64>>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<&str>::MENTIONED,
            &::hotmod::__private::Probe::<Option<f64>>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::function_len(
        "__hotmod_fn_hotmod_macros_quote",
        "__hotmod_crossing_hotmod_macros_quote",
        &__SIGNATURE,
        ::hotmod::__private::None,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::function_record(
        "__hotmod_fn_hotmod_macros_quote",
        "__hotmod_crossing_hotmod_macros_quote",
        &__SIGNATURE,
        ::hotmod::__private::None,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_fn_hotmod_macros_quote
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_fn_hotmod_macros_quote(
        _state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ())|
        {
            let __arg0: &str = ::hotmod::__private::Probe::<&str>::lent(__call, __arg0);
            let __future = quote(__arg0);
            unsafe {
                ::hotmod::__private::Probe::<
                    Option<f64>,
                >::start(__call, __output, __panic, __future)
            }
        };
        unsafe { ::hotmod::__private::run_async(__args, __panic, __export) }
    }
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[::hotmod::__private::Probe::<&str>::PASSING],
        ::hotmod::__private::Probe::<Option<f64>>::PASSING,
        ::hotmod::__private::make_no_param,
    );
    ::hotmod::__private::linked_symbol! {
        __hotmod_crossing_hotmod_macros_quote
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_crossing_hotmod_macros_quote() -> &'static ::hotmod::__private::CrossingTable {
        &__CROSSING
    }
};

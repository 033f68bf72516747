#[hotmod::import]
#[allow(clippy::used_underscore_binding)]
async fn fetch_price(symbol: &str, days: &[u32], currency: String) -> Option<f64> {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    #[allow(deprecated)]
    const _: fn() = || {
        let () = <::hotmod::__private::String as ::hotmod::__private::CanCross>::IS;
        let () = <::hotmod::__private::Vec<u32> as ::hotmod::__private::CanCross>::IS;
        let () = <String as ::hotmod::__private::CanCross>::IS;
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
    #[allow(deprecated)]
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "fetch_price",
        is_async: true,
        is_local: false,
        receiver: ::hotmod::__private::Receiver::None,
        params: &[
            ::hotmod::__private::ParamDesc {
                name: "symbol",
                ty: ::hotmod::__private::Probe::<::hotmod::__private::String>::TYPE,
                default: false,
            },
            ::hotmod::__private::ParamDesc {
                name: "days",
                ty: ::hotmod::__private::Probe::<::hotmod::__private::Vec<u32>>::TYPE,
                default: false,
            },
            ::hotmod::__private::ParamDesc {
                name: "currency",
                ty: ::hotmod::__private::Probe::<String>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<Option<f64>>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<::hotmod::__private::String>::MENTIONED,
            &::hotmod::__private::Probe::<::hotmod::__private::Vec<u32>>::MENTIONED,
            &::hotmod::__private::Probe::<String>::MENTIONED,
            &::hotmod::__private::Probe::<Option<f64>>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::import_len(
        "__hotmod_import_hotmod_macros__fetch_price",
        &__SIGNATURE,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::import_record(
        "__hotmod_import_hotmod_macros__fetch_price",
        &__SIGNATURE,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    #[allow(deprecated)]
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[
            ::hotmod::__private::Probe::<::hotmod::__private::String>::PASSING,
            ::hotmod::__private::Probe::<::hotmod::__private::Vec<u32>>::PASSING,
            ::hotmod::__private::Probe::<String>::PASSING,
        ],
        ::hotmod::__private::Probe::<Option<f64>>::PASSING,
        ::hotmod::__private::make_no_param,
    );
    static __HOTMOD_IMPORT: ::hotmod::__private::Import = ::hotmod::__private::Import::new(
        &__CROSSING,
    );
    ::hotmod::__private::linked_symbol! {
        __hotmod_import_hotmod_macros__fetch_price
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_import_hotmod_macros__fetch_price() -> ::hotmod::__private::ImportTable {
        ::hotmod::__private::ImportTable::one(&__HOTMOD_IMPORT)
    }
    let symbol: ::hotmod::__private::String = ::core::convert::From::from(symbol);
    let days: ::hotmod::__private::Vec<u32> = ::core::convert::From::from(days);
    let __future = unsafe {
        ::hotmod::__private::Probe::<
            Option<f64>,
        >::import_async(
            &__HOTMOD_IMPORT,
            "fetch_price",
            ::hotmod::__private::Cons(
                ::hotmod::__private::Probe::<
                    ::hotmod::__private::String,
                >::into_wire(symbol),
                ::hotmod::__private::Cons(
                    ::hotmod::__private::Probe::<
                        ::hotmod::__private::Vec<u32>,
                    >::into_wire(days),
                    ::hotmod::__private::Cons(
                        ::hotmod::__private::Probe::<String>::into_wire(currency),
                        (),
                    ),
                ),
            ),
        )
    };
    __future.await
}

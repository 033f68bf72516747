pub fn damage(base: u32, armour: u32) -> u32 {
    base - armour
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, deprecated)]
const __hotmod_export_damage: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    const _: fn() = || {
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<u32>::require_returned();
    };
    const __SIGNATURE: ::hotmod::__private::SignatureDesc = ::hotmod::__private::SignatureDesc {
        name: "damage",
        is_async: false,
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
                ty: ::hotmod::__private::Probe::<u32>::TYPE,
                default: false,
            },
        ],
        output: ::hotmod::__private::Probe::<u32>::TYPE,
        optional: false,
        removed: &[],
        instances: &[
            &::hotmod::__private::Probe::<u32>::MENTIONED,
            &::hotmod::__private::Probe::<u32>::MENTIONED,
            &::hotmod::__private::Probe::<u32>::MENTIONED,
        ],
    };
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::function_len(
        "__hotmod_fn_hotmod_macros_damage",
        "__hotmod_crossing_hotmod_macros_damage",
        &__SIGNATURE,
        ::hotmod::__private::None,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::function_record(
        "__hotmod_fn_hotmod_macros_damage",
        "__hotmod_crossing_hotmod_macros_damage",
        &__SIGNATURE,
        ::hotmod::__private::None,
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
            let __arg1: u32 = ::hotmod::__private::Probe::<u32>::lent(__call, __arg1);
            ::hotmod::__private::Probe::<u32>::returned(damage(__arg0, __arg1))
        };
        unsafe { ::hotmod::__private::run(__args, __output, __panic, __export) }
    }
    static __CROSSING: ::hotmod::__private::CrossingTable = ::hotmod::__private::CrossingTable::new(
        &[
            ::hotmod::__private::Probe::<u32>::PASSING,
            ::hotmod::__private::Probe::<u32>::PASSING,
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
};

fn is_seeded(world: &World, from: &VersionInfo<'_>) -> Result<(), String> {
    check(world, from)
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __STATE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        World,
    >::TYPE;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<World>::MENTIONED,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::check_len(
        "__hotmod_after_migrate_hotmod_macros_is_seeded",
        __STATE,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::check_record(
        "__hotmod_after_migrate_hotmod_macros_is_seeded",
        __STATE,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_after_migrate_hotmod_macros_is_seeded
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_after_migrate_hotmod_macros_is_seeded(
        __state: *const ::hotmod::__private::u8,
        __from: ::hotmod::__private::VersionWire<'_>,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __check = |__state: &World, __from: &::hotmod::__private::VersionInfo<'_>| {
            let __from: &VersionInfo<'_> = __from;
            is_seeded(__state, __from)
        };
        unsafe {
            ::hotmod::__private::run_check::<
                World,
                Result<(), String>,
            >(__state, __from, __error, __check)
        }
    }
};

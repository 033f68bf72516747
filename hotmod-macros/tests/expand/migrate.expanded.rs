fn world(old: &Old<'_>) -> Result<World, String> {
    Ok(World {
        seed: *old.get::<u64>("seed")?,
    })
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Result<World, String>,
    >::MIGRATED;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Result<World, String>>::MIGRATED_MENTIONS,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::hook_len(
        "__hotmod_migrate_hotmod_macros__world",
        __TYPE,
        false,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::hook_record(
        "__hotmod_migrate_hotmod_macros__world",
        __TYPE,
        false,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_migrate_hotmod_macros__world
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_migrate_hotmod_macros__world(
        __old: *const ::hotmod::__private::RawOld,
        __slot: *mut ::hotmod::__private::u8,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __hook = |__old: &::hotmod::__private::Old<'_>| world(__old);
        unsafe {
            ::hotmod::__private::run_hook::<
                Result<World, String>,
            >(__old, __slot, __error, __hook)
        }
    }
};

fn player(old: &OldPlayer) -> Result<Player, String> {
    Ok(Player { name: old.name.clone() })
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Result<Player, String>,
    >::MIGRATED;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Result<Player, String>>::MIGRATED_MENTIONS,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::hook_len(
        "__hotmod_migrate_hotmod_macros__player",
        __TYPE,
        false,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::hook_record(
        "__hotmod_migrate_hotmod_macros__player",
        __TYPE,
        false,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_migrate_hotmod_macros__player
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_migrate_hotmod_macros__player(
        __old: *const ::hotmod::__private::RawOld,
        __slot: *mut ::hotmod::__private::u8,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __hook = |__form: &OldPlayer| player(__form);
        unsafe {
            ::hotmod::__private::run_hook_of::<
                OldPlayer,
                Result<Player, String>,
            >(__old, __slot, __error, __hook)
        }
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Result<Player, String>,
    >::MIGRATED;
    const __FORM: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        OldPlayer,
    >::FORM;
    const __FORMS: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<OldPlayer>::FORM_MENTIONS,
    ];
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Result<Player, String>>::MIGRATED_MENTIONS,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::reads_len(
        __TYPE,
        __FORM,
        __FORMS,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::reads_record(
        __TYPE,
        __FORM,
        __FORMS,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
};

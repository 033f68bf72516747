fn world_back(world: &World) -> Result<OldWorld, String> {
    Ok(OldWorld { seed: world.seeds[0] })
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __FROM: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        World,
    >::TYPE;
    const __TO: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Result<OldWorld, String>,
    >::FORM;
    const __FORM: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Result<OldWorld, String>>::FORM_MENTIONS,
    ];
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<World>::MENTIONED,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::down_len(
        "world_back",
        "__hotmod_migrate_down_hotmod_macros_world_back",
        __FROM,
        __TO,
        __FORM,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::down_record(
        "world_back",
        "__hotmod_migrate_down_hotmod_macros_world_back",
        __FROM,
        __TO,
        __FORM,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    unsafe extern "C" fn __convert(
        __value: *const ::hotmod::__private::u8,
        __slot: *mut ::hotmod::__private::u8,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __hook = |__value: &World| world_back(__value);
        unsafe {
            ::hotmod::__private::run_down::<
                World,
                Result<OldWorld, String>,
            >(__value, __slot, __error, __hook)
        }
    }
    static __TABLE: ::hotmod::__private::DownTable = ::hotmod::__private::DownTable {
        convert: __convert,
        form: ::hotmod::__private::Probe::<Result<OldWorld, String>>::kept_form,
    };
    ::hotmod::__private::linked_symbol! {
        __hotmod_migrate_down_hotmod_macros_world_back
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_migrate_down_hotmod_macros_world_back() -> &'static ::hotmod::__private::DownTable {
        &__TABLE
    }
};

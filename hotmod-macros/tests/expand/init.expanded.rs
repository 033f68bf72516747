fn new_world(config: &str) -> Result<World, String> {
    Ok(World)
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, deprecated)]
const __hotmod_init_new_world: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __STATE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Result<World, String>,
    >::MADE;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Result<World, String>>::MADE_MENTIONS,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::init_len(
        "__hotmod_init_hotmod_macros_new_world",
        __STATE,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::init_record(
        "__hotmod_init_hotmod_macros_new_world",
        __STATE,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_init_hotmod_macros_new_world
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_init_hotmod_macros_new_world(
        _state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __init = |__config: &::hotmod::__private::str| {
            let __config: &str = <&str as ::hotmod::__private::InitInput<
                '_,
            >>::from_text(__config);
            new_world(__config)
        };
        unsafe {
            ::hotmod::__private::run_init::<
                Result<World, String>,
            >(__args, __output, __panic, __init)
        }
    }
};

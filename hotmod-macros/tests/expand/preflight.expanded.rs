fn a_tick_passes(world: &mut World) -> Result<(), String> {
    world.tick()
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
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::preflight_len(
        "a_tick_passes",
        "__hotmod_preflight_hotmod_macros_a_tick_passes",
        __STATE,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::preflight_record(
        "a_tick_passes",
        "__hotmod_preflight_hotmod_macros_a_tick_passes",
        __STATE,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_preflight_hotmod_macros_a_tick_passes
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_preflight_hotmod_macros_a_tick_passes(
        __state: *mut ::hotmod::__private::u8,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __preflight = |__state: &mut World| a_tick_passes(__state);
        unsafe {
            ::hotmod::__private::run_preflight::<
                World,
                Result<(), String>,
            >(__state, __error, __preflight)
        }
    }
};

fn tick(world: &mut World) {
    world.ticks += 1;
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __STATE: &[::hotmod::__private::TypeRef] = &[
        ::hotmod::__private::Probe::<World>::TYPE,
    ];
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<World>::MENTIONED,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::timer_len(
        "tick",
        "__hotmod_every_hotmod_macros_tick",
        __STATE,
        50u64,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::timer_record(
        "tick",
        "__hotmod_every_hotmod_macros_tick",
        __STATE,
        50u64,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_every_hotmod_macros_tick
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_every_hotmod_macros_tick(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __tick = |__state: &mut World| tick(__state);
        unsafe {
            ::hotmod::__private::run_tick::<
                World,
            >([__state, __args, __output, __panic], __tick)
        }
    }
};

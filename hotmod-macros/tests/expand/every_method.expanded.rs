impl Game for World {
    fn ticks(&self) -> u64 {
        self.ticks
    }
}
impl World {
    /// Time passes.
    fn tick(&mut self) {
        self.ticks += 1;
    }
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
        "World::tick",
        "__hotmod_every_hotmod_macros_World_tick",
        __STATE,
        50u64,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::timer_record(
        "World::tick",
        "__hotmod_every_hotmod_macros_World_tick",
        __STATE,
        50u64,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_every_hotmod_macros_World_tick
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_every_hotmod_macros_World_tick(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __tick = |__state: &mut World| <World>::tick(__state);
        unsafe {
            ::hotmod::__private::run_tick::<
                World,
            >([__state, __args, __output, __panic], __tick)
        }
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __INTERFACE: &::hotmod::__private::InterfaceDesc = ::hotmod::__private::Probe::<
        dyn Game,
    >::INTERFACE;
    const __STATE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        World,
    >::TYPE;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<World>::MENTIONED,
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::implementation_len(
        "__hotmod_impl_hotmod_macros_World_Game",
        __STATE,
        __INTERFACE,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::implementation_record(
        "__hotmod_impl_hotmod_macros_World_Game",
        __STATE,
        __INTERFACE,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    static __TABLE: ::hotmod::__private::ImplementationTable = ::hotmod::__private::ImplementationTable::of::<
        dyn Game,
        World,
    >();
    ::hotmod::__private::linked_symbol! {
        __hotmod_impl_hotmod_macros_World_Game
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_impl_hotmod_macros_World_Game() -> &'static ::hotmod::__private::ImplementationTable {
        &__TABLE
    }
};

impl Game for World {
    fn score(&self, player: u64) -> Option<u32> {
        None
    }
}
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

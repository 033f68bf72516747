fn beat() {
    log("beat");
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __STATE: &[::hotmod::__private::TypeRef] = &[];
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::timer_len(
        "beat",
        "__hotmod_every_hotmod_macros_beat",
        __STATE,
        7200000u64,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::timer_record(
        "beat",
        "__hotmod_every_hotmod_macros_beat",
        __STATE,
        7200000u64,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_every_hotmod_macros_beat
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_every_hotmod_macros_beat(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __beat = || beat();
        unsafe { ::hotmod::__private::run_beat([__args, __output, __panic], __beat) }
    }
};

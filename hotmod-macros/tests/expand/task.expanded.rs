async fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    stop.await;
    handover.unwrap_or_default()
}
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    const __STATE: ::hotmod::__private::TypeRef = ::hotmod::__private::Probe::<
        Feed,
    >::TYPE;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<Feed>::MENTIONED,
    ];
    const __HANDOVER: &::hotmod::__private::InterfaceDesc = &::hotmod::__private::handover(
        "task feed",
    );
    const _: () = {
        const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::task_len(
            "feed",
            "__hotmod_task_hotmod_macros_feed",
            __STATE,
            5000u64,
            __MENTIONED,
        );
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::task_record(
            "feed",
            "__hotmod_task_hotmod_macros_feed",
            __STATE,
            5000u64,
            __MENTIONED,
        );
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    const _: () = {
        const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::implementation_len(
            "__hotmod_handover_hotmod_macros_feed",
            __STATE,
            __HANDOVER,
            __MENTIONED,
        );
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::implementation_record(
            "__hotmod_handover_hotmod_macros_feed",
            __STATE,
            __HANDOVER,
            __MENTIONED,
        );
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    static __TABLE: ::hotmod::__private::ImplementationTable = ::hotmod::__private::ImplementationTable::of_handover::<
        Feed,
    >();
    ::hotmod::__private::linked_symbol! {
        __hotmod_handover_hotmod_macros_feed
    }
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_handover_hotmod_macros_feed() -> &'static ::hotmod::__private::ImplementationTable {
        &__TABLE
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_task_hotmod_macros_feed
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_task_hotmod_macros_feed(
        _state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __task = |
            __handover: ::core::option::Option<Feed>,
            __stop: ::hotmod::__private::Stop|
        feed(__handover, __stop);
        unsafe {
            ::hotmod::__private::run_task::<Feed, _>([__args, __output, __panic], __task)
        }
    }
};

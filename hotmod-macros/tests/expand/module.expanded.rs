const _: () = {
    #[cfg(not(test))]
    #[global_allocator]
    static __ALLOCATOR: ::hotmod::__private::HostAllocator = ::hotmod::__private::HostAllocator;
    const __NAME: &::hotmod::__private::str = "game";
    const __VERSION: &::hotmod::__private::str = env!("CARGO_PKG_VERSION");
    const __UNWINDS: ::hotmod::__private::bool = ::core::cfg!(panic = "unwind");
    const __LINKED: ::hotmod::__private::bool = ::core::cfg!(test);
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::build_len(
        __NAME,
        __VERSION,
        __UNWINDS,
        __LINKED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::build_record(
        __NAME,
        __VERSION,
        __UNWINDS,
        __LINKED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    #[cfg(not(test))]
    #[unsafe(no_mangle)]
    extern "C" fn __hotmod_root() -> ::hotmod::__private::RootModuleRef {
        ::hotmod::__private::RootModule::of_this_image()
    }
};
const _: () = {
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::statics_len(
        ::core::module_path!(),
        false,
        &[],
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::statics_record(
        ::core::module_path!(),
        false,
        &[],
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
};
#[cfg(test)]
::hotmod::__private::linked_module! {}
const _: () = {
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::forwards_len(
        ::hotmod::__private::FORWARDED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::forwards_record(
        ::hotmod::__private::FORWARDED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
};

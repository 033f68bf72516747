fn set_up(version: &VersionInfo<'_>) -> Result<(), String> {
    logger(version.version)
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code)]
const __hotmod_loaded: () = {
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::loaded_len(
        "set_up",
        "__hotmod_loaded_hotmod_macros",
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::loaded_record(
        "set_up",
        "__hotmod_loaded_hotmod_macros",
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_loaded_hotmod_macros
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_loaded_hotmod_macros(
        __version: ::hotmod::__private::VersionWire<'_>,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __run = |__version: &::hotmod::__private::VersionInfo<'_>| set_up(__version);
        unsafe {
            ::hotmod::__private::run_loaded::<
                Result<(), String>,
            >(__version, __error, __run)
        }
    }
};

#[cfg(feature = "configured")]
pub(crate) fn config(bytes: &[u8]) -> Result<Config, toml::de::Error> {
    toml::from_slice(bytes)
}
#[cfg(feature = "configured")]
/// The value of the resource `game.toml`, of which [`config`](fn@config) makes it.
#[allow(non_camel_case_types, dead_code)]
pub(crate) enum config {}
#[cfg(feature = "configured")]
const _: () = {
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::resource_len(
        "config",
        "__hotmod_resource_hotmod_macros_config",
        "game.toml",
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::resource_record(
        "config",
        "__hotmod_resource_hotmod_macros_config",
        "game.toml",
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    static __HOTMOD_RESOURCE: ::hotmod::__private::ResourceCell<
        <Result<Config, toml::de::Error> as ::hotmod::__private::ResourceOutput>::Value,
    > = ::hotmod::__private::ResourceCell::new("game.toml", "config");
    #[allow(non_local_definitions)]
    impl config {
        /// The value, which stays what it is for as long as this is held. It is read without a lock.
        #[allow(dead_code)]
        pub(crate) fn get() -> ::hotmod::__private::ResourceValue<
            <Result<
                Config,
                toml::de::Error,
            > as ::hotmod::__private::ResourceOutput>::Value,
        > {
            __HOTMOD_RESOURCE.get()
        }
    }
    ::hotmod::__private::linked_symbol! {
        __hotmod_resource_hotmod_macros_config
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __hotmod_resource_hotmod_macros_config(
        __step: ::hotmod::__private::u8,
        __bytes: ::hotmod::__private::RSlice<'_, ::hotmod::__private::u8>,
        __error: *mut ::hotmod::__private::RString,
    ) -> ::hotmod::__private::u8 {
        let __make = |__bytes: &[::hotmod::__private::u8]| config(__bytes);
        unsafe {
            ::hotmod::__private::run_resource::<
                Result<Config, toml::de::Error>,
            >(&__HOTMOD_RESOURCE, (__step, __bytes), __error, __make)
        }
    }
};

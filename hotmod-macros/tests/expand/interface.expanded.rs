pub trait Game {
    /// Greets a player.
    fn hello(&mut self, name: &str) -> String;
    /// The score of a player.
    fn score(&self, player: u64) -> Option<u32>;
}
#[allow(deprecated, clippy::used_underscore_binding)]
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    const _: fn() = || {
        <&str as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<str>::crosses()
                .or(::hotmod::__private::Probe::<str>::is_kept())
                .or(::hotmod::__private::Probe::<str>::hashes())
                .negated(),
        );
        <str as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<&str>::crosses()
                .or(::hotmod::__private::Probe::<&str>::is_kept())
                .or(::hotmod::__private::Probe::<&str>::hashes()),
        );
        let () = <String as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<String>::require_returned();
        let () = <u64 as ::hotmod::__private::CanCross>::IS;
        <Option<
            u32,
        > as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<u32>::crosses()
                .or(::hotmod::__private::Probe::<u32>::is_kept())
                .or(::hotmod::__private::Probe::<u32>::hashes())
                .negated(),
        );
        <u32 as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<Option<u32>>::crosses()
                .or(::hotmod::__private::Probe::<Option<u32>>::is_kept())
                .or(::hotmod::__private::Probe::<Option<u32>>::hashes()),
        );
        ::hotmod::__private::Probe::<Option<u32>>::require_returned();
    };
    unsafe impl ::hotmod::__private::Interface for dyn Game + '_ {
        const DESC: &'static ::hotmod::__private::InterfaceDesc = &::hotmod::__private::InterfaceDesc {
            name: "Game",
            sync: ::hotmod::__private::Probe::<dyn Game>::SYNC,
            methods: &[
                ::hotmod::__private::SignatureDesc {
                    name: "hello",
                    is_async: false,
                    is_local: false,
                    receiver: ::hotmod::__private::Receiver::Exclusive,
                    params: &[
                        ::hotmod::__private::ParamDesc {
                            name: "name",
                            ty: ::hotmod::__private::Probe::<&str>::TYPE,
                            default: false,
                        },
                    ],
                    output: ::hotmod::__private::Probe::<String>::TYPE,
                    optional: false,
                    removed: &[],
                    instances: &[
                        &::hotmod::__private::Probe::<&str>::MENTIONED,
                        &::hotmod::__private::Probe::<String>::MENTIONED,
                    ],
                },
                ::hotmod::__private::SignatureDesc {
                    name: "score",
                    is_async: false,
                    is_local: false,
                    receiver: ::hotmod::__private::Receiver::Shared,
                    params: &[
                        ::hotmod::__private::ParamDesc {
                            name: "player",
                            ty: ::hotmod::__private::Probe::<u64>::TYPE,
                            default: false,
                        },
                    ],
                    output: ::hotmod::__private::Probe::<Option<u32>>::TYPE,
                    optional: false,
                    removed: &[],
                    instances: &[
                        &::hotmod::__private::Probe::<u64>::MENTIONED,
                        &::hotmod::__private::Probe::<Option<u32>>::MENTIONED,
                    ],
                },
            ],
        };
        const CROSSINGS: &'static [::hotmod::__private::CrossingTable] = &[
            ::hotmod::__private::CrossingTable::new(
                &[::hotmod::__private::Probe::<&str>::PASSING],
                ::hotmod::__private::Probe::<String>::PASSING,
                ::hotmod::__private::make_no_param,
            ),
            ::hotmod::__private::CrossingTable::new(
                &[::hotmod::__private::Probe::<u64>::PASSING],
                ::hotmod::__private::Probe::<Option<u32>>::PASSING,
                ::hotmod::__private::make_no_param,
            ),
        ];
        type Client<__C: ::hotmod::__private::Caller> = __Client<__C>;
        fn client<__C: ::hotmod::__private::Caller>(caller: __C) -> __Client<__C> {
            __Client(caller)
        }
        fn caller<__C: ::hotmod::__private::Caller>(client: &__Client<__C>) -> &__C {
            &client.0
        }
        fn caller_mut<__C: ::hotmod::__private::Caller>(
            client: &mut __Client<__C>,
        ) -> &mut __C {
            &mut client.0
        }
        fn register(__types: &mut ::hotmod::__private::Registry) {
            ::hotmod::__private::Probe::<&str>::register(__types);
            ::hotmod::__private::Probe::<String>::register(__types);
            ::hotmod::__private::Probe::<u64>::register(__types);
            ::hotmod::__private::Probe::<Option<u32>>::register(__types);
        }
    }
    /// The methods of [`Game`], each returning what the module's method returns, or the error that kept it from returning.
    pub struct __Client<__C>(__C);
    impl<__C: ::hotmod::__private::Caller> __Client<__C> {
        /// Greets a player.
        #[inline]
        pub fn hello(
            &mut self,
            name: &str,
        ) -> ::core::result::Result<String, ::hotmod::__private::CallError> {
            unsafe {
                ::hotmod::__private::Probe::<
                    String,
                >::exclusive(
                    &mut self.0,
                    0usize,
                    ::hotmod::__private::Cons(
                        ::hotmod::__private::Probe::<&str>::into_wire(name),
                        (),
                    ),
                )
            }
        }
        /// The score of a player.
        #[inline]
        pub fn score(
            &self,
            player: u64,
        ) -> ::core::result::Result<Option<u32>, ::hotmod::__private::CallError> {
            unsafe {
                ::hotmod::__private::Probe::<
                    Option<u32>,
                >::shared(
                    &self.0,
                    1usize,
                    ::hotmod::__private::Cons(
                        ::hotmod::__private::Probe::<u64>::into_wire(player),
                        (),
                    ),
                )
            }
        }
    }
    unsafe impl<__S: Game + 'static> ::hotmod::__private::Implementation<__S>
    for dyn Game + '_ {
        const SHIMS: &'static [::hotmod::__private::Shim] = &[
            __shim_hello::<__S>,
            __shim_score::<__S>,
        ];
    }
    unsafe extern "C" fn __shim_hello<__S: Game + 'static>(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ())|
        {
            let __arg0: &str = ::hotmod::__private::Probe::<&str>::lent(__call, __arg0);
            let __state = unsafe { &mut *__state.cast::<__S>() };
            ::hotmod::__private::Probe::<
                String,
            >::returned(<__S as Game>::hello(__state, __arg0))
        };
        unsafe { ::hotmod::__private::run(__args, __output, __panic, __export) }
    }
    unsafe extern "C" fn __shim_score<__S: Game + 'static>(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ())|
        {
            let __arg0: u64 = ::hotmod::__private::Probe::<u64>::lent(__call, __arg0);
            let __state = unsafe { &*__state.cast::<__S>() };
            ::hotmod::__private::Probe::<
                Option<u32>,
            >::returned(<__S as Game>::score(__state, __arg0))
        };
        unsafe { ::hotmod::__private::run(__args, __output, __panic, __export) }
    }
};

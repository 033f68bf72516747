pub trait Shop: Sync {
    /// Buys an item.
    fn buy(
        &mut self,
        who: &str,
        item: u32,
    ) -> impl ::hotmod::__private::Future<
        Output = Result<u32, String>,
    > + ::hotmod::__private::Send
    where
        Self: ::hotmod::__private::Sized;
    fn look(
        &self,
    ) -> impl ::hotmod::__private::Future<Output = ()> + ::hotmod::__private::Send
    where
        Self: ::hotmod::__private::Sized,
    {
        async move {
            {
                let _ = self;
            }
        }
    }
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
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        <Result<
            u32,
            String,
        > as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<u32>::crosses()
                .or(::hotmod::__private::Probe::<u32>::is_kept())
                .or(::hotmod::__private::Probe::<u32>::hashes())
                .negated()
                .or(
                    ::hotmod::__private::Probe::<String>::crosses()
                        .or(::hotmod::__private::Probe::<String>::is_kept())
                        .or(::hotmod::__private::Probe::<String>::hashes())
                        .negated(),
                ),
        );
        <u32 as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<Result<u32, String>>::crosses()
                .or(::hotmod::__private::Probe::<Result<u32, String>>::is_kept())
                .or(::hotmod::__private::Probe::<Result<u32, String>>::hashes()),
        );
        <String as ::hotmod::__private::CanCross<
            _,
        >>::unless(
            ::hotmod::__private::Probe::<Result<u32, String>>::crosses()
                .or(::hotmod::__private::Probe::<Result<u32, String>>::is_kept())
                .or(::hotmod::__private::Probe::<Result<u32, String>>::hashes()),
        );
        ::hotmod::__private::Probe::<Result<u32, String>>::require_returned();
        let () = <() as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<()>::require_returned();
        let () = <dyn Shop as ::hotmod::__private::SharedWhileAwaited>::IS;
    };
    unsafe impl ::hotmod::__private::Interface for dyn Shop + '_ {
        const DESC: &'static ::hotmod::__private::InterfaceDesc = &::hotmod::__private::InterfaceDesc {
            name: "Shop",
            sync: ::hotmod::__private::Probe::<dyn Shop>::SYNC,
            methods: &[
                ::hotmod::__private::SignatureDesc {
                    name: "buy",
                    is_async: true,
                    is_local: false,
                    receiver: ::hotmod::__private::Receiver::Exclusive,
                    params: &[
                        ::hotmod::__private::ParamDesc {
                            name: "who",
                            ty: ::hotmod::__private::Probe::<&str>::TYPE,
                            default: false,
                        },
                        ::hotmod::__private::ParamDesc {
                            name: "item",
                            ty: ::hotmod::__private::Probe::<u32>::TYPE,
                            default: false,
                        },
                    ],
                    output: ::hotmod::__private::Probe::<Result<u32, String>>::TYPE,
                    optional: false,
                    removed: &[],
                    instances: &[
                        &::hotmod::__private::Probe::<&str>::MENTIONED,
                        &::hotmod::__private::Probe::<u32>::MENTIONED,
                        &::hotmod::__private::Probe::<Result<u32, String>>::MENTIONED,
                    ],
                },
                ::hotmod::__private::SignatureDesc {
                    name: "look",
                    is_async: true,
                    is_local: false,
                    receiver: ::hotmod::__private::Receiver::Shared,
                    params: &[],
                    output: ::hotmod::__private::Probe::<()>::TYPE,
                    optional: false,
                    removed: &[],
                    instances: &[&::hotmod::__private::Probe::<()>::MENTIONED],
                },
            ],
        };
        const CROSSINGS: &'static [::hotmod::__private::CrossingTable] = &[
            ::hotmod::__private::CrossingTable::new(
                &[
                    ::hotmod::__private::Probe::<&str>::PASSING,
                    ::hotmod::__private::Probe::<u32>::PASSING,
                ],
                ::hotmod::__private::Probe::<Result<u32, String>>::PASSING,
                ::hotmod::__private::make_no_param,
            ),
            ::hotmod::__private::CrossingTable::new(
                &[],
                ::hotmod::__private::Probe::<()>::PASSING,
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
            ::hotmod::__private::Probe::<u32>::register(__types);
            ::hotmod::__private::Probe::<Result<u32, String>>::register(__types);
            ::hotmod::__private::Probe::<()>::register(__types);
        }
    }
    /// The methods of [`Shop`], each returning what the module's method returns, or the error that kept it from returning.
    pub struct __Client<__C>(__C);
    impl<__C: ::hotmod::__private::Caller> __Client<__C> {
        /// Buys an item.
        pub fn buy(
            &mut self,
            who: &str,
            item: u32,
        ) -> impl ::hotmod::__private::Future<
            Output = ::core::result::Result<
                Result<u32, String>,
                ::hotmod::__private::CallError,
            >,
        >
        where
            __C: ::hotmod::__private::AsyncCaller,
        {
            unsafe {
                ::hotmod::__private::Probe::<
                    Result<u32, String>,
                >::begin_exclusive(
                    &mut self.0,
                    0usize,
                    ::hotmod::__private::Cons(
                        ::hotmod::__private::Probe::<&str>::into_wire(who),
                        ::hotmod::__private::Cons(
                            ::hotmod::__private::Probe::<u32>::into_wire(item),
                            (),
                        ),
                    ),
                )
            }
        }
        pub fn look(
            &self,
        ) -> impl ::hotmod::__private::Future<
            Output = ::core::result::Result<(), ::hotmod::__private::CallError>,
        >
        where
            __C: ::hotmod::__private::AsyncCaller,
        {
            unsafe {
                ::hotmod::__private::Probe::<()>::begin_shared(&self.0, 1usize, ())
            }
        }
    }
    unsafe impl<__S: Shop + 'static> ::hotmod::__private::Implementation<__S>
    for dyn Shop + '_ {
        const SHIMS: &'static [::hotmod::__private::Shim] = &[
            __shim_buy::<__S>,
            __shim_look::<__S>,
        ];
    }
    unsafe extern "C" fn __shim_buy<__S: Shop + 'static>(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |
            __call: ::hotmod::__private::LentForTheCall<'_>,
            ::hotmod::__private::Cons(__arg0, ::hotmod::__private::Cons(__arg1, ()))|
        {
            let __arg0: &str = ::hotmod::__private::Probe::<&str>::lent(__call, __arg0);
            let __arg1: u32 = ::hotmod::__private::Probe::<u32>::lent(__call, __arg1);
            let __state = unsafe { &mut *__state.cast::<__S>() };
            let __future = <__S as Shop>::buy(__state, __arg0, __arg1);
            unsafe {
                ::hotmod::__private::Probe::<
                    Result<u32, String>,
                >::start(__call, __output, __panic, __future)
            }
        };
        unsafe { ::hotmod::__private::run_async(__args, __panic, __export) }
    }
    unsafe extern "C" fn __shim_look<__S: Shop + 'static>(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |__call: ::hotmod::__private::LentForTheCall<'_>, ()| {
            let __state = unsafe { &*__state.cast::<__S>() };
            let __future = <__S as Shop>::look(__state);
            unsafe {
                ::hotmod::__private::Probe::<
                    (),
                >::start(__call, __output, __panic, __future)
            }
        };
        unsafe { ::hotmod::__private::run_async(__args, __panic, __export) }
    }
};

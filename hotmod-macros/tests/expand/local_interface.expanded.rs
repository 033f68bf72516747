pub trait Till {
    fn count(&self) -> impl ::hotmod::__private::Future<Output = u32>
    where
        Self: ::hotmod::__private::Sized;
}
#[allow(deprecated, clippy::used_underscore_binding)]
const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    const _: fn() = || {
        let () = <u32 as ::hotmod::__private::CanCross>::IS;
        ::hotmod::__private::Probe::<u32>::require_returned();
    };
    unsafe impl ::hotmod::__private::Interface for dyn Till + '_ {
        const DESC: &'static ::hotmod::__private::InterfaceDesc = &::hotmod::__private::InterfaceDesc {
            name: "Till",
            sync: ::hotmod::__private::Probe::<dyn Till>::SYNC,
            methods: &[
                ::hotmod::__private::SignatureDesc {
                    name: "count",
                    is_async: true,
                    is_local: true,
                    receiver: ::hotmod::__private::Receiver::Shared,
                    params: &[],
                    output: ::hotmod::__private::Probe::<u32>::TYPE,
                    optional: false,
                    removed: &[],
                    instances: &[&::hotmod::__private::Probe::<u32>::MENTIONED],
                },
            ],
        };
        const CROSSINGS: &'static [::hotmod::__private::CrossingTable] = &[
            ::hotmod::__private::CrossingTable::new(
                &[],
                ::hotmod::__private::Probe::<u32>::PASSING,
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
            ::hotmod::__private::Probe::<u32>::register(__types);
        }
    }
    /// The methods of [`Till`], each returning what the module's method returns, or the error that kept it from returning.
    pub struct __Client<__C>(__C);
    impl<__C: ::hotmod::__private::Caller> __Client<__C> {
        pub fn count(
            &self,
        ) -> impl ::hotmod::__private::Future<
            Output = ::core::result::Result<u32, ::hotmod::__private::CallError>,
        >
        where
            __C: ::hotmod::__private::AsyncCaller,
        {
            ::hotmod::__private::Local::new(unsafe {
                ::hotmod::__private::Probe::<u32>::begin_shared(&self.0, 0usize, ())
            })
        }
    }
    unsafe impl<__S: Till + 'static> ::hotmod::__private::Implementation<__S>
    for dyn Till + '_ {
        const SHIMS: &'static [::hotmod::__private::Shim] = &[__shim_count::<__S>];
    }
    unsafe extern "C" fn __shim_count<__S: Till + 'static>(
        __state: *mut (),
        __args: *mut (),
        __output: *mut (),
        __panic: *mut (),
    ) -> ::hotmod::__private::u8 {
        let __export = |__call: ::hotmod::__private::LentForTheCall<'_>, ()| {
            let __state = unsafe { &*__state.cast::<__S>() };
            let __future = <__S as Till>::count(__state);
            unsafe {
                ::hotmod::__private::Probe::<
                    u32,
                >::start_local(__call, __output, __panic, __future)
            }
        };
        unsafe { ::hotmod::__private::run_async(__args, __panic, __export) }
    }
};

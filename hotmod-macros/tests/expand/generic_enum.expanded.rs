const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Describe for Tree<T, N> {
        const TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::TypeRef {
            head: ::hotmod::__private::Head::Named("Tree"),
            args: &[
                &<T as ::hotmod::__private::Describe>::TYPE,
                &::hotmod::__private::TypeRef::constant(
                    <usize as ::hotmod::__private::Describe>::TYPE,
                    N as ::hotmod::__private::i128,
                ),
            ],
        };
        const DESC: ::core::option::Option<&'static ::hotmod::__private::TypeDesc> = ::hotmod::__private::Some(
            &::hotmod::__private::TypeDesc {
                name: <Self as ::hotmod::__private::Describe>::TYPE,
                identity: ::hotmod::__private::TypeId::of::<Self>(),
                location: ::core::concat!(
                    "`", ::core::module_path!(), "` (", ::core::file!(), ":",
                    ::core::line!(), ":", ::core::column!(), ")",
                ),
                size: ::hotmod::__private::size_of::<Self>(),
                align: ::hotmod::__private::align_of::<Self>(),
                meaning: 0u32,
                attributes: &[],
                body: ::hotmod::__private::Body::Enum {
                    repr: ::hotmod::__private::repr::<
                        Self,
                        ::core::primitive::isize,
                    >(::hotmod::__private::Repr::Chosen),
                    variants: &[
                        ::hotmod::__private::VariantDesc {
                            name: "Leaf",
                            discriminant: 0,
                            fields: &[
                                ::hotmod::__private::FieldDesc {
                                    name: "0",
                                    ty: ::hotmod::__private::Probe::<[T; N]>::TYPE,
                                    size: ::hotmod::__private::size_of::<[T; N]>(),
                                    align: ::hotmod::__private::align_of::<[T; N]>(),
                                    offset: ::hotmod::__private::None,
                                    attributes: &[],
                                    with: ::hotmod::__private::None,
                                },
                            ],
                            attributes: &[],
                        },
                        ::hotmod::__private::VariantDesc {
                            name: "Node",
                            discriminant: 0 + 1,
                            fields: &[
                                ::hotmod::__private::FieldDesc {
                                    name: "0",
                                    ty: ::hotmod::__private::Probe::<Box<Tree<T, N>>>::TYPE,
                                    size: ::hotmod::__private::size_of::<Box<Tree<T, N>>>(),
                                    align: ::hotmod::__private::align_of::<Box<Tree<T, N>>>(),
                                    offset: ::hotmod::__private::None,
                                    attributes: &[],
                                    with: ::hotmod::__private::None,
                                },
                                ::hotmod::__private::FieldDesc {
                                    name: "1",
                                    ty: ::hotmod::__private::Probe::<Box<Tree<T, N>>>::TYPE,
                                    size: ::hotmod::__private::size_of::<Box<Tree<T, N>>>(),
                                    align: ::hotmod::__private::align_of::<Box<Tree<T, N>>>(),
                                    offset: ::hotmod::__private::None,
                                    attributes: &[],
                                    with: ::hotmod::__private::None,
                                },
                            ],
                            attributes: &[],
                        },
                    ],
                },
            },
        );
        ::hotmod::__private::derived_depths! {
            { types : [[T; N], Box < Tree < T, N > >, Box < Tree < T, N > >,] with : [] }
        }
        fn register(__types: &mut ::hotmod::__private::Registry) {
            let _ = |__value: &Self| {
                #[allow(unreachable_patterns)]
                match __value {
                    Self::Leaf { 0: __field_0, .. } => {
                        ::hotmod::__private::Compiled::of(__field_0).is::<[T; N]>();
                    }
                    Self::Node { 0: __field_0, 1: __field_1, .. } => {
                        ::hotmod::__private::Compiled::of(__field_0)
                            .is::<Box<Tree<T, N>>>();
                        ::hotmod::__private::Compiled::of(__field_1)
                            .is::<Box<Tree<T, N>>>();
                    }
                    _ => {}
                }
            };
            if let ::hotmod::__private::Some(desc) = <Self as ::hotmod::__private::Describe>::DESC
                && __types.enter::<Self>(desc)
            {
                <[T; N] as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<T>::is_kept()
                        .or(::hotmod::__private::Probe::<T>::hashes())
                        .negated(),
                );
                <T as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<[T; N]>::is_kept()
                        .or(::hotmod::__private::Probe::<[T; N]>::hashes()),
                );
                ::hotmod::__private::Probe::<[T; N]>::register(__types);
                <Box<
                    Tree<T, N>,
                > as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<Tree<T, N>>::is_kept()
                        .or(::hotmod::__private::Probe::<Tree<T, N>>::hashes())
                        .negated(),
                );
                <Tree<
                    T,
                    N,
                > as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<Box<Tree<T, N>>>::is_kept()
                        .or(::hotmod::__private::Probe::<Box<Tree<T, N>>>::hashes()),
                );
                ::hotmod::__private::Probe::<Box<Tree<T, N>>>::register(__types);
                <Box<
                    Tree<T, N>,
                > as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<Tree<T, N>>::is_kept()
                        .or(::hotmod::__private::Probe::<Tree<T, N>>::hashes())
                        .negated(),
                );
                <Tree<
                    T,
                    N,
                > as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<Box<Tree<T, N>>>::is_kept()
                        .or(::hotmod::__private::Probe::<Box<Tree<T, N>>>::hashes()),
                );
                ::hotmod::__private::Probe::<Box<Tree<T, N>>>::register(__types);
            }
        }
    }
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Parts for Tree<T, N> {
        fn part(
            __place: ::core::primitive::usize,
        ) -> ::core::option::Option<&'static ::hotmod::__private::Operations> {
            match __place {
                0usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<[T; N]>::OPERATIONS,
                    )
                }
                1usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<Box<Tree<T, N>>>::OPERATIONS,
                    )
                }
                2usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<Box<Tree<T, N>>>::OPERATIONS,
                    )
                }
                _ => ::hotmod::__private::None,
            }
        }
        fn make(
            __place: ::core::primitive::usize,
            __purpose: ::core::primitive::u8,
            __room: ::hotmod::__private::Room,
        ) -> ::core::primitive::u8 {
            match (__place, __purpose) {
                _ => ::hotmod::__private::make_nothing(__room),
            }
        }
    }
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::DerivedEnum for Tree<T, N> {
        fn variant(&self) -> ::core::primitive::usize {
            match *self {
                Self::Leaf { .. } => 0usize,
                Self::Node { .. } => 1usize,
            }
        }
        #[allow(unused_variables)]
        fn field(
            &self,
            __place: ::core::primitive::usize,
        ) -> *const ::core::primitive::u8 {
            match self {
                Self::Leaf { 0: __field_0, .. } => {
                    match __place {
                        0usize => {
                            ::core::ptr::from_ref(__field_0)
                                .cast::<::core::primitive::u8>()
                        }
                        _ => ::core::ptr::null(),
                    }
                }
                Self::Node { 0: __field_0, 1: __field_1, .. } => {
                    match __place {
                        0usize => {
                            ::core::ptr::from_ref(__field_0)
                                .cast::<::core::primitive::u8>()
                        }
                        1usize => {
                            ::core::ptr::from_ref(__field_1)
                                .cast::<::core::primitive::u8>()
                        }
                        _ => ::core::ptr::null(),
                    }
                }
                #[allow(unreachable_patterns)]
                _ => ::core::ptr::null(),
            }
        }
        #[allow(unused_variables)]
        unsafe fn build(
            __variant: ::core::primitive::usize,
            __fields: *const *mut ::core::primitive::u8,
        ) -> Self {
            match __variant {
                0usize => {
                    Self::Leaf {
                        0: {
                            let __field = unsafe { *__fields.add(0usize) };
                            unsafe { __field.cast::<[T; N]>().read() }
                        },
                    }
                }
                1usize => {
                    Self::Node {
                        0: {
                            let __field = unsafe { *__fields.add(0usize) };
                            unsafe { __field.cast::<Box<Tree<T, N>>>().read() }
                        },
                        1: {
                            let __field = unsafe { *__fields.add(1usize) };
                            unsafe { __field.cast::<Box<Tree<T, N>>>().read() }
                        },
                    }
                }
                _ => ::core::panic!("bug in hotmod: no such variant of Tree"),
            }
        }
    }
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::StableState for Tree<T, N> {}
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Part for Tree<T, N> {
        const OPERATIONS: &'static ::hotmod::__private::Operations = &::hotmod::__private::Operations::derived_enum::<
            Self,
        >();
    }
    impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Derived for Tree<T, N> {}
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Boundary for Tree<T, N> {
        type Wire = ::hotmod::__private::Crossed<Self>;
        type Lent<'__lent> = Self;
        const PASSING: ::hotmod::__private::Passing = ::hotmod::__private::Passing::derived::<
            Self,
        >();
        #[inline]
        fn into_wire(self) -> Self::Wire {
            ::hotmod::__private::Crossed::new(self)
        }
        #[inline]
        fn from_wire(wire: Self::Wire) -> Self {
            ::hotmod::__private::Crossed::into_value(wire)
        }
        fn vec_into_wire(
            values: ::hotmod::__private::Vec<Self>,
        ) -> ::hotmod::__private::RVec<Self::Wire> {
            ::core::convert::Into::into(::hotmod::__private::Crossed::vec_new(values))
        }
        fn vec_from_wire(
            wires: ::hotmod::__private::RVec<Self::Wire>,
        ) -> ::hotmod::__private::Vec<Self> {
            ::hotmod::__private::Crossed::vec_into_values(
                ::core::convert::Into::into(wires),
            )
        }
    }
};

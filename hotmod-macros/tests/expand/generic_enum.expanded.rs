const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Unfit as _;
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Describe for Tree<T, N> {
        const TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::TypeRef {
            head: ::hotmod::__private::Head::Named("Tree"),
            args: &[
                &<T as ::hotmod::__private::Describe>::TYPE,
                &::hotmod::__private::TypeRef {
                    head: ::hotmod::__private::Head::Const(
                        N as ::hotmod::__private::i128,
                    ),
                    args: &[],
                },
            ],
        };
        const DESC: ::core::option::Option<&'static ::hotmod::__private::TypeDesc> = ::hotmod::__private::Some(
            &::hotmod::__private::TypeDesc {
                name: <Self as ::hotmod::__private::Describe>::TYPE,
                size: ::hotmod::__private::size_of::<Self>(),
                align: ::hotmod::__private::align_of::<Self>(),
                meaning: 0u32,
                attributes: &[],
                body: ::hotmod::__private::Body::Enum {
                    repr: ::hotmod::__private::None,
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
                                },
                                ::hotmod::__private::FieldDesc {
                                    name: "1",
                                    ty: ::hotmod::__private::Probe::<Box<Tree<T, N>>>::TYPE,
                                    size: ::hotmod::__private::size_of::<Box<Tree<T, N>>>(),
                                    align: ::hotmod::__private::align_of::<Box<Tree<T, N>>>(),
                                    offset: ::hotmod::__private::None,
                                    attributes: &[],
                                },
                            ],
                            attributes: &[],
                        },
                    ],
                },
            },
        );
        const LEVEL_0: ::hotmod::__private::Instances = ::hotmod::__private::Instances::cut(
            <Self as ::hotmod::__private::Describe>::DESC,
        );
        const LEVEL_1: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_0,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_0,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_0,
            ],
        );
        const LEVEL_2: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_1,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_1,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_1,
            ],
        );
        const LEVEL_3: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_2,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_2,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_2,
            ],
        );
        const LEVEL_4: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_3,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_3,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_3,
            ],
        );
        const LEVEL_5: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_4,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_4,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_4,
            ],
        );
        const LEVEL_6: ::hotmod::__private::Instances = ::hotmod::__private::Instances::named(
            <Self as ::hotmod::__private::Describe>::DESC,
            &[
                &::hotmod::__private::Probe::<[T; N]>::LEVEL_5,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_5,
                &::hotmod::__private::Probe::<Box<Tree<T, N>>>::LEVEL_5,
            ],
        );
        fn register(__types: &mut ::hotmod::__private::Registry) {
            if let ::hotmod::__private::Some(desc) = <Self as ::hotmod::__private::Describe>::DESC
                && __types.enter(desc)
            {
                ::hotmod::__private::require_state::<[T; N]>();
                ::hotmod::__private::Probe::<[T; N]>::register(__types);
                ::hotmod::__private::require_state::<Box<Tree<T, N>>>();
                ::hotmod::__private::Probe::<Box<Tree<T, N>>>::register(__types);
                ::hotmod::__private::require_state::<Box<Tree<T, N>>>();
                ::hotmod::__private::Probe::<Box<Tree<T, N>>>::register(__types);
            }
        }
    }
    unsafe impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::StableState for Tree<T, N> {}
    impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Derived for Tree<T, N> {}
    impl<
        T: ::hotmod::__private::StableState,
        const N: usize,
    > ::hotmod::__private::Boundary for Tree<T, N> {
        type Wire = Self;
        #[inline]
        fn into_wire(self) -> Self {
            self
        }
        #[inline]
        fn from_wire(wire: Self) -> Self {
            wire
        }
        fn vec_into_wire(
            values: ::hotmod::__private::Vec<Self>,
        ) -> ::hotmod::__private::RVec<Self> {
            ::core::convert::Into::into(values)
        }
        fn vec_from_wire(
            wires: ::hotmod::__private::RVec<Self>,
        ) -> ::hotmod::__private::Vec<Self> {
            ::core::convert::Into::into(wires)
        }
    }
};

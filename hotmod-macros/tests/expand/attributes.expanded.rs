const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::{Fallback as _, FallbackValue as _};
    unsafe impl ::hotmod::__private::Describe for World {
        const TYPE: ::hotmod::__private::TypeRef = ::hotmod::__private::TypeRef {
            head: ::hotmod::__private::Head::Named("World"),
            args: &[],
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
                attributes: &[
                    ::hotmod::__private::AttributeDesc::Was("Realm"),
                    ::hotmod::__private::AttributeDesc::Removed("motd"),
                    ::hotmod::__private::AttributeDesc::Removed("rules"),
                ],
                body: ::hotmod::__private::Body::Struct(
                    &[
                        ::hotmod::__private::FieldDesc {
                            name: "new",
                            ty: ::hotmod::__private::Probe::<u32>::TYPE,
                            size: ::hotmod::__private::size_of::<u32>(),
                            align: ::hotmod::__private::align_of::<u32>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, new),
                            ),
                            attributes: &[::hotmod::__private::AttributeDesc::Default],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "renamed",
                            ty: ::hotmod::__private::Probe::<u8>::TYPE,
                            size: ::hotmod::__private::size_of::<u8>(),
                            align: ::hotmod::__private::align_of::<u8>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, renamed),
                            ),
                            attributes: &[
                                ::hotmod::__private::AttributeDesc::Was("older"),
                                ::hotmod::__private::AttributeDesc::Checked,
                            ],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "grown",
                            ty: ::hotmod::__private::Probe::<[u8; 4]>::TYPE,
                            size: ::hotmod::__private::size_of::<[u8; 4]>(),
                            align: ::hotmod::__private::align_of::<[u8; 4]>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, grown),
                            ),
                            attributes: &[::hotmod::__private::AttributeDesc::Fill],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "converted",
                            ty: ::hotmod::__private::Probe::<String>::TYPE,
                            size: ::hotmod::__private::size_of::<String>(),
                            align: ::hotmod::__private::align_of::<String>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, converted),
                            ),
                            attributes: &[
                                ::hotmod::__private::AttributeDesc::By("text"),
                            ],
                            with: ::hotmod::__private::Some(
                                ::hotmod::__private::With::new(text).source(),
                            ),
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "transient",
                            ty: ::hotmod::__private::TypeRef::builtin(
                                ::hotmod::__private::Builtin::Skipped,
                            ),
                            size: ::hotmod::__private::size_of::<Cache>(),
                            align: ::hotmod::__private::align_of::<Cache>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, transient),
                            ),
                            attributes: &[::hotmod::__private::AttributeDesc::Skip],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "foreign",
                            ty: ::hotmod::__private::TypeRef::opaque::<
                                rand::SmallRng<'static, [u8; 4]>,
                            >(
                                "rand::SmallRng<'static, [u8; 4]>",
                                &[
                                    &const {
                                        if ::hotmod::__private::Probe::<[u8; 4]>::DESCRIBED {
                                            ::hotmod::__private::Probe::<[u8; 4]>::TYPE
                                        } else {
                                            ::hotmod::__private::TypeRef::unknown(
                                                "[u8; 4]",
                                                (
                                                    ::hotmod::__private::Probe::<[u8; 4]>::SIZE,
                                                    ::hotmod::__private::Probe::<[u8; 4]>::ALIGN,
                                                ),
                                                &[
                                                    &const {
                                                        if ::hotmod::__private::Probe::<u8>::DESCRIBED {
                                                            ::hotmod::__private::Probe::<u8>::TYPE
                                                        } else {
                                                            ::hotmod::__private::TypeRef::unknown(
                                                                "u8",
                                                                (
                                                                    ::hotmod::__private::Probe::<u8>::SIZE,
                                                                    ::hotmod::__private::Probe::<u8>::ALIGN,
                                                                ),
                                                                &[],
                                                            )
                                                        }
                                                    },
                                                ],
                                            )
                                        }
                                    },
                                ],
                            ),
                            size: ::hotmod::__private::size_of::<
                                rand::SmallRng<'static, [u8; 4]>,
                            >(),
                            align: ::hotmod::__private::align_of::<
                                rand::SmallRng<'static, [u8; 4]>,
                            >(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, foreign),
                            ),
                            attributes: &[],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "coded",
                            ty: ::hotmod::__private::TypeRef::opaque::<
                                rand::SmallRng,
                            >("rand::SmallRng", &[]),
                            size: ::hotmod::__private::size_of::<rand::SmallRng>(),
                            align: ::hotmod::__private::align_of::<rand::SmallRng>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, coded),
                            ),
                            attributes: &[::hotmod::__private::AttributeDesc::Codec],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "known",
                            ty: if ::hotmod::__private::Probe::<String>::KNOWN {
                                ::hotmod::__private::Probe::<String>::TYPE
                            } else {
                                ::hotmod::__private::TypeRef::opaque::<
                                    String,
                                >("String", &[])
                            },
                            size: ::hotmod::__private::size_of::<String>(),
                            align: ::hotmod::__private::align_of::<String>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, known),
                            ),
                            attributes: &[
                                ::hotmod::__private::AttributeDesc::By("text"),
                            ],
                            with: ::hotmod::__private::Some(
                                ::hotmod::__private::With::opaque(text).source(),
                            ),
                        },
                    ],
                ),
            },
        );
        fn register(__types: &mut ::hotmod::__private::Registry) {
            let _ = || Self {
                new: ::hotmod::__private::written(),
                renamed: ::hotmod::__private::written(),
                grown: ::hotmod::__private::written(),
                converted: ::hotmod::__private::written(),
                transient: ::hotmod::__private::written(),
                foreign: ::hotmod::__private::written(),
                coded: ::hotmod::__private::written(),
                known: ::hotmod::__private::written(),
            };
            let _ = |__value: &Self| {
                ::hotmod::__private::Compiled::of(&__value.new).is::<u32>();
                ::hotmod::__private::Compiled::of(&__value.renamed).is::<u8>();
                ::hotmod::__private::Compiled::of(&__value.grown).is::<[u8; 4]>();
                ::hotmod::__private::Compiled::of(&__value.converted).is::<String>();
                ::hotmod::__private::Compiled::of(&__value.transient).is::<Cache>();
                ::hotmod::__private::Compiled::of(&__value.foreign)
                    .is::<rand::SmallRng<'static, [u8; 4]>>();
                ::hotmod::__private::Compiled::of(&__value.coded).is::<rand::SmallRng>();
                ::hotmod::__private::Compiled::of(&__value.known).is::<String>();
            };
            if let ::hotmod::__private::Some(desc) = <Self as ::hotmod::__private::Describe>::DESC
                && __types.enter::<Self>(desc)
            {
                let () = <u32 as ::hotmod::__private::KeptAsState>::IS;
                ::hotmod::__private::Probe::<u32>::register(__types);
                let () = <u8 as ::hotmod::__private::KeptAsState>::IS;
                ::hotmod::__private::Probe::<u8>::register(__types);
                <[u8; 4] as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<u8>::is_kept()
                        .or(::hotmod::__private::Probe::<u8>::hashes())
                        .negated(),
                );
                <u8 as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<[u8; 4]>::is_kept()
                        .or(::hotmod::__private::Probe::<[u8; 4]>::hashes()),
                );
                ::hotmod::__private::Probe::<[u8; 4]>::register(__types);
                let () = <String as ::hotmod::__private::KeptAsState>::IS;
                ::hotmod::__private::Probe::<String>::register(__types);
                __types
                    .opaque(
                        <Self as ::hotmod::__private::Describe>::TYPE,
                        5usize,
                        false,
                        const {
                            &[
                                ::hotmod::__private::TypeId::of::<
                                    rand::SmallRng<'static, [u8; 4]>,
                                >(),
                            ]
                        },
                    );
                ::hotmod::__private::Probe::<[u8; 4]>::register(__types);
                ::hotmod::__private::Probe::<u8>::register(__types);
                __types
                    .opaque(
                        <Self as ::hotmod::__private::Describe>::TYPE,
                        6usize,
                        false,
                        const { &[::hotmod::__private::TypeId::of::<rand::SmallRng>()] },
                    );
                if ::hotmod::__private::Probe::<String>::KNOWN {
                    ::hotmod::__private::Probe::<String>::register(__types);
                } else {
                    __types
                        .opaque(
                            <Self as ::hotmod::__private::Describe>::TYPE,
                            7usize,
                            false,
                            const { &[::hotmod::__private::TypeId::of::<String>()] },
                        );
                }
                ::hotmod::__private::With::opaque(text)
                    .register(
                        __types,
                        <Self as ::hotmod::__private::Describe>::TYPE,
                        7usize,
                    );
            }
        }
    }
    unsafe impl ::hotmod::__private::Parts for World {
        fn part(
            __place: ::core::primitive::usize,
        ) -> ::core::option::Option<&'static ::hotmod::__private::Operations> {
            match __place {
                0usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<u32>::OPERATIONS,
                    )
                }
                1usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<u8>::OPERATIONS,
                    )
                }
                2usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<[u8; 4]>::OPERATIONS,
                    )
                }
                3usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<String>::OPERATIONS,
                    )
                }
                4usize => {
                    ::hotmod::__private::Some(const {
                        &::hotmod::__private::Operations::skipped::<Cache>()
                    })
                }
                5usize => {
                    ::hotmod::__private::Some(const {
                        &::hotmod::__private::Operations::opaque::<
                            rand::SmallRng<'static, [u8; 4]>,
                        >()
                    })
                }
                6usize => {
                    ::hotmod::__private::Some(const {
                        &::hotmod::__private::Operations::coded::<
                            rand::SmallRng,
                            ByLetter,
                        >()
                    })
                }
                7usize => {
                    ::hotmod::__private::Some(const {
                        if ::hotmod::__private::Probe::<String>::KNOWN {
                            ::hotmod::__private::Probe::<String>::OPERATIONS
                        } else {
                            &::hotmod::__private::Operations::opaque::<String>()
                        }
                    })
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
                (0usize, ::hotmod::__private::purpose::DEFAULT) => {
                    let __make = || -> ::core::result::Result<
                        u32,
                        ::hotmod::__private::String,
                    > {
                        let __value: u32 = ::core::default::Default::default();
                        ::core::result::Result::Ok(__value)
                    };
                    unsafe { ::hotmod::__private::make_field::<u32>(__room, __make) }
                }
                (0usize, ::hotmod::__private::purpose::CONSTANT) => {
                    if ::hotmod::__private::Operations::is_number(
                        ::hotmod::__private::Probe::<u32>::OPERATIONS,
                    ) {
                        let __make = || -> ::core::result::Result<
                            u32,
                            ::hotmod::__private::String,
                        > {
                            let __value: u32 = ::core::default::Default::default();
                            ::core::result::Result::Ok(__value)
                        };
                        unsafe {
                            ::hotmod::__private::make_constant::<u32>(__room, __make)
                        }
                    } else {
                        ::hotmod::__private::make_nothing(__room)
                    }
                }
                (2usize, ::hotmod::__private::purpose::FILL) => {
                    let __make = || -> ::core::result::Result<
                        <[u8; 4] as ::hotmod::__private::Filled>::Element,
                        ::hotmod::__private::String,
                    > {
                        let __value: <[u8; 4] as ::hotmod::__private::Filled>::Element = 7;
                        ::core::result::Result::Ok(__value)
                    };
                    unsafe {
                        ::hotmod::__private::make_field::<
                            <[u8; 4] as ::hotmod::__private::Filled>::Element,
                        >(__room, __make)
                    }
                }
                (3usize, ::hotmod::__private::purpose::WITH) => {
                    let __with = ::hotmod::__private::With::new(text);
                    unsafe {
                        ::hotmod::__private::make_with::<_, _, String>(__room, __with)
                    }
                }
                (3usize, ::hotmod::__private::purpose::READS) => {
                    let __with = ::hotmod::__private::With::new(text);
                    unsafe { ::hotmod::__private::make_reads(__room, __with) }
                }
                (4usize, ::hotmod::__private::purpose::SKIP) => {
                    let __make = || -> ::core::result::Result<
                        Cache,
                        ::hotmod::__private::String,
                    > {
                        let __value: Cache = Cache::new();
                        ::core::result::Result::Ok(__value)
                    };
                    unsafe { ::hotmod::__private::make_field::<Cache>(__room, __make) }
                }
                (7usize, ::hotmod::__private::purpose::WITH) => {
                    let __with = ::hotmod::__private::With::opaque(text);
                    unsafe {
                        ::hotmod::__private::make_with::<_, _, String>(__room, __with)
                    }
                }
                (7usize, ::hotmod::__private::purpose::READS) => {
                    let __with = ::hotmod::__private::With::opaque(text);
                    unsafe { ::hotmod::__private::make_reads(__room, __with) }
                }
                _ => ::hotmod::__private::make_nothing(__room),
            }
        }
    }
    unsafe impl ::hotmod::__private::StableState for World {
        const RENEWED: ::hotmod::__private::bool = true
            || ::hotmod::__private::Probe::<u32>::RENEWED
            || ::hotmod::__private::Probe::<u8>::RENEWED
            || ::hotmod::__private::Probe::<[u8; 4]>::RENEWED
            || ::hotmod::__private::Probe::<String>::RENEWED
            || ::hotmod::__private::Probe::<String>::RENEWED;
        #[allow(unused_variables)]
        unsafe fn fields(
            __value: *mut Self,
            __fields: &mut impl ::hotmod::__private::Fields,
        ) {
            {
                let __field: *mut u32 = unsafe { &raw mut (*__value).new }.cast();
                unsafe { ::hotmod::__private::Probe::<u32>::fields(__field, __fields) };
            }
            {
                let __field: *mut u8 = unsafe { &raw mut (*__value).renamed }.cast();
                unsafe { ::hotmod::__private::Probe::<u8>::fields(__field, __fields) };
            }
            {
                let __field: *mut [u8; 4] = unsafe { &raw mut (*__value).grown }.cast();
                unsafe {
                    ::hotmod::__private::Probe::<[u8; 4]>::fields(__field, __fields)
                };
            }
            {
                let __field: *mut String = unsafe { &raw mut (*__value).converted }
                    .cast();
                unsafe {
                    ::hotmod::__private::Probe::<String>::fields(__field, __fields)
                };
            }
            {
                let __field: *mut Cache = unsafe { &raw mut (*__value).transient }
                    .cast();
                let __make = || {
                    let __value: Cache = Cache::new();
                    __value
                };
                unsafe {
                    ::hotmod::__private::Fields::transient(__fields, __field, __make)
                };
            }
            {
                let __field: *mut rand::SmallRng<'static, [u8; 4]> = unsafe {
                    &raw mut (*__value).foreign
                }
                    .cast();
                unsafe { ::hotmod::__private::Fields::kept(__fields, __field) };
            }
            {
                let __field: *mut rand::SmallRng = unsafe { &raw mut (*__value).coded }
                    .cast();
                unsafe { ::hotmod::__private::Fields::kept(__fields, __field) };
            }
            {
                let __field: *mut String = unsafe { &raw mut (*__value).known }.cast();
                unsafe {
                    ::hotmod::__private::Probe::<String>::fields(__field, __fields)
                };
            }
        }
    }
    unsafe impl ::hotmod::__private::Part for World {
        const OPERATIONS: &'static ::hotmod::__private::Operations = &::hotmod::__private::Operations::derived_struct::<
            Self,
        >();
    }
    impl ::hotmod::__private::Derived for World {}
    unsafe impl ::hotmod::__private::Boundary for World {
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
    const _: () = {
        const __LEN: ::hotmod::__private::usize = ::hotmod::__private::opaque_len(
            <World as ::hotmod::__private::Describe>::TYPE,
            5usize,
            false,
            1usize,
        );
        const __ONE: ::hotmod::__private::OpaqueRecord<__LEN, 1usize> = ::hotmod::__private::OpaqueRecord::of(
            <World as ::hotmod::__private::Describe>::TYPE,
            5usize,
            false,
            [::hotmod::__private::TypeId::of::<rand::SmallRng<'static, [u8; 4]>>()],
        );
        const __COUNT: ::hotmod::__private::usize = 1;
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: [::hotmod::__private::OpaqueRecord<__LEN, 1usize>; __COUNT] = [__ONE; __COUNT];
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    const _: () = ::hotmod::__private::require_opaque(
        ::hotmod::__private::Probe::<rand::SmallRng<'static, [u8; 4]>>::KNOWN,
    );
    const _: () = {
        const __LEN: ::hotmod::__private::usize = ::hotmod::__private::opaque_len(
            <World as ::hotmod::__private::Describe>::TYPE,
            6usize,
            false,
            1usize,
        );
        const __ONE: ::hotmod::__private::OpaqueRecord<__LEN, 1usize> = ::hotmod::__private::OpaqueRecord::of(
            <World as ::hotmod::__private::Describe>::TYPE,
            6usize,
            false,
            [::hotmod::__private::TypeId::of::<rand::SmallRng>()],
        );
        const __COUNT: ::hotmod::__private::usize = 1;
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: [::hotmod::__private::OpaqueRecord<__LEN, 1usize>; __COUNT] = [__ONE; __COUNT];
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    const _: () = ::hotmod::__private::require_opaque(
        ::hotmod::__private::Probe::<rand::SmallRng>::KNOWN,
    );
    const _: () = {
        const __LEN: ::hotmod::__private::usize = ::hotmod::__private::opaque_len(
            <World as ::hotmod::__private::Describe>::TYPE,
            7usize,
            false,
            1usize,
        );
        const __ONE: ::hotmod::__private::OpaqueRecord<__LEN, 1usize> = ::hotmod::__private::OpaqueRecord::of(
            <World as ::hotmod::__private::Describe>::TYPE,
            7usize,
            false,
            [::hotmod::__private::TypeId::of::<String>()],
        );
        const __COUNT: ::hotmod::__private::usize = if ::hotmod::__private::Probe::<
            String,
        >::KNOWN {
            0
        } else {
            1
        };
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: [::hotmod::__private::OpaqueRecord<__LEN, 1usize>; __COUNT] = [__ONE; __COUNT];
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    const _: () = {
        const __LEN: ::hotmod::__private::usize = ::hotmod::__private::opaque_len(
            <World as ::hotmod::__private::Describe>::TYPE,
            7usize,
            true,
            1usize,
        );
        const __ONE: ::hotmod::__private::OpaqueRecord<__LEN, 1usize> = ::hotmod::__private::With::opaque(
                text,
            )
            .record(<World as ::hotmod::__private::Describe>::TYPE, 7usize);
        const __COUNT: ::hotmod::__private::usize = 1;
        #[used]
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: [::hotmod::__private::OpaqueRecord<__LEN, 1usize>; __COUNT] = [__ONE; __COUNT];
        ::hotmod::__private::linked_record! {
            __RECORD
        }
    };
    const __DESC: ::core::option::Option<&'static ::hotmod::__private::TypeDesc> = <World as ::hotmod::__private::Describe>::DESC;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<u32>::MENTIONED,
        &::hotmod::__private::Probe::<u8>::MENTIONED,
        &::hotmod::__private::Probe::<[u8; 4]>::MENTIONED,
        &::hotmod::__private::Probe::<String>::MENTIONED,
        &::hotmod::__private::Probe::<[u8; 4]>::MENTIONED,
        &::hotmod::__private::Probe::<u8>::MENTIONED,
        &::hotmod::__private::Probe::<String>::MENTIONED,
        &::hotmod::__private::With::new(text)
            .mentions(::hotmod::__private::GENERIC_DEPTH),
    ];
    const __LEN: [::hotmod::__private::usize; 2] = ::hotmod::__private::type_len(
        __DESC,
        __MENTIONED,
    );
    #[used]
    #[unsafe(link_section = ".hotmod")]
    static __RECORD: ::hotmod::__private::Record<{ __LEN[0] }, { __LEN[1] }> = ::hotmod::__private::type_record(
        __DESC,
        __MENTIONED,
    );
    ::hotmod::__private::linked_record! {
        __RECORD
    }
    const _: () = unsafe { ::hotmod::__private::vouched() };
    const _: () = unsafe { ::hotmod::__private::vouched() };
    const _: () = unsafe { ::hotmod::__private::vouched() };
};

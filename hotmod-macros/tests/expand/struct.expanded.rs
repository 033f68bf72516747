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
                meaning: 2u32,
                attributes: &[],
                body: ::hotmod::__private::Body::Struct(
                    &[
                        ::hotmod::__private::FieldDesc {
                            name: "players",
                            ty: ::hotmod::__private::Probe::<HashMap<u64, Player>>::TYPE,
                            size: ::hotmod::__private::size_of::<HashMap<u64, Player>>(),
                            align: ::hotmod::__private::align_of::<
                                HashMap<u64, Player>,
                            >(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, players),
                            ),
                            attributes: &[],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "tick_rate",
                            ty: ::hotmod::__private::Probe::<u32>::TYPE,
                            size: ::hotmod::__private::size_of::<u32>(),
                            align: ::hotmod::__private::align_of::<u32>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, tick_rate),
                            ),
                            attributes: &[::hotmod::__private::AttributeDesc::Default],
                            with: ::hotmod::__private::None,
                        },
                    ],
                ),
            },
        );
        fn register(__types: &mut ::hotmod::__private::Registry) {
            let _ = || Self {
                players: ::hotmod::__private::written(),
                tick_rate: ::hotmod::__private::written(),
            };
            let _ = |__value: &Self| {
                ::hotmod::__private::Compiled::of(&__value.players)
                    .is::<HashMap<u64, Player>>();
                ::hotmod::__private::Compiled::of(&__value.tick_rate).is::<u32>();
            };
            if let ::hotmod::__private::Some(desc) = <Self as ::hotmod::__private::Describe>::DESC
                && __types.enter::<Self>(desc)
            {
                <HashMap<
                    u64,
                    Player,
                > as ::hotmod::__private::KeptOnConditions<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<u64>::is_kept()
                        .or(::hotmod::__private::Probe::<u64>::hashes())
                        .negated()
                        .or(
                            ::hotmod::__private::Probe::<Player>::is_kept()
                                .or(::hotmod::__private::Probe::<Player>::hashes())
                                .negated(),
                        ),
                );
                <u64 as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<HashMap<u64, Player>>::is_kept()
                        .or(::hotmod::__private::Probe::<HashMap<u64, Player>>::hashes()),
                );
                <Player as ::hotmod::__private::KeptAsState<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<HashMap<u64, Player>>::is_kept()
                        .or(::hotmod::__private::Probe::<HashMap<u64, Player>>::hashes()),
                );
                ::hotmod::__private::Probe::<HashMap<u64, Player>>::register(__types);
                let () = <u32 as ::hotmod::__private::KeptAsState>::IS;
                ::hotmod::__private::Probe::<u32>::register(__types);
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
                        ::hotmod::__private::Probe::<HashMap<u64, Player>>::OPERATIONS,
                    )
                }
                1usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<u32>::OPERATIONS,
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
                (1usize, ::hotmod::__private::purpose::DEFAULT) => {
                    let __make = || -> ::core::result::Result<
                        u32,
                        ::hotmod::__private::String,
                    > {
                        let __value: u32 = 60;
                        ::core::result::Result::Ok(__value)
                    };
                    unsafe { ::hotmod::__private::make_field::<u32>(__room, __make) }
                }
                (1usize, ::hotmod::__private::purpose::CONSTANT) => {
                    let __make = || -> ::core::result::Result<
                        u32,
                        ::hotmod::__private::String,
                    > {
                        let __value: u32 = 60;
                        ::core::result::Result::Ok(__value)
                    };
                    unsafe { ::hotmod::__private::make_constant::<u32>(__room, __make) }
                }
                _ => ::hotmod::__private::make_nothing(__room),
            }
        }
    }
    unsafe impl ::hotmod::__private::StableState for World {
        const RENEWED: ::hotmod::__private::bool = false
            || ::hotmod::__private::Probe::<HashMap<u64, Player>>::RENEWED
            || ::hotmod::__private::Probe::<u32>::RENEWED;
        #[allow(unused_variables)]
        unsafe fn fields(
            __value: *mut Self,
            __fields: &mut impl ::hotmod::__private::Fields,
        ) {
            {
                let __field: *mut HashMap<u64, Player> = unsafe {
                    &raw mut (*__value).players
                }
                    .cast();
                unsafe {
                    ::hotmod::__private::Probe::<
                        HashMap<u64, Player>,
                    >::fields(__field, __fields)
                };
            }
            {
                let __field: *mut u32 = unsafe { &raw mut (*__value).tick_rate }.cast();
                unsafe { ::hotmod::__private::Probe::<u32>::fields(__field, __fields) };
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
    const __DESC: ::core::option::Option<&'static ::hotmod::__private::TypeDesc> = <World as ::hotmod::__private::Describe>::DESC;
    const __MENTIONED: &[&::hotmod::__private::Instances] = &[
        &::hotmod::__private::Probe::<HashMap<u64, Player>>::MENTIONED,
        &::hotmod::__private::Probe::<u32>::MENTIONED,
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
};

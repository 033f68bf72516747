const _: () = {
    #[allow(unused_imports)]
    use ::hotmod::__private::Fallback as _;
    unsafe impl ::hotmod::__private::Describe for OldWorld {
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
                            name: "seed",
                            ty: ::hotmod::__private::Probe::<u64>::TYPE,
                            size: ::hotmod::__private::size_of::<u64>(),
                            align: ::hotmod::__private::align_of::<u64>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, seed),
                            ),
                            attributes: &[],
                            with: ::hotmod::__private::None,
                        },
                        ::hotmod::__private::FieldDesc {
                            name: "parts",
                            ty: ::hotmod::__private::Probe::<Vec<OldPart>>::TYPE,
                            size: ::hotmod::__private::size_of::<Vec<OldPart>>(),
                            align: ::hotmod::__private::align_of::<Vec<OldPart>>(),
                            offset: ::hotmod::__private::Some(
                                ::hotmod::__private::offset_of!(Self, parts),
                            ),
                            attributes: &[],
                            with: ::hotmod::__private::None,
                        },
                    ],
                ),
            },
        );
        ::hotmod::__private::derived_depths! {
            { types : [u64, Vec < OldPart >,] with : [] }
        }
        fn register(__types: &mut ::hotmod::__private::Registry) {
            let _ = || Self {
                seed: ::hotmod::__private::written(),
                parts: ::hotmod::__private::written(),
            };
            let _ = |__value: &Self| {
                ::hotmod::__private::Compiled::of(&__value.seed).is::<u64>();
                ::hotmod::__private::Compiled::of(&__value.parts).is::<Vec<OldPart>>();
            };
            if let ::hotmod::__private::Some(desc) = <Self as ::hotmod::__private::Describe>::DESC
                && __types.enter::<Self>(desc)
            {
                let () = <u64 as ::hotmod::__private::CanBeRead>::IS;
                ::hotmod::__private::Probe::<u64>::register(__types);
                <Vec<
                    OldPart,
                > as ::hotmod::__private::CanBeRead<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<OldPart>::is_read()
                        .or(::hotmod::__private::Probe::<OldPart>::hashes())
                        .negated(),
                );
                <OldPart as ::hotmod::__private::CanBeRead<
                    _,
                >>::unless(
                    ::hotmod::__private::Probe::<Vec<OldPart>>::is_read()
                        .or(::hotmod::__private::Probe::<Vec<OldPart>>::hashes()),
                );
                ::hotmod::__private::Probe::<Vec<OldPart>>::register(__types);
            }
        }
    }
    unsafe impl ::hotmod::__private::Parts for OldWorld {
        fn part(
            __place: ::core::primitive::usize,
        ) -> ::core::option::Option<&'static ::hotmod::__private::Operations> {
            match __place {
                0usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<u64>::OPERATIONS,
                    )
                }
                1usize => {
                    ::hotmod::__private::Some(
                        ::hotmod::__private::Probe::<Vec<OldPart>>::OPERATIONS,
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
    unsafe impl ::hotmod::__private::Part for OldWorld {
        const OPERATIONS: &'static ::hotmod::__private::Operations = &::hotmod::__private::Operations::form_struct::<
            Self,
        >();
    }
    unsafe impl ::hotmod::__private::OldState for OldWorld {}
};

//! What `bitflags!` declares: a struct around a type of its own, which has the bits.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Type, parse_quote};

/// The type that the bits of `of` are of, where its field is what `bitflags!` writes.
///
/// `bitflags` guarantees that its own type is laid out as the bits are, and takes whatever bits there are: so the field
/// is described as the bits. That the field is of no other type, [`holder`] shows the compiler.
pub(super) fn bits(of: &Ident, field: &Type, private: &TokenStream) -> Option<Type> {
    let Type::Path(path) = field else {
        return None;
    };
    path.qself.as_ref()?;
    let mut names = path.path.segments.iter().rev().map(|it| &it.ident);
    let is_theirs = names.next()? == "Internal" && names.next()? == "PublicFlags";
    (cfg!(feature = "bitflags") && is_theirs)
        .then(|| parse_quote!(<#of as #private::PublicFlags>::Primitive))
}

/// The type that `bitflags!` writes around the bits of `of`.
pub(super) fn holder(of: &Ident, private: &TokenStream) -> TokenStream {
    quote!(<#of as #private::PublicFlags>::Internal)
}

/// Code that fails to compile where that type is not as large as the bits.
pub(super) fn alike(of: &Ident, bits: &Type, private: &TokenStream) -> TokenStream {
    let holder = holder(of, private);
    quote! {
        const {
            ::core::assert!(
                #private::size_of::<#holder>() == #private::size_of::<#bits>()
                    && #private::align_of::<#holder>() == #private::align_of::<#bits>(),
                "flags are laid out as their bits"
            );
        }
    }
}

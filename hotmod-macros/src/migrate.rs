//! `#[hotmod::migrate]`: the functions that make a value from its earlier form, and an earlier form
//! from a value.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ItemFn, ReturnType, Type};

use crate::export::symbol;
use crate::faults::{Faults, keyword, span_of};
use crate::options::MigrateOptions;
use crate::signature::{Signature, conditions, unraw};

/// What is said of a function that is not of its form.
struct Form {
    receiver: &'static str,
    takes: &'static str,
    returns: &'static str,
    help: &'static str,
}

const UP: Form = Form {
    receiver: "a migration takes no receiver: it makes the value",
    takes: "a migration takes the old value, and nothing else",
    returns: "a migration returns the value it makes",
    help: "write `fn migrate(old: &Old<'_>) -> Result<New, String>`",
};

const DOWN: Form = Form {
    receiver: "a migration takes no receiver: it makes the value",
    takes: "a migration down takes the value by `&`, and nothing else",
    returns: "a migration down returns the earlier form that it makes",
    help: "write `fn migrate(new: &New) -> Result<OldNew, String>`",
};

pub(crate) fn migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options: MigrateOptions = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        MigrateOptions::default()
    });
    let form = if options.down { DOWN } else { UP };
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(keyword(&item), "a migration is a function", form.help);
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    let value = value(&signature);
    if let Some(receiver) = function.sig.receiver() {
        faults.at(receiver, form.receiver, form.help);
    } else if signature.params.len() != 1 || (options.down && value.is_none()) {
        faults.at(&function.sig.ident, form.takes, form.help);
    }
    if matches!(function.sig.output, ReturnType::Default) {
        faults.at(&function.sig.ident, form.returns, form.help);
    }
    let hook = Hook {
        signature: &signature,
        conditions: conditions(&function.attrs),
        private: options.options.private(),
    };
    let require = match options.down {
        true => "require_down_output",
        false => "require_migrate_output",
    };
    faults.or_expand_beside(
        item,
        || match value.filter(|_| options.down) {
            Some(value) => hook.down(value),
            None => hook.up(),
        },
        || signature.rest_by(require, &hook.private),
    )
}

/// The type that the only parameter is a shared reference to.
fn value(signature: &Signature) -> Option<&Type> {
    match signature.params.as_slice() {
        [param] => match &param.ty {
            Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
            _ => None,
        },
        _ => None,
    }
}

/// A function that is of its form.
struct Hook<'a> {
    signature: &'a Signature,
    conditions: Vec<&'a Attribute>,
    private: TokenStream,
}

impl Hook<'_> {
    fn up(&self) -> TokenStream {
        let Hook {
            signature,
            conditions,
            private,
        } = self;
        let Signature { name, output, .. } = signature;
        let symbol = symbol("migrate", &[unraw(name)]);
        let shim = format_ident!("{symbol}");
        let run = quote_spanned!(span_of(output)=> #private::run_hook::<#output>);
        let call = match signature.params.first() {
            Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__old)),
            None => quote!(#name(__old)),
        };
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Unfit as _;

                const __TYPE: #private::TypeRef = #private::Probe::<#output>::MIGRATED;
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#output>::MIGRATED_MENTIONS];
                const __LEN: [#private::usize; 2] =
                    #private::hook_len(#symbol, __TYPE, __MENTIONED);
                #[used]
                // SAFETY: the section holds nothing but records.
                #[unsafe(link_section = ".hotmod")]
                static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> = #private::hook_record(#symbol, __TYPE, __MENTIONED);

                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __old: *const #private::RawOld,
                    __slot: *mut #private::u8,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: what the user wrote is none.
                    let __hook = |__old: &#private::Old<'_>| #call;
                    // SAFETY: the host passes an old value, room for the new one and for an error.
                    unsafe { #run(__old, __slot, __error, __hook) }
                }
            };
        }
    }

    fn down(&self, value: &Type) -> TokenStream {
        let Hook {
            signature,
            conditions,
            private,
        } = self;
        let Signature { name, output, .. } = signature;
        let text = unraw(name);
        let symbol = symbol("migrate_down", std::slice::from_ref(&text));
        let accessor = format_ident!("{symbol}");
        let record = quote!(#text, #symbol, __FROM, __TO, __FORM, __MENTIONED);
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Unfit as _;

                const __FROM: #private::TypeRef = #private::Probe::<#value>::TYPE;
                const __TO: #private::TypeRef = #private::Probe::<#output>::FORM;
                const __FORM: &[&#private::Instances] =
                    &[&#private::Probe::<#output>::FORM_MENTIONS];
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#value>::LEVEL_6];
                const __LEN: [#private::usize; 2] = #private::down_len(#record);
                #[used]
                // SAFETY: the section holds nothing but records.
                #[unsafe(link_section = ".hotmod")]
                static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> = #private::down_record(#record);

                unsafe extern "C" fn __convert(
                    __value: *const #private::u8,
                    __slot: *mut #private::u8,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: what the user wrote is none.
                    let __hook = |__value: &#value| #name(__value);
                    // SAFETY: the host passes a value of this type, room for its earlier form and
                    // for an error.
                    unsafe {
                        #private::run_down::<#value, #output>(__value, __slot, __error, __hook)
                    }
                }

                static __TABLE: #private::DownTable = #private::DownTable {
                    convert: __convert,
                    form: #private::Probe::<#output>::kept_form,
                };

                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                extern "C" fn #accessor() -> &'static #private::DownTable {
                    &__TABLE
                }
            };
        }
    }
}

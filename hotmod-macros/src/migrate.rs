//! `#[hotmod::migrate]`: the functions that make a value from its earlier form, and an earlier form
//! from a value.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, GenericArgument, PathArguments, ReturnType, Type};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::span_of;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::MigrateOptions;
use crate::signature::{Signature, conditions};

/// What to report of a function that does not have its form.
struct MigrateForm {
    receiver: &'static str,
    takes: &'static str,
    returns: &'static str,
    help: &'static str,
}

const UP: MigrateForm = MigrateForm {
    receiver: "a migration takes no receiver: it makes the value",
    takes: "a migration takes the old value, and nothing else",
    returns: "a migration returns the value it makes",
    help: "write `fn migrate(old: &Old<'_>) -> Result<New, String>`",
};

const DOWN: MigrateForm = MigrateForm {
    receiver: "a migration takes no receiver: it makes the value",
    takes: "a migration down takes the value by `&`, and nothing else",
    returns: "a migration down returns the earlier form that it makes",
    help: "write `fn migrate(new: &New) -> Result<OldNew, String>`",
};

impl MigrateForm {
    fn of(options: &MigrateOptions) -> &'static MigrateForm {
        if options.down { &DOWN } else { &UP }
    }
}

pub(crate) fn migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    let read = Marked::read(options, item, |options: &MigrateOptions| {
        ("a migration is a function", MigrateForm::of(options).help)
    });
    let mut marked = match read {
        Ok(marked) => marked,
        Err(refused) => return refused,
    };
    let (is_down, form) = (marked.options.down, MigrateForm::of(&marked.options));
    let lacks_value = is_down && marked.signature.only_shared().is_none();
    if let Some(receiver) = marked.function.sig.receiver() {
        marked
            .faults
            .at(codes::RECEIVER_UNFIT, receiver, form.receiver, form.help);
    } else if marked.signature.params.len() != 1 || lacks_value {
        marked.fault(form.takes, form.help);
    }
    if matches!(marked.function.sig.output, ReturnType::Default) {
        marked.fault(form.returns, form.help);
    }
    if let Some(parallel) = marked.options.parallel.as_ref().filter(|_| is_down) {
        marked.faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            parallel,
            "a migration down runs on one thread",
            "remove `parallel`",
        );
    }
    let hook = Hook {
        parallel: marked.options.parallel.as_ref(),
        signature: &marked.signature,
        conditions: conditions(&marked.function.attrs),
        private: marked.options.options.private(),
    };
    let require = match is_down {
        true => "require_down_output",
        false => "require_migrate_output",
    };
    marked.faults.or_expand_beside(
        marked.item,
        || match marked.signature.only_shared().filter(|_| is_down) {
            Some(value) => hook.down(value),
            None => match hook.form() {
                Some(form) => hook.up_from(form),
                None => hook.up(),
            },
        },
        || {
            let call = hook.rest(is_down);
            marked
                .signature
                .rest_by(Some(require), &call, &hook.private)
        },
    )
}

/// Whether what a function takes by `&` is an earlier form, and not `Old<'_>`, which has a lifetime.
fn names_form(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let lends = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            let mut arguments = arguments.args.iter();
            arguments.any(|argument| matches!(argument, GenericArgument::Lifetime(_)))
        }
        _ => false,
    };
    !lends && last.ident != "Old"
}

/// A function that has its form.
struct Hook<'a> {
    /// The word `parallel`, if it is given.
    parallel: Option<&'a Ident>,
    signature: &'a Signature,
    conditions: Vec<&'a Attribute>,
    private: TokenStream,
}

impl Hook<'_> {
    /// Has the compiler look at the parameter, except on the way down.
    fn rest(&self, is_down: bool) -> TokenStream {
        let private = &self.private;
        let name = &self.signature.name;
        match self.signature.params.as_slice() {
            [param] if !is_down => {
                if let Some(form) = self.form() {
                    return quote_spanned!(span_of(form)=> #private::require_form::<#form>(););
                }
                let call = quote_spanned!(span_of(&param.ty)=> #name(__old));
                quote! { let _ = |__old: &#private::Old<'_>| { let _ = #call; }; }
            }
            _ => TokenStream::new(),
        }
    }

    /// The earlier form that the function takes, where it names one.
    fn form(&self) -> Option<&Type> {
        self.signature.only_shared().filter(|ty| names_form(ty))
    }

    /// Expands a function that names the form that it takes; this form stands in a record of its own.
    fn up_from(&self, form: &Type) -> TokenStream {
        let Hook {
            conditions,
            private,
            ..
        } = self;
        let name = &self.signature.name;
        let output = &self.signature.output;
        let hook = self.shim(
            &quote_spanned!(span_of(form)=> #private::run_hook_of::<#form, #output>),
            &quote!(|__form: &#form| #name(__form)),
        );
        let values = quote!(__TYPE, __FORM, __FORMS, __MENTIONED);
        let record = record("reads", &values, private);
        quote! {
            #hook

            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __TYPE: #private::TypeRef = #private::Probe::<#output>::MIGRATED;
                const __FORM: #private::TypeRef = #private::Probe::<#form>::FORM;
                const __FORMS: &[&#private::Instances] = &[&#private::Probe::<#form>::FORM_MENTIONS];
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#output>::MIGRATED_MENTIONS];
                #record
            };
        }
    }

    fn up(&self) -> TokenStream {
        let private = &self.private;
        let name = &self.signature.name;
        let output = &self.signature.output;
        let call = match self.signature.params.first() {
            Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__old)),
            None => quote!(#name(__old)),
        };
        self.shim(
            &quote_spanned!(span_of(output)=> #private::run_hook::<#output>),
            &quote!(|__old: &#private::Old<'_>| #call),
        )
    }

    /// What the host calls: `run` with the user's function.
    fn shim(&self, run: &TokenStream, hook: &TokenStream) -> TokenStream {
        let Hook {
            parallel,
            signature,
            conditions,
            private,
        } = self;
        let Signature { name, output, .. } = signature;
        let is_parallel = parallel.is_some();
        let sent = parallel.map(|_| {
            quote_spanned!(span_of(output)=> #private::require_parallel_migration::<#output>();)
        });
        let read = parallel.and(self.form()).map(
            |form| quote_spanned!(span_of(form)=> #private::require_parallel_input::<#form>();),
        );
        // Two underscores separate the package from the name.
        let symbol = symbol("migrate", &[String::new(), unraw(name)]);
        let shim = format_ident!("{symbol}");
        let values = quote!(#symbol, __TYPE, #is_parallel, __MENTIONED);
        let record = record("hook", &values, private);
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __TYPE: #private::TypeRef = #private::Probe::<#output>::MIGRATED;
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#output>::MIGRATED_MENTIONS];
                #record

                #private::linked_symbol! { #shim }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __old: *const #private::RawOld,
                    __slot: *mut #private::u8,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    #sent
                    #read
                    // Outside of the `unsafe` block: the user's code is not part of it.
                    let __hook = #hook;
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
            ..
        } = self;
        let Signature { name, output, .. } = signature;
        let text = unraw(name);
        let symbol = symbol("migrate_down", std::slice::from_ref(&text));
        let accessor = format_ident!("{symbol}");
        let values = quote!(#text, #symbol, __FROM, __TO, __FORM, __MENTIONED);
        let record = record("down", &values, private);
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __FROM: #private::TypeRef = #private::Probe::<#value>::TYPE;
                const __TO: #private::TypeRef = #private::Probe::<#output>::FORM;
                const __FORM: &[&#private::Instances] =
                    &[&#private::Probe::<#output>::FORM_MENTIONS];
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#value>::MENTIONED];
                #record

                unsafe extern "C" fn __convert(
                    __value: *const #private::u8,
                    __slot: *mut #private::u8,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: the user's code is not part of it.
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

                #private::linked_symbol! { #accessor }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                extern "C" fn #accessor() -> &'static #private::DownTable {
                    &__TABLE
                }
            };
        }
    }
}

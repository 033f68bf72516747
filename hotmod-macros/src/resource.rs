//! `#[hotmod::resource("game.toml")]`: a function that makes a value of what the file of a resource holds.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, ReturnType, Token, Type, Visibility};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::span_of;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::{Options, crate_path, each};
use crate::signature::{Signature, conditions};

const IS: &str = "what makes a value of a resource is a function";
const TAKES: &str = "a function that makes a value of a resource takes what its file holds by `&[u8]`, and nothing else";
const RETURNS: &str = "a function that makes a value of a resource returns that, or why it cannot";
const HELP: &str = "write `fn config(bytes: &[u8]) -> Result<Config, E>`";

const UNNAMED: &str = "it is not said which file the resource is";
const NO_NAME: &str =
    "a resource is named by its file alone, without a directory: the host knows where it is";
const NAME_HELP: &str = "write `#[hotmod::resource(\"game.toml\")]`";

/// What stands in the parentheses.
#[derive(Default)]
struct ResourceOptions {
    options: Options,
    file: Option<LitStr>,
}

impl Parse for ResourceOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut krate, mut file) = (None, None);
        each(input, |input| {
            if input.peek(Token![crate]) {
                krate = Some(crate_path(input)?);
            } else if input.peek(LitStr) && file.is_none() {
                file = Some(input.parse()?);
            } else {
                let help = "the options are the file's name, and `crate = path`, the path of the hotmod crate";
                return Err(input.error(format!("unknown option\nhelp: {help}")));
            }
            Ok(())
        })?;
        Ok(ResourceOptions {
            options: Options::new(krate),
            file,
        })
    }
}

pub(crate) fn resource(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut marked: Marked<ResourceOptions> = match Marked::read(options, item, |_| (IS, HELP)) {
        Ok(marked) => marked,
        Err(refused) => return refused,
    };
    let has_receiver = marked.function.sig.receiver().is_some();
    let takes_bytes = matches!(marked.signature.only_shared(), Some(Type::Slice(_)));
    if has_receiver || !takes_bytes {
        marked.fault(TAKES, HELP);
    }
    if let ReturnType::Default = &marked.function.sig.output {
        marked.fault(RETURNS, HELP);
    }
    let file = marked.options.file.take();
    match &file {
        None if marked.faults.is_empty() => {
            marked.faults.at_span(
                codes::MARKED_FUNCTION_UNFIT,
                Span::call_site(),
                UNNAMED,
                NAME_HELP,
            );
        }
        Some(file) if !is_name(&file.value()) => {
            marked
                .faults
                .at(codes::MARKED_FUNCTION_UNFIT, file, NO_NAME, NAME_HELP)
        }
        _ => {}
    }
    let conditions = conditions(&marked.function.attrs);
    let private = marked.options.options.private();
    let read = Read {
        file: file.map_or_else(String::new, |it| it.value()),
        visibility: &marked.function.vis,
        signature: &marked.signature,
        conditions,
    };
    let rest = || {
        marked
            .signature
            .rest_by(None, &TokenStream::new(), &private)
    };
    marked
        .faults
        .or_expand_beside(marked.item, || read.expand(&private), rest)
}

/// Whether a text is the name of a file in a directory.
fn is_name(file: &str) -> bool {
    !matches!(file, "" | "." | "..") && !file.contains(['/', '\0'])
}

/// A function in which no fault was found.
struct Read<'a> {
    file: String,
    visibility: &'a Visibility,
    signature: &'a Signature,
    conditions: Vec<&'a Attribute>,
}

impl Read<'_> {
    fn expand(&self, private: &TokenStream) -> TokenStream {
        let Read {
            file,
            visibility,
            signature:
                Signature {
                    name,
                    output,
                    params,
                    ..
                },
            conditions,
        } = self;
        let text = unraw(name);
        let symbol = symbol("resource", std::slice::from_ref(&text));
        let shim = format_ident!("{symbol}");
        let record = record("resource", &quote!(#text, #symbol, #file), private);
        // Where it is none, the compiler's error is at what the function returns.
        let value = quote_spanned!(span_of(output)=> <#output as #private::ResourceOutput>::Value);
        let run = quote_spanned!(span_of(output)=> #private::run_resource::<#output>);
        let call = match params.first() {
            Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__bytes)),
            None => quote!(#name(__bytes)),
        };
        let doc = format!(
            " The value of the resource `{file}`, of which [`{text}`](fn@{text}) makes it."
        );
        quote! {
            #(#conditions)*
            #[doc = #doc]
            #[allow(non_camel_case_types, dead_code)]
            #visibility enum #name {}

            #(#conditions)*
            const _: () = {
                #record

                static __HOTMOD_RESOURCE: #private::ResourceCell<#value> = #private::ResourceCell::new(#file, #text);

                #[allow(non_local_definitions)]
                impl #name {
                    /// The value, which stays what it is for as long as this is held. It is read without a lock.
                    #[allow(dead_code)]
                    #visibility fn get() -> #private::ResourceValue<#value> {
                        __HOTMOD_RESOURCE.get()
                    }
                }

                #private::linked_symbol! { #shim }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __step: #private::u8,
                    __bytes: #private::RSlice<'_, #private::u8>,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: the user's code is not part of it.
                    let __make = |__bytes: &[#private::u8]| #call;
                    // SAFETY: the host passes room for an error.
                    unsafe { #run(&__HOTMOD_RESOURCE, (__step, __bytes), __error, __make) }
                }
            };
        }
    }
}

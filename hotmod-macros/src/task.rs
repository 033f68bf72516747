//! `#[hotmod::task]`: what runs beside a module's calls, from version to version.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Ident, ItemFn, LitStr, ReturnType, Signature, Token, Type};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::{Faults, keyword, span_of};
use crate::names::unraw;
use crate::options::{Options, crate_path, each};
use crate::period::milliseconds;
use crate::signature::{conditions, unsafety};

const IS: &str = "a task is a function";
const HELP: &str = "write `async fn feed(handover: Option<Feed>, stop: hotmod::Stop) -> Feed`";
const TAKES: &str = "a task takes what the version before handed over, and what tells it to stop";
const RETURNS: &str = "a task returns what it hands over to the next version";
const WITHIN: &str = "write how long it may take to stop: `within = \"5s\"`";

/// How long a task may take to stop, unless it says so itself: in milliseconds.
const BY_ITSELF: u64 = 10_000;

/// The options of a task.
#[derive(Default)]
struct TaskOptions {
    options: Options,
    /// In milliseconds.
    within: Option<u64>,
}

impl Parse for TaskOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut krate = None;
        let mut within = None;
        each(input, |input| {
            if input.peek(Token![crate]) {
                krate = Some(crate_path(input)?);
                return Ok(());
            }
            let word = input.fork().parse::<Ident>();
            if !word.is_ok_and(|word| word == "within") || within.is_some() {
                return Err(input.error(format!("this is no option of a task\nhelp: {WITHIN}")));
            }
            input.parse::<Ident>()?;
            input.parse::<Token![=]>()?;
            within = Some(milliseconds(&input.parse::<LitStr>()?)?);
            Ok(())
        })?;
        Ok(TaskOptions {
            options: Options::new(krate),
            within,
        })
    }
}

pub(crate) fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options: TaskOptions = faults.options(options);
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(codes::ATTRIBUTE_MISPLACED, keyword(&item), IS, HELP);
        return faults.or_expand(item, TokenStream::new);
    };
    check(&function.sig, &mut faults);
    let private = options.options.private();
    let milliseconds = options.within.unwrap_or(BY_ITSELF);
    faults.or_expand(item, || {
        let ReturnType::Type(_, output) = &function.sig.output else {
            return TokenStream::new();
        };
        let task = Task {
            function: &function.sig,
            handover: output,
            milliseconds,
            conditions: conditions(&function.attrs),
        };
        task.expand(&private)
    })
}

fn check(declared: &Signature, faults: &mut Faults) {
    if declared.asyncness.is_none() {
        faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            declared.fn_token,
            "a task is an `async fn`: it runs beside the calls of its module, and awaits what it is told to stop by",
            HELP,
        );
    }
    if let Some(token) = unsafety(declared) {
        faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            token,
            "the host starts a task: it is a safe function",
            "remove `unsafe`",
        );
    }
    if !declared.generics.params.is_empty() {
        faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            &declared.generics,
            "a task has no parameters: a module has one of each name",
            "name the types",
        );
    }
    let is_typed = |input: &FnArg| matches!(input, FnArg::Typed(_));
    if declared.inputs.len() != 2 || !declared.inputs.iter().all(is_typed) {
        faults.at(codes::MARKED_FUNCTION_UNFIT, &declared.ident, TAKES, HELP);
    }
    if matches!(declared.output, ReturnType::Default) {
        faults.at(codes::MARKED_FUNCTION_UNFIT, &declared.ident, RETURNS, HELP);
    }
}

/// A task in which no fault was found.
struct Task<'a> {
    function: &'a Signature,
    /// The type of what it hands over.
    handover: &'a Type,
    milliseconds: u64,
    conditions: Vec<&'a Attribute>,
}

impl Task<'_> {
    fn expand(&self, private: &TokenStream) -> TokenStream {
        let Task {
            function,
            handover,
            milliseconds,
            conditions,
        } = self;
        let name = &function.ident;
        let text = unraw(name);
        let names = [text.clone()];
        // As `hotmod::describe::Task::handover` has it.
        let handed_over = format!("task {text}");
        let (start, table) = (symbol("task", &names), symbol("handover", &names));
        let (shim, accessor) = (format_ident!("{start}"), format_ident!("{table}"));
        let values = quote!(#text, #start, __STATE, #milliseconds, __MENTIONED);
        let task = record("task", &values, private);
        let values = quote!(#table, __STATE, __HANDOVER, __MENTIONED);
        let implementation = record("implementation", &values, private);
        // Where it does not fit, the compiler's error is at what the function returns.
        let run = quote_spanned!(span_of(handover)=> #private::run_task::<#handover, _>);
        let called = quote_spanned!(name.span()=> #name(__handover, __stop));
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __STATE: #private::TypeRef = #private::Probe::<#handover>::TYPE;
                const __MENTIONED: &[&#private::Instances] = &[&#private::Probe::<#handover>::MENTIONED];
                const __HANDOVER: &#private::InterfaceDesc = &#private::handover(#handed_over);
                const _: () = {
                    #task
                };
                const _: () = {
                    #implementation
                };

                static __TABLE: #private::ImplementationTable =
                    #private::ImplementationTable::of_handover::<#handover>();

                #private::linked_symbol! { #accessor }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                extern "C" fn #accessor() -> &'static #private::ImplementationTable {
                    &__TABLE
                }

                #private::linked_symbol! { #shim }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    _state: *mut (),
                    __args: *mut (),
                    __output: *mut (),
                    __panic: *mut (),
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: the user's code is not part of it.
                    let __task = |__handover: ::core::option::Option<#handover>, __stop: #private::Stop| #called;
                    // SAFETY: the host passes what was handed over, what tells it to stop, and room for a future.
                    unsafe { #run([__args, __output, __panic], __task) }
                }
            };
        }
    }
}

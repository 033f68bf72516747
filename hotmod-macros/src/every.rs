//! `#[hotmod::every("50ms")]`: functions, and methods of an exported `impl`, that hosts call again and again.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, ImplItem, ImplItemFn, ItemImpl, LitStr, Meta, ReceiverKind, ReturnType,
    Signature as Declared, Token, Type,
};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::Faults;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::{Options, crate_path, each};
use crate::period::{PERIOD, milliseconds};
use crate::signature::{conditions, unsafety};

const IS: &str = "what is called again and again is a function";
const TAKES: &str = "what is called again and again takes a state by `&mut`, or nothing";
const HELP: &str =
    "write `fn tick(state: &mut State)`; in an exported `impl`, `fn tick(&mut self)`";
const RETURNS: &str = "what is called again and again returns nothing, since nobody waits for it";
const NO_PERIOD: &str = "how often it is called is missing";

/// The options of a timer.
#[derive(Default)]
struct EveryOptions {
    options: Options,
    /// In milliseconds.
    period: Option<u64>,
}

impl Parse for EveryOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut krate = None;
        let mut period = None;
        each(input, |input| {
            if input.peek(Token![crate]) {
                krate = Some(crate_path(input)?);
                return Ok(());
            }
            if !input.peek(LitStr) || period.is_some() {
                return Err(input.error(format!("this says no period\nhelp: {PERIOD}")));
            }
            period = Some(milliseconds(&input.parse()?)?);
            Ok(())
        })?;
        Ok(EveryOptions {
            options: Options::new(krate),
            period,
        })
    }
}

pub(crate) fn every(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut marked: Marked<EveryOptions> = match Marked::read(options, item, |_| (IS, HELP)) {
        Ok(marked) => marked,
        Err(refused) => return refused,
    };
    let declared = marked.function.sig.clone();
    let state = match &*marked.signature.params {
        [] => Some(None),
        [param] => exclusive(&param.ty).map(Some),
        _ => None,
    };
    if declared.receiver().is_some() || state.is_none() {
        marked
            .faults
            .at(codes::MARKED_FUNCTION_UNFIT, &declared.ident, TAKES, HELP);
    }
    check_output(&declared, &mut marked.faults);
    if marked.options.period.is_none() && marked.faults.is_empty() {
        marked.faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            &declared.ident,
            NO_PERIOD,
            PERIOD,
        );
    }
    let private = marked.options.options.private();
    let timer = Timer {
        names: vec![unraw(&declared.ident)],
        state: state.flatten(),
        call: &declared.ident,
        milliseconds: marked.options.period.unwrap_or(1),
        conditions: conditions(&marked.function.attrs),
    };
    marked.faults.or_expand_beside(
        marked.item,
        || timer.expand(&private),
        || {
            marked
                .signature
                .rest_by(None, &TokenStream::new(), &private)
        },
    )
}

/// What an `impl` was written with besides the methods of its interface.
pub(crate) struct Timed {
    /// Each with its period, unless a fault was reported.
    methods: Vec<(ImplItemFn, Option<u64>)>,
}

/// Takes the methods that `every` marks out of an exported `impl`: they are not the interface's.
pub(crate) fn take_out(item: &mut ItemImpl, faults: &mut Faults) -> Timed {
    let mut methods = Vec::new();
    item.items.retain(|item| {
        let ImplItem::Fn(method) = item else {
            return true;
        };
        let Some(at) = method.attrs.iter().position(is_every) else {
            return true;
        };
        let mut method = method.clone();
        let marked = method.attrs.remove(at);
        let period = check_method(&method, &marked, faults);
        methods.push((method, period));
        false
    });
    Timed { methods }
}

fn is_every(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "every")
}

/// The period of a method, unless a fault was reported.
fn check_method(method: &ImplItemFn, marked: &Attribute, faults: &mut Faults) -> Option<u64> {
    let before = faults.count();
    let options: EveryOptions = match &marked.meta {
        Meta::List(list) => faults.options(list.tokens.clone()),
        _ => EveryOptions::default(),
    };
    let declared = &method.sig;
    let takes = match declared.inputs.first() {
        Some(FnArg::Receiver(receiver)) if declared.inputs.len() == 1 => {
            matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_)))
        }
        _ => false,
    };
    let is_plain = declared.asyncness.is_none()
        && unsafety(declared).is_none()
        && declared.generics.params.is_empty();
    if !takes || !is_plain {
        faults.at(codes::MARKED_FUNCTION_UNFIT, &declared.ident, TAKES, HELP);
    }
    check_output(declared, faults);
    if options.period.is_none() && faults.count() == before {
        faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            &declared.ident,
            NO_PERIOD,
            PERIOD,
        );
    }
    options.period.filter(|_| faults.count() == before)
}

impl Timed {
    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_empty()
    }

    /// The methods, in an `impl` of their own.
    pub(crate) fn methods(&self, item: &ItemImpl) -> TokenStream {
        if self.is_empty() {
            return TokenStream::new();
        }
        let (state, conditions) = (&item.self_ty, conditions(&item.attrs));
        let methods = self.methods.iter().map(|(method, _)| method);
        quote! {
            #(#conditions)*
            impl #state {
                #(#methods)*
            }
        }
    }

    /// What the file says of them.
    pub(crate) fn expand(&self, item: &ItemImpl, private: &TokenStream) -> TokenStream {
        let state = &item.self_ty;
        let of = match &**state {
            Type::Path(path) => path.path.segments.last().map(|it| unraw(&it.ident)),
            _ => None,
        };
        let timers = self.methods.iter().filter_map(|(method, period)| {
            let name = &method.sig.ident;
            let names = of.iter().cloned().chain([unraw(name)]);
            let mut conditions = conditions(&item.attrs);
            conditions.extend(self::conditions(&method.attrs));
            let timer = Timer {
                names: names.collect(),
                state: Some(state),
                call: &quote!(<#state>::#name),
                milliseconds: (*period)?,
                conditions,
            };
            Some(timer.expand(private))
        });
        quote!(#(#timers)*)
    }
}

/// A function that is called again and again, and in which no fault was found.
struct Timer<'a> {
    /// The function's own name, and before it that of the state whose method it is.
    names: Vec<String>,
    state: Option<&'a Type>,
    call: &'a dyn ToTokens,
    milliseconds: u64,
    conditions: Vec<&'a Attribute>,
}

impl Timer<'_> {
    fn expand(&self, private: &TokenStream) -> TokenStream {
        let Timer {
            names,
            state,
            call,
            milliseconds,
            conditions,
        } = self;
        let name = names.join("::");
        let symbol = symbol("every", names);
        let shim = format_ident!("{symbol}");
        let types = state
            .iter()
            .map(|state| quote!(#private::Probe::<#state>::TYPE));
        let mentioned = state
            .iter()
            .map(|state| quote!(&#private::Probe::<#state>::MENTIONED));
        let values = quote!(#name, #symbol, __STATE, #milliseconds, __MENTIONED);
        let record = record("timer", &values, private);
        let run = match state {
            // Outside of the `unsafe` block: the user's code is not part of it.
            Some(state) => quote! {
                let __tick = |__state: &mut #state| #call(__state);
                // SAFETY: the host passes a state of this type that nothing else uses, and room for a panic.
                unsafe {
                    #private::run_tick::<#state>([__state, __args, __output, __panic], __tick)
                }
            },
            None => quote! {
                let __beat = || #call();
                // SAFETY: the host passes room for a panic.
                unsafe { #private::run_beat([__args, __output, __panic], __beat) }
            },
        };
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __STATE: &[#private::TypeRef] = &[#(#types),*];
                const __MENTIONED: &[&#private::Instances] = &[#(#mentioned),*];
                #record

                #private::linked_symbol! { #shim }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __state: *mut (),
                    __args: *mut (),
                    __output: *mut (),
                    __panic: *mut (),
                ) -> #private::u8 {
                    #run
                }
            };
        }
    }
}

/// The state that a function takes by `&mut`.
fn exclusive(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => Some(&reference.elem),
        _ => None,
    }
}

fn check_output(declared: &Declared, faults: &mut Faults) {
    if let ReturnType::Type(_, ty) = &declared.output {
        faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            ty,
            RETURNS,
            "remove it; what goes wrong can be logged",
        );
    }
}

//! The signature of an export: parsed from Rust, checked for what cannot cross.
//!
//! Only syntax is checked here. Whether a type can cross is for the type system to say, at the
//! type's own place, through the bounds that [`Signature::bounds`] writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, FnArg, GenericParam, Lifetime, Pat, ReceiverKind, ReturnType, Safety, Token,
    Type,
};

use crate::codes;
use crate::evolution::{self, Evolution};
use crate::faults::{Faults, placed, span_of};
use crate::innermost::Demand;
use crate::names::unraw;

/// A signature whose syntax can cross.
pub(crate) struct Signature {
    pub(crate) name: Ident,
    /// Whether it is an `async fn`, in a place where one can cross.
    pub(crate) is_async: bool,
    /// Whether its future stays on the thread that polls it first.
    pub(crate) is_local: bool,
    pub(crate) receiver: Receiver,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
    /// What it says about callers that were compiled with another form of it.
    pub(crate) evolution: Evolution,
    /// The types of parameters in which no fault was found, and that mention no generic parameter.
    sound: Vec<Type>,
    /// The same for the output.
    sound_output: Option<Type>,
    /// Whether its arguments are lent for the call.
    lends: bool,
    /// Whether a call of it compiles: it is safe and has no generic parameters.
    is_callable: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Receiver {
    None,
    Shared,
    Exclusive,
}

pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Its value for a caller that does not know it.
    pub(crate) default: Option<Expr>,
    /// Whether it is written as a reference, of which the other side gets an owned copy.
    pub(crate) is_copied: bool,
}

/// Who calls the function across the boundary.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Role {
    /// The host calls the module.
    Export,
    /// The same, by a function or a method that may be `async`.
    Awaitable,
    /// The module calls the host.
    Import,
}

impl Signature {
    /// Reads an export's signature and reports everything about it that cannot cross.
    pub(crate) fn parse(signature: &syn::Signature, faults: &mut Faults) -> Self {
        Self::parse_as(Role::Export, signature, faults)
    }

    /// Reads the signature of an exported function or of a method, which may be `async`.
    pub(crate) fn parse_awaitable(signature: &syn::Signature, faults: &mut Faults) -> Self {
        Self::parse_as(Role::Awaitable, signature, faults)
    }

    /// Reads a signature and reports everything about it that cannot cross.
    pub(crate) fn parse_as(role: Role, signature: &syn::Signature, faults: &mut Faults) -> Self {
        form(role, signature, faults);
        let mut params = Vec::new();
        let mut sound = Vec::new();
        let is_closed = |ty: &Type| !mentions_parameters(ty, &signature.generics);
        let mut kind = Receiver::None;
        for (i, input) in signature.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) => {
                    evolution::check_receiver(receiver, faults);
                    kind = self::receiver(receiver, faults);
                }
                FnArg::Typed(input) => {
                    let before = faults.count();
                    crossing(&input.ty, faults);
                    if faults.count() == before && is_closed(&input.ty) {
                        sound.push((*input.ty).clone());
                    }
                    params.push(Param {
                        name: param_name(role, &input.pat, i, faults),
                        ty: (*input.ty).clone(),
                        default: evolution::default(input, faults),
                        is_copied: false,
                    });
                }
            }
        }
        let mut sound_output = None;
        let output = match &signature.output {
            ReturnType::Default => {
                let span = signature.paren_token.span.close();
                Type::Verbatim(quote_spanned!(span=> ()))
            }
            ReturnType::Type(_, ty) => {
                let before = faults.count();
                returned(role, ty, faults);
                if faults.count() == before && is_closed(ty) {
                    sound_output = Some((**ty).clone());
                }
                (**ty).clone()
            }
        };
        Signature {
            name: signature.ident.clone(),
            is_async: signature.asyncness.is_some(),
            is_local: false,
            receiver: kind,
            params,
            output,
            evolution: Evolution::default(),
            sound,
            sound_output,
            lends: role != Role::Import,
            is_callable: unsafety(signature).is_none() && signature.generics.params.is_empty(),
        }
    }

    /// The type that the only parameter is a shared reference to.
    pub(crate) fn only_shared(&self) -> Option<&Type> {
        match self.params.as_slice() {
            [param] => match &param.ty {
                Type::Reference(reference) if reference.mutability.is_none() => {
                    Some(&reference.elem)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Has the compiler check the types in which no fault was found, so that its errors appear beside the
    /// faults.
    pub(crate) fn rest(&self, private: &TokenStream) -> TokenStream {
        let crossing = self.sound.iter().chain(&self.sound_output);
        let bounds = crossing.map(|ty| Demand::Crossing.require(ty, private));
        let owned = self
            .sound_output
            .iter()
            .map(|ty| returned_bound(ty, private));
        // In a body of its own, since the compiler checks lifetimes only in a body whose types are all right.
        let lent = self.sound.iter().filter(|_| self.lends).map(|ty| {
            quote_spanned! {span_of(ty)=>
                let _ = |__call: #private::LentForTheCall<'_>| {
                    let _: #ty = #private::Probe::<#ty>::lent(__call, #private::written());
                };
            }
        });
        let lent = self.rest_of("lent", &quote!(#(#lent)*), private);
        let rest = self.rest_of("types", &quote!(#(#bounds)* #(#owned)*), private);
        quote!(#rest #lent)
    }

    /// The same for a function that hotmod calls: its output must pass the check `require`, and it must take
    /// what `call` gives it.
    pub(crate) fn rest_by(
        &self,
        require: Option<&str>,
        call: &TokenStream,
        private: &TokenStream,
    ) -> TokenStream {
        let bound = require.and_then(|require| {
            let (require, ty) = (format_ident!("{require}"), self.sound_output.as_ref()?);
            Some(quote_spanned!(span_of(ty)=> #private::#require::<#ty>();))
        });
        let types = self.rest_of("types", &quote!(#bound), private);
        let is_sound = self.is_callable && self.sound.len() == self.params.len();
        let call = match is_sound {
            true => self.rest_of("call", call, private),
            false => TokenStream::new(),
        };
        quote!(#types #call)
    }

    fn rest_of(&self, of: &str, bounds: &TokenStream, private: &TokenStream) -> TokenStream {
        if bounds.is_empty() {
            return TokenStream::new();
        }
        let rest = format_ident!("__hotmod_rest_{of}_{}", unraw(&self.name));
        // It has a name, since in an `impl`, where this macro is a mistake, `const _` would be a second one.
        quote! {
            #[doc(hidden)]
            #[allow(non_upper_case_globals, dead_code, deprecated)]
            const #rest: fn() = || {
                #[allow(unused_imports)]
                use #private::{Fallback as _, FallbackValue as _};
                #bounds
            };
        }
    }

    /// The same signature, of an `async` import: what is lent arrives owned, since the host's future may need it for
    /// longer than the module lends it.
    pub(crate) fn awaited(mut self, private: &TokenStream, faults: &mut Faults) -> Self {
        self.is_async = true;
        for param in &mut self.params {
            match copied(&param.ty, private) {
                Some(owned) => {
                    if let Type::Reference(reference) = &param.ty
                        && let Type::Slice(slice) = &*reference.elem
                    {
                        lends(&slice.elem, faults);
                    }
                    param.ty = owned;
                    param.is_copied = true;
                }
                None => lends(&param.ty, faults),
            }
        }
        for ty in &mut self.sound {
            if let Some(owned) = copied(ty, private) {
                *ty = owned;
            }
        }
        self
    }

    /// The same signature, of a function to which a module lends its arguments.
    pub(crate) fn lent_by_module(mut self) -> Self {
        self.lends = true;
        self
    }

    /// The names of its parameters.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.params.iter().map(|param| unraw(&param.name));
        names.collect()
    }

    /// The `SignatureDesc`.
    pub(crate) fn desc(&self, private: &TokenStream) -> TokenStream {
        self.desc_as(&unraw(&self.name), private)
    }

    /// The `SignatureDesc`, under another name.
    pub(crate) fn desc_as(&self, name: &str, private: &TokenStream) -> TokenStream {
        let receiver = match self.receiver {
            Receiver::None => quote!(None),
            Receiver::Shared => quote!(Shared),
            Receiver::Exclusive => quote!(Exclusive),
        };
        let params = self.params.iter().map(|param| {
            let (name, ty) = (unraw(&param.name), &param.ty);
            let default = param.default.is_some();
            quote! {
                #private::ParamDesc {
                    name: #name,
                    ty: #private::Probe::<#ty>::TYPE,
                    default: #default,
                }
            }
        });
        let Evolution { optional, removed } = &self.evolution;
        let optional = optional.is_some();
        let (is_async, is_local) = (self.is_async, self.is_local);
        let output = &self.output;
        let types = self.types();
        quote! {
            #private::SignatureDesc {
                name: #name,
                is_async: #is_async,
                is_local: #is_local,
                receiver: #private::Receiver::#receiver,
                params: &[#(#params),*],
                output: #private::Probe::<#output>::TYPE,
                optional: #optional,
                removed: &[#(#removed),*],
                instances: &[#(&#private::Probe::<#types>::MENTIONED),*],
            }
        }
    }

    /// The `CrossingTable`: how each type passes, and what makes parameters for callers that do not know
    /// them.
    pub(crate) fn crossing(&self, private: &TokenStream) -> TokenStream {
        let (params, output) = (self.params.iter().map(|param| &param.ty), &self.output);
        let defaults = self.params.iter().enumerate();
        let arms = defaults.filter_map(|(place, param)| {
            let (ty, default) = (&param.ty, param.default.as_ref()?);
            Some(quote! {
                // SAFETY: the host gives room for this parameter, and for an error.
                #place => unsafe {
                    #private::Probe::<#ty>::make_param(__slot, __error, || -> #ty { #default })
                },
            })
        });
        let arms: Vec<_> = arms.collect();
        let maker = match arms.is_empty() {
            true => quote!(#private::make_no_param),
            false => quote! {{
                unsafe extern "C" fn __make(
                    __place: #private::usize,
                    __purpose: #private::u8,
                    __slot: *mut #private::u8,
                    __old: *const #private::u8,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    match __place {
                        #(#arms)*
                        // SAFETY: `make_no_param` asks for the same.
                        _ => unsafe {
                            #private::make_no_param(__place, __purpose, __slot, __old, __error)
                        },
                    }
                }
                __make
            }},
        };
        quote! {
            #private::CrossingTable::new(
                &[#(#private::Probe::<#params>::PASSING),*],
                #private::Probe::<#output>::PASSING,
                #maker,
            )
        }
    }

    /// Every type of the signature.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.params
            .iter()
            .map(|param| &param.ty)
            .chain([&self.output])
    }

    /// Statements that compile only if every type can cross.
    pub(crate) fn bounds(&self, private: &TokenStream) -> TokenStream {
        let bounds = self.types().map(|ty| Demand::Crossing.require(ty, private));
        let output = &self.output;
        let owned = returned_bound(output, private);
        quote!(#(#bounds)* #owned)
    }

    /// The arguments as they cross: `Cons(a, Cons(b, ()))`, each made from its parameter.
    pub(crate) fn wires(&self, private: &TokenStream) -> TokenStream {
        self.params.iter().rev().fold(quote!(()), |rest, param| {
            let (name, ty) = (&param.name, &param.ty);
            quote! {
                #private::Cons(#private::Probe::<#ty>::into_wire(#name), #rest)
            }
        })
    }

    /// A pattern that takes a list of the arguments apart, and its names.
    pub(crate) fn listed(&self, private: &TokenStream) -> (TokenStream, Vec<Ident>) {
        let names: Vec<_> = (0..self.params.len())
            .map(|i| format_ident!("__arg{i}"))
            .collect();
        let pattern = names.iter().rev().fold(
            quote!(()),
            |rest, name| quote!(#private::Cons(#name, #rest)),
        );
        (pattern, names)
    }

    /// What the shim returns: the status of `__export`, which is given the arguments.
    pub(crate) fn run(&self, private: &TokenStream) -> TokenStream {
        match self.is_async {
            true => quote!(#private::run_async(__args, __panic, __export)),
            false => quote!(#private::run(__args, __output, __panic, __export)),
        }
    }

    /// A pattern that takes the crossed arguments apart again, statements that make of each what is
    /// lent for `__call`, and the arguments for the call.
    ///
    /// Each statement names the parameter's type, so that the compiler reports a type that asks for more than
    /// the call lends where that type stands.
    pub(crate) fn unwired(&self, private: &TokenStream) -> (TokenStream, TokenStream, Vec<Ident>) {
        let (pattern, names) = self.listed(private);
        let lent = self.params.iter().zip(&names).map(|(param, name)| {
            let ty = &param.ty;
            quote_spanned! {span_of(ty)=>
                let #name: #ty = #private::Probe::<#ty>::lent(__call, #name);
            }
        });
        (pattern, quote!(#(#lent)*), names)
    }

    /// Statements that name the type of each argument, as those of [`unwired`](Signature::unwired) do;
    /// `__call` lends the arguments.
    pub(crate) fn typed(&self) -> TokenStream {
        let names = (0..).map(|i| format_ident!("__arg{i}"));
        let typed = self.params.iter().zip(names).map(|(param, name)| {
            let ty = &param.ty;
            quote_spanned!(span_of(ty)=> let #name: #ty = #name;)
        });
        quote!(#(#typed)*)
    }
}

/// What a host gets of an argument that is lent, as a copy: of `&str` and `&[T]`.
fn copied(ty: &Type, private: &TokenStream) -> Option<Type> {
    let Type::Reference(reference) = ty else {
        return None;
    };
    let span = span_of(ty);
    match (&*reference.elem, reference.mutability) {
        (Type::Path(path), None) if names_str(path) => {
            Some(Type::Verbatim(quote_spanned!(span=> #private::String)))
        }
        (Type::Slice(slice), None) => {
            let item = &slice.elem;
            Some(Type::Verbatim(quote_spanned!(span=> #private::Vec<#item>)))
        }
        _ => None,
    }
}

/// Reports what an argument of an `async` import lends.
fn lends(ty: &Type, faults: &mut Faults) {
    struct LentTypes<'a>(&'a mut Faults);
    impl<'ast> Visit<'ast> for LentTypes<'_> {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            self.0.at(
                codes::TYPE_UNCROSSABLE,
                reference,
                "what an `async` import takes is the host's, for as long as its future lives",
                "pass the value, `&str` or `&[T]`, of which the host gets a copy",
            );
        }

        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    }
    LentTypes(faults).visit_type(ty);
}

/// Whether a path names `str`, as far as its syntax shows.
fn names_str(path: &syn::TypePath) -> bool {
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "str")
}

/// A statement that compiles only if the type can be returned. A type that cannot cross is reported by the
/// bound beside it.
fn returned_bound(output: &Type, private: &TokenStream) -> TokenStream {
    let private = placed(private, span_of(output));
    quote_spanned!(span_of(output)=> #private::Probe::<#output>::require_returned();)
}

/// Whether a type names a parameter of the item around it.
pub(crate) fn mentions_parameters(ty: &Type, generics: &syn::Generics) -> bool {
    struct ParameterSearch<'a>(&'a syn::Generics, bool);
    impl<'ast> Visit<'ast> for ParameterSearch<'_> {
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            let mut all = self.0.lifetimes();
            self.1 |= all.any(|param| param.lifetime == *lifetime);
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            let first = &path.segments[0].ident;
            let mut types = self.0.type_params().map(|param| &param.ident);
            let mut values = self.0.const_params().map(|param| &param.ident);
            self.1 |=
                first == "Self" || types.any(|it| it == first) || values.any(|it| it == first);
            visit::visit_path(self, path);
        }
    }
    let mut found = ParameterSearch(generics, false);
    found.visit_type(ty);
    found.1
}

/// The `#[cfg]`s of an item, which hold for what is generated from it too.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    let conditions = attributes.iter().filter(|a| a.path().is_ident("cfg"));
    conditions.collect()
}

/// Whether a trait with this method has no `dyn Trait` because of the types that the method names.
pub(crate) fn mentions_impl_or_self(signature: &syn::Signature) -> bool {
    struct ImplSearch(bool);
    impl<'ast> Visit<'ast> for ImplSearch {
        fn visit_receiver(&mut self, _: &'ast syn::Receiver) {}

        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.0 |= path.segments[0].ident == "Self";
            visit::visit_path(self, path);
        }
    }
    let mut found = ImplSearch(false);
    found.visit_signature(signature);
    found.0
}

/// The `unsafe` of a function.
pub(crate) fn unsafety(signature: &syn::Signature) -> Option<&Token![unsafe]> {
    match &signature.safety {
        Safety::Unsafe(token) => Some(token),
        _ => None,
    }
}

fn form(role: Role, signature: &syn::Signature, faults: &mut Faults) {
    let is_export = role != Role::Import;
    if let Some(token) = &signature.asyncness
        && role != Role::Awaitable
    {
        faults.at(
            codes::SIGNATURE_UNCROSSABLE,
            token,
            "an `async fn` cannot cross between host and module",
            match is_export {
                true => {
                    "exported functions and methods of interfaces may be `async`; here, write an ordinary one and \
                         let the host await what it needs around the call"
                }
                false => {
                    "import an ordinary function, in which the host starts what is to be \
                          awaited, and export one that takes the result"
                }
            },
        );
    }
    if let Some(token) = unsafety(signature) {
        let (message, help) = match is_export {
            true => (
                "an `unsafe fn` cannot be exported",
                "write a safe function; the host has no way to keep a contract it cannot see",
            ),
            false => (
                "an `unsafe fn` cannot be imported",
                "write a safe function; no host can rely on a contract that modules keep",
            ),
        };
        faults.at(codes::SIGNATURE_UNCROSSABLE, token, message, help);
    }
    if let Some(abi) = &signature.abi {
        faults.at(
            codes::SIGNATURE_UNCROSSABLE,
            abi,
            match is_export {
                true => "an exported function has no ABI of its own",
                false => "an imported function has no ABI of its own",
            },
            "remove it; hotmod generates the `extern \"C\"` function",
        );
    }
    if let Some(variadic) = &signature.variadic {
        faults.at(
            codes::SIGNATURE_UNCROSSABLE,
            variadic,
            "a variadic function cannot cross between host and module",
            "write `&[T]`",
        );
    }
    generics_of(role, &signature.generics, faults);
}

/// Parameters of a trait or an impl that is exported.
pub(crate) fn generics(generics: &syn::Generics, faults: &mut Faults) {
    generics_of(Role::Export, generics, faults);
}

fn generics_of(role: Role, generics: &syn::Generics, faults: &mut Faults) {
    let is_export = role != Role::Import;
    for param in &generics.params {
        match param {
            GenericParam::Type(param) => {
                let (message, help) = match is_export {
                    true => (
                        "a generic export has no code until a type is chosen",
                        "write the type, or export one function for each type",
                    ),
                    false => (
                        "a host provides one function for an import, for one type",
                        "write the type, or import one function for each type",
                    ),
                };
                faults.at(codes::SIGNATURE_UNCROSSABLE, param, message, help);
            }
            GenericParam::Const(param) => faults.at(
                codes::SIGNATURE_UNCROSSABLE,
                param,
                match is_export {
                    true => "a generic export has no code until a value is chosen",
                    false => "a host provides one function for an import, for one value",
                },
                "pass the value as an argument",
            ),
            GenericParam::Lifetime(param) => faults.at(
                codes::SIGNATURE_UNCROSSABLE,
                param,
                "a named lifetime cannot cross between host and module",
                "leave the lifetime out of the arguments, and return owned values",
            ),
        }
    }
    // A clause about a parameter goes away with the parameter.
    if let Some(clause) = &generics.where_clause
        && generics.params.is_empty()
    {
        faults.at(
            codes::SIGNATURE_UNCROSSABLE,
            clause.where_token,
            match is_export {
                true => "an export has no `where` clause",
                false => "an import has no `where` clause",
            },
            "write types that need none",
        );
    }
}

fn receiver(receiver: &syn::Receiver, faults: &mut Faults) -> Receiver {
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, mutability)
            if !lifetime.as_ref().is_some_and(is_static) =>
        {
            match mutability {
                None => Receiver::Shared,
                Some(_) => Receiver::Exclusive,
            }
        }
        _ => {
            faults.at(
                codes::RECEIVER_UNFIT,
                receiver,
                "the state is the host's: a method can only borrow it",
                "write `&self` or `&mut self`",
            );
            Receiver::Shared
        }
    }
}

fn param_name(role: Role, pat: &Pat, i: usize, faults: &mut Faults) -> Ident {
    match pat {
        Pat::Ident(ident) if ident.subpat.is_none() && ident.by_ref.is_none() => {
            ident.ident.clone()
        }
        Pat::Wild(wild) => format_ident!("_arg{i}", span = wild.span()),
        _ => {
            let (message, help) = match role {
                Role::Export | Role::Awaitable => (
                    "a parameter of an export needs a name: hosts and messages show it",
                    "name it and take it apart inside the function",
                ),
                Role::Import => (
                    "a parameter of an import needs a name: messages show it",
                    "name it; the host takes it apart",
                ),
            };
            faults.at(codes::SIGNATURE_UNCROSSABLE, pat, message, help);
            format_ident!("_arg{i}", span = Span::call_site())
        }
    }
}

/// Reports what cannot cross inside a parameter's type.
fn crossing(ty: &Type, faults: &mut Faults) {
    Crossing { faults }.visit_type(ty);
}

/// Reports what cannot cross inside a return type.
fn returned(role: Role, ty: &Type, faults: &mut Faults) {
    struct References<'a>(Role, &'a mut Faults);
    impl<'ast> Visit<'ast> for References<'_> {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            if reference.lifetime.as_ref().is_some_and(is_static) {
                return; // `Crossing` reports it
            }
            self.1.at(
                codes::TYPE_UNCROSSABLE,
                reference,
                match self.0 {
                    Role::Export | Role::Awaitable => {
                        "a returned reference could outlive the version of the module that lent it"
                    }
                    Role::Import => "a returned reference could outlive what the host lent",
                },
                "return an owned value: `String` for `&str`, `Vec<T>` for `&[T]`, a clone for `&T`",
            );
        }

        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    }
    References(role, faults).visit_type(ty);
    crossing(ty, faults);
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

struct Crossing<'a> {
    faults: &'a mut Faults,
}

impl<'ast> Visit<'ast> for Crossing<'_> {
    fn visit_type(&mut self, ty: &'ast Type) {
        let (message, help) = match ty {
            Type::ImplTrait(_) => (
                "`impl Trait` has no layout that both sides could agree on",
                "write the type; for an iterator, `Vec<T>`",
            ),
            Type::TraitObject(_) => (
                "a trait object points into code that is being replaced",
                "write the type, or an enum of the types it may be",
            ),
            Type::FnPtr(_) => (
                "a function pointer points into code that is being replaced",
                "export the function and pass its name",
            ),
            Type::Ptr(_) => (
                "a raw pointer says nothing about what it points to",
                "write `&T`, `&mut T` or `Box<T>`",
            ),
            Type::Never(_) => (
                "a call always comes back",
                "return `()`; a panic reaches the caller as an error",
            ),
            Type::Infer(_) => (
                "a signature is described before any call is compiled",
                "write the type",
            ),
            Type::Path(path) if path.path.segments[0].ident == "Self" => (
                "`Self` says nothing to a host, which does not know the type",
                "write the name of a type that both sides know",
            ),
            _ => return visit::visit_type(self, ty),
        };
        self.faults.at(codes::TYPE_UNCROSSABLE, ty, message, help);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        // Any other lifetime is declared somewhere, and its declaration is reported.
        if is_static(lifetime) {
            self.faults.at(
                codes::TYPE_UNCROSSABLE,
                lifetime,
                "`'static` data of a module is replaced with the module",
                "borrow it for the call (`&str`) or pass it owned (`String`)",
            );
        }
    }
}

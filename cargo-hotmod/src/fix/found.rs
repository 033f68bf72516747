//! The types of a module in its sources: where each, its variants and its fields stand.

use std::collections::BTreeSet;
use std::path::PathBuf;

use hotmod_file::fix::FixPlace;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Fields, ItemEnum, ItemImpl, ItemStruct, LitStr, Meta, Visibility};

/// One file of the sources.
pub(super) struct SourceText {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Where an attribute may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Where the type, variant or field begins, after its attributes.
    at: usize,
    /// The end of what its `#[state(…)]` says already.
    list: Option<ListEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ListEnd {
    at: usize,
    /// What separates it from more.
    separator: &'static str,
}

/// A type that derives `StableState`.
struct FoundType {
    file: usize,
    id: String,
    slot: Slot,
    variants: Vec<(String, Slot)>,
    /// Each with its variant.
    fields: Vec<(Option<String>, String, Slot)>,
    has_default: bool,
}

/// All that was found.
pub(super) struct FoundTypes {
    pub(super) files: Vec<SourceText>,
    types: Vec<FoundType>,
    /// The names for which there is an `impl Default`.
    defaults: BTreeSet<String>,
}

impl FoundTypes {
    /// Looks through the sources. Files that do not parse have no types: the compiler says why.
    pub(super) fn of(files: Vec<SourceText>) -> Self {
        let mut found = FoundTypes {
            files: Vec::new(),
            types: Vec::new(),
            defaults: BTreeSet::new(),
        };
        for (file, source) in files.iter().enumerate() {
            // What syn leaves out of the places.
            let rest = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
            let rest = match rest.starts_with("#!") && !rest.starts_with("#![") {
                true => rest.find('\n').map_or("", |end| &rest[end..]),
                false => rest,
            };
            let Ok(parsed) = syn::parse_file(rest) else {
                continue;
            };
            let mut look = Look {
                file,
                before: source.text.len() - rest.len(),
                found: &mut found,
            };
            look.visit_file(&parsed);
        }
        found.files = files;
        found
    }

    /// Whether a type implements `Default`, as far as the sources say.
    pub(super) fn has_default(&self, id: &str) -> bool {
        let mut types = self.types.iter().filter(|it| it.id == id);
        self.defaults.contains(id) || types.next().is_some_and(|it| it.has_default)
    }

    /// Where an attribute is to be written, by the place of the file. `Err` says why that is not known.
    pub(super) fn slot(&self, place: &FixPlace) -> Result<(usize, Slot), String> {
        let types: Vec<&FoundType> = self.types.iter().filter(|it| it.id == place.ty).collect();
        let found = match types.as_slice() {
            [found] => found,
            [] => {
                return Err(format!(
                    "`{}` is not found in the sources: a macro may write it",
                    place.ty
                ));
            }
            [first, second, ..] => {
                let [a, b] = [first, second].map(|it| self.files[it.file].path.display());
                return Err(format!(
                    "`{}` is in the sources more than once, in {a} and {b}",
                    place.ty
                ));
            }
        };
        let slots: Vec<Slot> = match (&place.variant, &place.field) {
            (None, None) => vec![found.slot],
            (Some(variant), None) => {
                let variants = found.variants.iter();
                let named = variants.filter(|(name, _)| name == variant);
                named.map(|it| it.1).collect()
            }
            (variant, Some(field)) => {
                let fields = found.fields.iter();
                let named = fields.filter(|(of, name, _)| of == variant && name == field);
                named.map(|it| it.2).collect()
            }
        };
        match slots.as_slice() {
            [slot] => Ok((found.file, *slot)),
            [] => Err(format!(
                "`{place}` is not found in the sources: a macro may write it, or a `cfg` stand before it"
            )),
            _ => Err(format!(
                "`{place}` is in the sources more than once: which one is built depends on a `cfg`"
            )),
        }
    }
}

struct Look<'f> {
    file: usize,
    /// How many bytes of the file stand before what was parsed.
    before: usize,
    found: &'f mut FoundTypes,
}

impl Look<'_> {
    fn slot(&self, begins: proc_macro2::Span, attributes: &[Attribute]) -> Slot {
        let mut lists = attributes.iter().filter_map(|it| match &it.meta {
            Meta::List(list) if list.path.is_ident("state") => Some(list),
            _ => None,
        });
        let list = lists.next_back().and_then(|list| {
            let last = list.tokens.clone().into_iter().last()?;
            let is_comma = matches!(&last, TokenTree::Punct(it) if it.as_char() == ',');
            Some(ListEnd {
                at: self.before + last.span().byte_range().end,
                separator: if is_comma { " " } else { ", " },
            })
        });
        let at = self.before + begins.byte_range().start;
        Slot { at, list }
    }

    fn fields(
        &self,
        variant: Option<&str>,
        fields: &Fields,
    ) -> Vec<(Option<String>, String, Slot)> {
        // After a position that may be left out, those of the others are not known.
        let is_known = |field: &&syn::Field| field.ident.is_some() || !is_conditional(&field.attrs);
        let fields = fields.iter().take_while(is_known);
        let all = fields.enumerate().map(|(place, field)| {
            let name = match &field.ident {
                Some(name) => name.unraw().to_string(),
                None => place.to_string(),
            };
            let begins = match (&field.vis, &field.ident) {
                (Visibility::Inherited, Some(name)) => name.span(),
                (Visibility::Inherited, None) => begin(&field.ty),
                (vis, _) => begin(vis),
            };
            let slot = self.slot(begins, &field.attrs);
            (variant.map(str::to_owned), name, slot)
        });
        all.collect()
    }

    fn add(
        &mut self,
        (attributes, name): (&[Attribute], &syn::Ident),
        begins: proc_macro2::Span,
        variants: Vec<(String, Slot)>,
        fields: Vec<(Option<String>, String, Slot)>,
    ) {
        if !derives(attributes, "StableState") {
            return;
        }
        let id = attributes.iter().find_map(given_id);
        let found = FoundType {
            file: self.file,
            id: id.unwrap_or_else(|| name.unraw().to_string()),
            slot: self.slot(begins, attributes),
            variants,
            fields,
            has_default: derives(attributes, "Default"),
        };
        self.found.types.push(found);
    }
}

impl<'ast> Visit<'ast> for Look<'_> {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let begins = match &item.vis {
            Visibility::Inherited => item.struct_token.span,
            vis => begin(vis),
        };
        let fields = self.fields(None, &item.fields);
        self.add((&item.attrs, &item.ident), begins, Vec::new(), fields);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        let begins = match &item.vis {
            Visibility::Inherited => item.enum_token.span,
            vis => begin(vis),
        };
        let mut variants = Vec::new();
        let mut fields = Vec::new();
        for variant in &item.variants {
            let name = variant.ident.unraw().to_string();
            fields.extend(self.fields(Some(&name), &variant.fields));
            variants.push((name, self.slot(variant.ident.span(), &variant.attrs)));
        }
        self.add((&item.attrs, &item.ident), begins, variants, fields);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of = item.trait_.as_ref().map(|(path, _)| path);
        let is_default = of
            .and_then(|it| it.segments.last())
            .is_some_and(|it| it.ident == "Default");
        if let (true, syn::Type::Path(ty)) = (is_default, &*item.self_ty)
            && let Some(last) = ty.path.segments.last()
        {
            self.found.defaults.insert(last.ident.unraw().to_string());
        }
        visit::visit_item_impl(self, item);
    }
}

/// The first token of something that has some.
fn begin(of: &impl Spanned) -> proc_macro2::Span {
    of.span()
}

/// Whether a `cfg` may leave out what has these attributes.
fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| it.path().is_ident("cfg"))
}

/// Whether an attribute derives this, also under a condition.
fn derives(attributes: &[Attribute], name: &str) -> bool {
    fn mentions(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Group(group) => mentions(group.stream(), name),
            _ => false,
        })
    }
    attributes.iter().any(|it| match &it.meta {
        Meta::List(list) => {
            let derives = list.path.is_ident("derive") || list.path.is_ident("cfg_attr");
            derives && mentions(list.tokens.clone(), name)
        }
        _ => false,
    })
}

/// The id that a type was given by `#[state(id = "…")]`.
fn given_id(attribute: &Attribute) -> Option<String> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    if !list.path.is_ident("state") {
        return None;
    }
    let mut tokens = list.tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_id = matches!(&token, TokenTree::Ident(it) if it == "id");
        let is_given = matches!(tokens.peek(), Some(TokenTree::Punct(it)) if it.as_char() == '=');
        if is_id && is_given {
            tokens.next();
            let value = TokenStream::from(tokens.next()?);
            return syn::parse2::<LitStr>(value).ok().map(|it| it.value());
        }
    }
    None
}

/// Writes attributes into a text, and leaves the rest of it byte for byte.
pub(super) fn edited(text: &str, mut writes: Vec<(Slot, Vec<String>)>) -> String {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    writes.sort_by_key(|(slot, _)| slot.list.map_or(slot.at, |list| list.at));
    let mut edited = String::with_capacity(text.len() + 32 * writes.len());
    let mut done = 0;
    for (slot, attributes) in writes {
        let attributes = attributes.join(", ");
        let at = slot.list.map_or(slot.at, |list| list.at);
        edited.push_str(&text[done..at]);
        done = at;
        if let Some(list) = slot.list {
            edited.push_str(list.separator);
            edited.push_str(&attributes);
            continue;
        }
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let indent = &text[line..at];
        edited.push_str("#[state(");
        edited.push_str(&attributes);
        edited.push_str(")]");
        match indent.chars().all(char::is_whitespace) {
            true => {
                edited.push_str(ending);
                edited.push_str(indent);
            }
            // Others stand before it on the line.
            false => edited.push(' '),
        }
    }
    edited.push_str(&text[done..]);
    edited
}

#[cfg(test)]
mod tests;

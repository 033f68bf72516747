//! Signatures in a lock file, and what the encoder of manifests is given for them and for types.

use hotmod::describe::{Head, OpaqueDesc, ParamDesc, SignatureDesc, TypeRef};
use hotmod_file::describe::{self, Name, Type};
use serde::{Deserialize, Serialize};

use super::spelling::Spelled;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockSignature {
    name: String,
    receiver: LockReceiver,
    params: Vec<LockParam>,
    returns: Spelled,
    #[serde(default, rename = "async", skip_serializing_if = "std::ops::Not::not")]
    is_async: bool,
    #[serde(default, rename = "local", skip_serializing_if = "std::ops::Not::not")]
    is_local: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LockReceiver {
    None,
    Shared,
    Exclusive,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockParam {
    /// A host that has a function by its type knows none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(rename = "type")]
    ty: Spelled,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    default: bool,
}

impl LockSignature {
    pub(super) fn of(signature: &describe::Signature) -> Self {
        let params = signature.params.iter().map(|param| LockParam {
            name: param.name.clone(),
            ty: Spelled(param.ty.clone()),
            default: param.default,
        });
        LockSignature {
            name: signature.name.clone(),
            receiver: match signature.receiver {
                describe::Receiver::None => LockReceiver::None,
                describe::Receiver::Shared => LockReceiver::Shared,
                describe::Receiver::Exclusive => LockReceiver::Exclusive,
            },
            params: params.collect(),
            returns: Spelled(signature.output.clone()),
            is_async: signature.is_async,
            is_local: signature.is_local,
            optional: signature.optional,
            removed: signature.removed.clone(),
        }
    }

    /// That of a function that takes one value, the key of a pool.
    pub(super) fn taking(ty: Spelled) -> Self {
        LockSignature {
            name: "key".to_owned(),
            receiver: LockReceiver::None,
            params: vec![LockParam {
                name: String::new(),
                ty,
                default: false,
            }],
            returns: Spelled(Type::from(&<() as hotmod::state::Describe>::TYPE)),
            is_async: false,
            is_local: false,
            optional: false,
            removed: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn desc(&self) -> SignatureDesc {
        SignatureDesc {
            name: kept(self.name.as_str()),
            receiver: match self.receiver {
                LockReceiver::None => describe::Receiver::None,
                LockReceiver::Shared => describe::Receiver::Shared,
                LockReceiver::Exclusive => describe::Receiver::Exclusive,
            },
            params: all(&self.params, |param| ParamDesc {
                name: kept(param.name.as_str()),
                ty: type_ref(&param.ty.0),
                default: param.default,
            }),
            output: type_ref(&self.returns.0),
            is_async: self.is_async,
            is_local: self.is_local,
            optional: self.optional,
            removed: all(&self.removed, |name| kept(name.as_str())),
            // Only a file without a list of all types needs it.
            instances: &[],
        }
    }
}

/// For as long as the process runs, as the encoder needs it: it was made for the compiler's
/// constants. A command reads one lock file and ends.
pub(super) fn kept<T: ?Sized>(value: impl Into<Box<T>>) -> &'static T {
    Box::leak(value.into())
}

pub(super) fn all<T, U>(items: &[T], desc: impl Fn(&T) -> U) -> &'static [U] {
    kept(items.iter().map(desc).collect::<Vec<U>>())
}

pub(super) fn type_ref(ty: &Type) -> TypeRef {
    TypeRef {
        head: match &ty.name {
            Name::Builtin(builtin) => Head::Builtin(*builtin),
            Name::Array(length) => Head::Array(*length),
            Name::Const(ty, value) => Head::Const(*ty, *value),
            Name::Named(id) => Head::Named(kept(id.as_str())),
            Name::Opaque(opaque) => Head::Opaque(OpaqueDesc {
                text: kept(opaque.text.as_str()),
                size: bytes(opaque.size),
                align: bytes(opaque.align),
            }),
        },
        args: all(&ty.args, |arg| kept::<TypeRef>(Box::new(type_ref(arg)))),
    }
}

/// More than an address can hold is refused like any other size that cannot be.
pub(super) fn bytes(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

//! The crates whose types are state by the feature of hotmod that is named after them.

use syn::{Path, Type};

use crate::names::unraw;

/// A crate with such a feature.
pub(crate) struct Featured {
    pub(crate) feature: &'static str,
    /// The trait of [`private`](../hotmod/private) by whose error the compiler names the feature.
    pub(crate) asked: &'static str,
    /// The names of its types that say enough by themselves. This list only chooses between errors about a type,
    /// since a name does not prove which type it is.
    types: &'static [&'static str],
}

const fn featured(
    feature: &'static str,
    asked: &'static str,
    types: &'static [&'static str],
) -> Featured {
    Featured {
        feature,
        asked,
        types,
    }
}

const FEATURED: &[Featured] = &[
    featured("ahash", "KeptByAhash", &["AHasher"]),
    featured("arrayvec", "KeptByArrayvec", &["ArrayString", "ArrayVec"]),
    featured("bitflags", "KeptInMacro", &[]),
    featured("bytes", "KeptByBytes", &["Bytes", "BytesMut"]),
    featured(
        "chrono",
        "KeptByChrono",
        &[
            "DateTime",
            "FixedOffset",
            "Month",
            "NaiveDate",
            "NaiveDateTime",
            "NaiveTime",
            "TimeDelta",
            "Weekday",
        ],
    ),
    featured("compact_str", "KeptByCompactStr", &["CompactString"]),
    featured("dashmap", "KeptByDashmap", &["DashMap", "DashSet"]),
    featured("either", "KeptByEither", &["Either"]),
    featured("fxhash", "KeptByFxhash", &["FxHashMap", "FxHashSet"]),
    featured(
        "glam",
        "KeptByGlam",
        &[
            "DMat2", "DMat3", "DMat4", "DQuat", "DVec2", "DVec3", "DVec4", "IVec2", "IVec3",
            "IVec4", "Mat2", "Mat3", "Mat4", "Quat", "UVec2", "UVec3", "UVec4", "Vec2", "Vec3",
            "Vec4",
        ],
    ),
    featured("hashbrown", "KeptByHashbrown", &["DefaultHashBuilder"]),
    featured("indexmap", "KeptByIndexmap", &["IndexMap", "IndexSet"]),
    featured(
        "nalgebra",
        "KeptByNalgebra",
        &[
            "DMatrix",
            "DVector",
            "Matrix2",
            "Matrix3",
            "Matrix4",
            "OPoint",
            "Point2",
            "Point3",
            "Quaternion",
            "SMatrix",
            "SVector",
            "Vector2",
            "Vector3",
            "Vector4",
        ],
    ),
    featured(
        "ordered-float",
        "KeptByOrderedFloat",
        &["NotNan", "OrderedFloat"],
    ),
    featured("parking_lot", "KeptByParkingLot", &["Mutex", "RwLock"]),
    featured("rust_decimal", "KeptByRustDecimal", &["Decimal"]),
    featured(
        "rustc-hash",
        "KeptByRustcHash",
        &["FxBuildHasher", "FxHasher"],
    ),
    featured(
        "semver",
        "KeptBySemver",
        &["Comparator", "Version", "VersionReq"],
    ),
    featured("serde_json", "KeptBySerdeJson", &["Number", "Value"]),
    featured(
        "slotmap",
        "KeptBySlotmap",
        &[
            "DefaultKey",
            "DenseSlotMap",
            "KeyData",
            "SecondaryMap",
            "SlotMap",
            "SparseSecondaryMap",
        ],
    ),
    featured("smallvec", "KeptBySmallvec", &["SmallVec"]),
    featured("smol_str", "KeptBySmolStr", &["SmolStr"]),
    featured(
        "time",
        "KeptByTime",
        &[
            "OffsetDateTime",
            "PrimitiveDateTime",
            "UtcDateTime",
            "UtcOffset",
        ],
    ),
    featured("url", "KeptByUrl", &["Url"]),
    featured("uuid", "KeptByUuid", &["Uuid"]),
];

/// The crate that a type seems to be of, by its path, or by its name where the path names no crate.
pub(crate) fn of(ty: &Type) -> Option<&'static Featured> {
    match ty {
        Type::Path(path) if path.qself.is_none() => of_path(&path.path),
        _ => None,
    }
}

/// The same of a path.
pub(crate) fn of_path(path: &Path) -> Option<&'static Featured> {
    let mut names = path.segments.iter().map(|it| unraw(&it.ident));
    let (first, last) = (names.next()?, names.next_back());
    match last {
        // `chrono::DateTime`
        Some(_) => FEATURED
            .iter()
            .find(|it| it.feature.replace('-', "_") == first),
        None => FEATURED
            .iter()
            .find(|it| it.types.contains(&first.as_str())),
    }
}

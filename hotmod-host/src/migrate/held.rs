//! Values that are no states, planned for as if they were: plans are made for states, which are described types.

use hotmod::describe::{Described, Description, Field, ImplementedInterface, Name, Shape, Type};
use hotmod::operations::Operations;
use hotmod_file::plan::{ConversionBody, Plan, Source, Step};

/// A type that holds a value, as if it were a state. No source can name one so.
pub(crate) const HOLDER: &str = "what holds a value";

/// The same description, with a state that holds a value of this type.
pub(crate) fn holding(
    mut description: Description,
    ty: &Type,
    operations: &Operations,
) -> Description {
    let holder = Type {
        name: Name::Named(HOLDER.to_owned()),
        args: Vec::new(),
    };
    let (size, align) = (operations.size as u64, operations.align as u64);
    let field = Field {
        name: "0".to_owned(),
        ty: ty.clone(),
        size,
        align,
        offset: Some(0),
        attributes: Vec::new(),
        with: None,
    };
    let described = Described {
        size,
        align,
        meaning: 0,
        attributes: Vec::new(),
        shape: Shape::Struct(vec![field]),
    };
    description.types.insert(holder.clone(), described);
    let implementation = ImplementedInterface {
        symbol: String::new(),
        state: holder,
        methods: Vec::new(),
    };
    description
        .implementations
        .insert(HOLDER.to_owned(), implementation);
    description
}

/// What becomes of the value that such a state holds.
pub(crate) fn held_step(plan: &Plan) -> Option<&Step> {
    let holder = Type {
        name: Name::Named(HOLDER.to_owned()),
        args: Vec::new(),
    };
    match plan.step(&holder)? {
        Step::Convert(place) => match &plan.conversions.get(*place)?.body {
            ConversionBody::Struct(fields) => match fields.sources.first()? {
                Source::Field { step, .. } => Some(step),
                _ => None,
            },
            _ => None,
        },
        step => Some(step),
    }
}

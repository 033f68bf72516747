//! Where values that cross together lie.

use abi_stable::std_types::RString;

use super::*;
use crate::call::boundary::Boundary;
use crate::call::boundary::Cons;
use std::mem::offset_of;

#[test]
fn values_lie_where_a_list_of_them_has_them() {
    type List = Cons<u8, Cons<u64, Cons<u16, Cons<u8, ()>>>>;
    let all = [
        u8::PASSING,
        u64::PASSING,
        u16::PASSING,
        <u8 as Boundary>::PASSING,
    ];
    assert_eq!(Passing::size(&all), (size_of::<List>(), align_of::<List>()));
    let first = offset_of!(List, 0);
    let second = offset_of!(List, 1);
    let third = second + offset_of!(Cons<u64, Cons<u16, Cons<u8, ()>>>, 1);
    let fourth = third + offset_of!(Cons<u16, Cons<u8, ()>>, 1);
    let found: Vec<_> = (0..4).map(|place| Passing::offset(&all, place)).collect();
    assert_eq!(found, [first, second, third, fourth]);
    assert_eq!(Passing::size(&[]), (0, 1));
}

#[test]
fn a_value_in_a_container_crosses_by_the_operations_of_what_crosses() {
    let passing = <Vec<Option<String>>>::PASSING;
    assert_eq!(
        passing.wire.size,
        size_of::<abi_stable::std_types::RVec<u8>>()
    );
    let item = (passing.wire.part)(0).expect("the item");
    assert_eq!(
        item.size,
        size_of::<abi_stable::std_types::ROption<RString>>()
    );
}

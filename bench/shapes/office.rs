// What a module has for the interface of 200 methods, whatever its orders are.

/// The state.
#[derive(StableState)]
pub struct Office {
    sum: u64,
}

#[hotmod::init]
fn office() -> Office {
    Office { sum: 1 }
}

macro_rules! export {
    ([$($order:ident)*] [$($receipt:ident)*]) => {
        #[hotmod::export]
        impl Many for Office {
            $(fn $order(&self, order: Order) -> u64 {
                self.sum + order.id
            })*
            $(fn $receipt(&self, receipt: Receipt) -> u64 {
                self.sum + receipt.id
            })*
        }
    };
}

methods!(export);

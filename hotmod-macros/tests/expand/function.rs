pub fn damage(base: u32, armour: u32) -> u32 {
    base - armour
}

pub async fn damage<T>(base: T) -> &'static str {
    "none"
}
::core::compile_error! {
    "a generic export has no code until a type is chosen [HM-0903]\nhelp: write the type, or export one function for each type"
}
::core::compile_error! {
    "`'static` data of a module is replaced with the module [HM-0904]\nhelp: borrow it for the call (`&str`) or pass it owned (`String`)"
}

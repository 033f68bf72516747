fn player(old: &OldPlayer) -> Result<Player, String> {
    Ok(Player { name: old.name.clone() })
}


# The same for `cargo hotmod`. What follows `cargo` is otherwise completed as it was before.
_cargo_or_hotmod() {
    local verb=1
    [[ ${COMP_WORDS[1]} == +* ]] && verb=2
    if [[ ${COMP_WORDS[verb]} == hotmod && $COMP_CWORD -gt $verb ]]; then
        COMP_WORDS=(cargo-hotmod "${COMP_WORDS[@]:verb+1}")
        COMP_CWORD=$((COMP_CWORD - verb))
        _cargo_hotmod cargo-hotmod "$2" "$3"
        return
    fi
    if [[ -z ${_cargo_before_hotmod:-} ]]; then
        # Where completions are loaded when they are needed first, that of cargo was not.
        if declare -F _comp_load > /dev/null; then
            _comp_load cargo
        elif declare -F _completion_loader > /dev/null; then
            _completion_loader cargo
        fi
        _cargo_note_before_hotmod
    fi
    if [[ -n ${_cargo_before_hotmod:-} ]]; then
        "$_cargo_before_hotmod" "$@"
    fi
}

# Notes which function completes what follows `cargo`, and has `hotmod` be asked first.
_cargo_note_before_hotmod() {
    local known
    known=$(complete -p cargo 2> /dev/null)
    if [[ $known =~ -F[[:space:]]+([^[:space:]]+) && ${BASH_REMATCH[1]} != _cargo_or_hotmod ]]; then
        _cargo_before_hotmod=${BASH_REMATCH[1]}
    fi
    complete -F _cargo_or_hotmod -o bashdefault -o default cargo
}

_cargo_note_before_hotmod

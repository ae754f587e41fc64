# bash: source <(ksmg completion bash)
_ksmg() {
    local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
    COMPREPLY=($(compgen -W "$(ksmg "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _ksmg ksmg

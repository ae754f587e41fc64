#compdef ksmg
# zsh: source <(ksmg completion zsh)
_ksmg() {
    local line="$BUFFER[1,CURSOR]"
    local -a found
    found=("${(@f)$(ksmg "[suggest:${#line}]" "$line" 2>/dev/null)}")
    compadd -- $found || _files
}
compdef _ksmg ksmg

# fish: ksmg completion fish | source
function __ksmg_suggest
    set -l line (commandline -cp)
    ksmg "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete -c ksmg -a '(__ksmg_suggest)'

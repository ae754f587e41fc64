using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What runs on the nodes: POSIX shell and the core utilities. Names of files never become code there.</summary>
internal static class RemoteScript
{
    public const int MostFiles = 10_000;
    public const int MostBytes = 16 * 1024 * 1024;

    /// <summary>For the marks, and for what a login prints before them.</summary>
    public const int MostBeside = 64 * 1024;

    public const int IsLink = 90;
    public const int IsAbsent = 91;
    public const int IsTooLarge = 92;
    public const int AreTooMany = 93;
    public const int IsIncomplete = 94;
    public const int IsFolder = 95;

    /// <summary>
    /// Arguments: path. Prints the content of a regular file.
    /// </summary>
    public static readonly string Read = Script($$"""
        [ ! -L "$1" ] || exit {{IsLink}}
        [ -f "$1" ] || { absent "$1"; exit {{IsAbsent}}; }
        s=$(stat -c %s -- "$1") || exit 1
        [ "$s" -le {{MostBytes}} ] || exit {{IsTooLarge}}
        cat <"$1" || exit 1
        """);

    /// <summary>
    /// Arguments: path, mode, owner, SHA-256, target of a link or nothing; the content on standard input. A connection that breaks looks
    /// like the end of the content, so only what has the digest takes the file's place.
    /// </summary>
    public static readonly string Write = Script($$"""
        f=$1 m=$2 o=$3 h=$4 l=$5 d=${1%/*}
        [ -n "$l" ] || [ ! -L "$f" ] || exit {{IsLink}}
        [ -L "$f" ] || [ ! -d "$f" ] || exit {{IsFolder}}
        umask 077
        t=$(mktemp "$d/.ksmg-XXXXXXXXXX") || exit 1
        trap 'rm -f -- "$t"' EXIT
        trap 'exit 1' HUP INT TERM
        if [ -n "$l" ]; then
          ln -sfn -- "$l" "$t" && chown -h -- "$o" "$t" || exit 1
        else
          cat >"$t" || exit 1
          s=$(sha256sum <"$t") || exit 1
          [ "${s%% *}" = "$h" ] || exit {{IsIncomplete}}
          chown -- "$o" "$t" && chmod -- "$m" "$t" || exit 1
          sync -- "$t" 2>/dev/null || sync
        fi
        mv -fT -- "$t" "$f" || exit 1
        sync -- "$d/" 2>/dev/null || sync
        """);

    /// <summary>
    /// Argument: path. Prints version and release of the package that owns the file, and every file of it with its digest; nothing where
    /// nobody knows.
    /// </summary>
    public const string AskPackages = """
        command -v rpm >/dev/null 2>&1 || exit 0
        rpm -qf --qf '[%{=VERSION}.%{=RELEASE}\t%{FILENAMES}\t%{FILEDIGESTS}\n]' "$1" 2>/dev/null || exit 0
        """;

    /// <summary>
    /// Folders on standard input, one a line. Prints the user, by number and name, and each of the folders in which the user could not
    /// replace a file; a NUL ends each of them.
    /// </summary>
    public const string AskRights = """
        printf '%s\0%s\0' "$(id -u)" "$(id -un)"
        while IFS= read -r d; do
          [ -w "$d" ] && [ -x "$d" ] || printf '%s\0' "$d"
        done
        """;

    private static readonly string ListEach = Script($$"""
        n=0
        list() {
          if [ -L "$1" ]; then
            count
            s=$(stat -c '%a/%s/%u/%g/%U/%G' -- "$1") || exit 1
            printf '%s\0%s\0link\0' "$1" "$s"
            readlink -n -- "$1" || exit 1
            printf '\0'
          elif [ -f "$1" ]; then
            count
            s=$(stat -c '%a/%s/%u/%g/%U/%G' -- "$1") || exit 1
            z=${s#*/}
            [ "${z%%/*}" -le {{MostBytes}} ] || { printf '%s\n' "$1" >&2; exit {{IsTooLarge}}; }
            h=$(sha256sum <"$1") || exit 1
            printf '%s\0%s\0file\0%s\0' "$1" "$s" "${h%% *}"
          elif [ -d "$1" ]; then
            [ -r "$1" ] && [ -x "$1" ] || { printf '%s: Permission denied\n' "$1" >&2; exit 1; }
            for e in "${1%/}"/* "${1%/}"/.[!.]* "${1%/}"/..?*; do
              if [ -L "$e" ] || [ -e "$e" ]; then list "$e"; fi
            done
          fi
        }
        count() {
          n=$((n + 1))
          [ "$n" -le {{MostFiles}} ] || exit {{AreTooMany}}
        }
        for f do
          if [ -L "$f" ] || [ -e "$f" ]; then
            list "$f"
          else
            absent "$f"
            printf '%s\0\0absent\0\0' "$f"
          fi
        done
        """);

    /// <summary>
    /// Prints path, what <c>stat</c> says, kind, and digest or target of each file; a NUL ends each of them. A folder stands for all files
    /// below it. A configured path that matches nothing is printed as <c>absent</c>; a file that cannot be reached is an error.
    /// </summary>
    /// <param name="words">The configured paths, quoted but for their wildcards.</param>
    public static string List(IEnumerable<string> words) => $"set -- {string.Join(' ', words)}\n{ListEach}";

    /// <summary>
    /// A script between two marks. Exit code 0 alone proves nothing: a login may lead to a menu or greet with a text, and then it is not
    /// the script that answered.
    /// </summary>
    public static string Marked(string script, string mark) => $"printf '{Begin(mark)}\n'\n(\n{script}\n)\ns=$?\nprintf '{End(mark)}\n'\nexit $s";

    /// <summary>Whether a marked script began at all.</summary>
    public static bool Began(ReadOnlyMemory<byte> output, string mark) => output.Span.IndexOf(Encoding.ASCII.GetBytes(Begin(mark) + "\n")) >= 0;

    /// <summary>What a marked script printed; <see langword="null"/>: it did not run to its end.</summary>
    public static ReadOnlyMemory<byte>? Printed(ReadOnlyMemory<byte> output, string mark)
    {
        byte[] begin = Encoding.ASCII.GetBytes(Begin(mark) + "\n");
        int start = output.Span.IndexOf(begin);
        int end = output.Span.LastIndexOf(Encoding.ASCII.GetBytes(End(mark)));
        if (start < 0 || end < start + begin.Length)
        {
            return null;
        }

        return output[(start + begin.Length)..end];
    }

    private static string Begin(string mark) => $"ksmg-{mark}-begin";

    private static string End(string mark) => $"ksmg-{mark}-end";

    private static string Script(string text) => ("""
        absent() {
          e=$(LC_ALL=C stat -- "$1" 2>&1 >/dev/null)
          case $e in ''|*'No such file'*|*'Not a directory'*) return 0 ;; esac
          printf '%s\n' "$e" >&2
          exit 1
        }

        """ + text).ReplaceLineEndings("\n");
}

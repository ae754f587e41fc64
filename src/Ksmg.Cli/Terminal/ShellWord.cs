using System.Globalization;
using System.Text;

namespace Ksmg.Cli;

/// <summary>A word of a command that a person pastes: as the shell has to see it.</summary>
internal static class ShellWord
{
    private const string Safe = "_@%+=:,./-";

    /// <summary>The word, quoted where the shell would take it apart or replace something in it.</summary>
    public static string Quote(string word)
    {
        if (OperatingSystem.IsWindows())
        {
            return word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || c == '\\' || Safe.Contains(c, StringComparison.Ordinal)) ? word : $"\"{word}\"";
        }

        if (word.EnumerateRunes().Any(Printable.IsTrick))
        {
            return Escaped(word);
        }

        return word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Safe.Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A path, that no command takes for an option or for a file of arguments.</summary>
    public static string QuotePath(string path) => Quote(path is ['-' or '@', ..] ? $".{Path.DirectorySeparatorChar}{path}" : path);

    /// <summary>What cannot be printed cannot be pasted: its bytes by their numbers, as bash, zsh and ksh read them.</summary>
    private static string Escaped(string word)
    {
        StringBuilder text = new("$'");
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (Printable.IsTrick(rune))
            {
                byte[] bytes = Encoding.UTF8.GetBytes(rune.ToString());
                text.AppendJoin(string.Empty, bytes.Select(b => string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}")));
            }
            else
            {
                text.Append(rune.Value is '\\' or '\'' ? "\\" : string.Empty).Append(rune.ToString());
            }
        }

        return text.Append('\'').ToString();
    }
}

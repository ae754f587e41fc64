using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Paths as words of a shell on the other side.</summary>
internal static class RemotePath
{
    /// <summary>A text that means itself.</summary>
    public static string Quote(string text) => "'" + text.Replace("'", @"'\''", StringComparison.Ordinal) + "'";

    /// <summary>
    /// A configured path: everything is quoted but the wildcards that no backslash stands before; <see langword="null"/> when it is no
    /// absolute path.
    /// </summary>
    public static string? Word(string pattern)
    {
        if (pattern.Length < 2 || pattern[0] != '/' || pattern.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        StringBuilder word = new();
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '\\')
            {
                if (++i == pattern.Length)
                {
                    return null;
                }

                word.Append(Quote(pattern[i].ToString()));
                continue;
            }

            // In a class '-', '!' and the letters keep their meaning only without quotes; a class that is never closed means itself.
            bool opens = c == '[' && pattern.IndexOf(']', i) > 0;
            bool bare = char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '*' or '?' || opens || (inClass && c is (']' or '!'));
            word.Append(bare ? c.ToString() : Quote(c.ToString()));
            inClass = opens || (inClass && c != ']');
        }

        return word.ToString();
    }
}

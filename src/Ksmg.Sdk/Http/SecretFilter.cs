using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Http;

/// <summary>
/// Takes a secret out of what a node said, in whatever way it is written there: as it is, escaped as JSON (once or several times), as part
/// of a web address, as HTML, as Base64. A secret that is a word people use is taken out only where it stands as a value: everywhere else
/// it is just that word, and the gap would betray it.
/// </summary>
internal static class SecretFilter
{
    private const string Mask = "***";

    /// <summary>What is shorter than this, or a word, is looked for as a word of its own, not within others.</summary>
    private const int ShortLength = 4;

    /// <summary>The words of our own texts, and those of the wire that steer us.</summary>
    private static readonly Lazy<FrozenSet<string>> Common = new(() => WordFile.Languages
        .SelectMany(language => WordFile.Culture(language) is { } culture ? Words.File.All(culture).Values : [])
        .Append(
            "busy forbidden found internal invalid unauthorized notFound xsrf error errors user users wrong success session access server admin test name key code")
        .Append(
            "failed failure denied request response account login logon credentials secret token cookie please again later try unknown missing required allowed")
        .Append("root guest manager system service host mail domain data value field form page site web welcome hello default true false null none")
        .SelectMany(text => text.Split(text.Where(c => !char.IsLetter(c)).Distinct().ToArray(), StringSplitOptions.RemoveEmptyEntries))
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase));

    public static string Redact(string text, IEnumerable<string> secrets)
    {
        foreach (string secret in secrets.Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length))
        {
            text = Redact(text, secret);
            string base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=');
            text = secret.Length >= ShortLength ? text.Replace(base64, Mask, StringComparison.Ordinal) : text;
        }

        return text;
    }

    private static string Redact(string text, string secret)
    {
        bool isWord = secret.All(char.IsLetter);
        bool stands = isWord || secret.Length < ShortLength;
        bool isCommon = isWord && Common.Value.Contains(secret);
        StringBuilder? result = null;
        int copied = 0;
        for (int i = 0; i < text.Length;)
        {
            if (text[i] == '\\' && i > copied + 1 && text[i - 1] == '\\' && text[i - 2] == '\\')
            {
                // Within a run of backslashes nothing begins that did not begin before: a run would else be read once for each of them.
                i++;
            }
            else if (Match(text, i, secret) is { } end && (!stands || StandsAlone(text, i, end)) && (!isCommon || IsValue(text, i, end)))
            {
                result = (result ?? new StringBuilder()).Append(text, copied, i - copied).Append(Mask);
                i = copied = end;
            }
            else
            {
                i++;
            }
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Where the secret ends that begins here, or nothing.</summary>
    private static int? Match(string text, int start, string secret)
    {
        int at = start;
        Rune before = default;
        foreach (Rune rune in secret.EnumerateRunes())
        {
            if (rune.Value == '\\')
            {
                // However many there are: escaped, each is two, and what follows them has one of its own.
                int first = at;
                while ((ReadPercent(text, at, rune) ?? ReadUnit(text, at, '\\')) is { } next)
                {
                    at = next;
                }

                if (at == first && before != rune)
                {
                    return null;
                }

                before = rune;
                continue;
            }

            before = rune;
            if (ReadPercent(text, at, rune) is { } percent)
            {
                at = percent;
                continue;
            }

            if (ReadEntity(text, at, rune) is { } entity)
            {
                at = entity;
                continue;
            }

            foreach (char unit in rune.ToString())
            {
                if (ReadUnit(text, at, unit) is not { } next)
                {
                    return null;
                }

                at = next;
            }
        }

        return at;
    }

    /// <summary>The character itself or its escape, behind any number of backslashes: a text may be escaped more than once.</summary>
    private static int? ReadUnit(string text, int at, char unit)
    {
        int end = at;
        while (end < text.Length && text[end] == '\\')
        {
            end++;
        }

        // The last of a run of backslashes that stood for some may be that of the escape that follows.
        bool isEscaped = end > at || (at > 0 && text[at - 1] == '\\');
        if (isEscaped && end + 4 < text.Length && text[end] is 'u' or 'U'
            && ushort.TryParse(text.AsSpan(end + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code) && code == unit)
        {
            return end + 5;
        }

        if (unit == '\\')
        {
            return end > at ? end : null;
        }

        if (end < text.Length && text[end] == unit)
        {
            return end + 1;
        }

        // A space in a form; the letters of control characters do not occur: nobody types them, and none are sent.
        return unit == ' ' && end < text.Length && text[end] == '+' ? end + 1 : null;
    }

    private static int? ReadPercent(string text, int at, Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte one in bytes[..rune.EncodeToUtf8(bytes)])
        {
            if (at + 2 >= text.Length || text[at] != '%'
                || !byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte seen) || seen != one)
            {
                return null;
            }

            at += 3;
        }

        return at;
    }

    private static int? ReadEntity(string text, int at, Rune rune)
    {
        const int longest = 10;
        if (at >= text.Length || text[at] != '&')
        {
            return null;
        }

        int end = text.IndexOf(';', at, Math.Min(longest, text.Length - at));
        return end > 0 && System.Net.WebUtility.HtmlDecode(text[at..(end + 1)]) == rune.ToString() ? end + 1 : null;
    }

    private static bool StandsAlone(string text, int start, int end) =>
        (start == 0 || !char.IsLetterOrDigit(text[start - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]));

    /// <summary>Behind an equals sign, or between quotes or tags, and not the name of a value.</summary>
    private static bool IsValue(string text, int start, int end)
    {
        char before = start > 0 ? text[start - 1] : ' ';
        ReadOnlySpan<char> after = text.AsSpan(end).TrimStart('\\');
        bool isName = after.Length > 0 && after[1..].TrimStart().StartsWith(":");
        return before == '='
            || (before is '"' or '\'' && after.Length > 0 && after[0] == before && !isName)
            || (before == '>' && after.StartsWith("<"));
    }
}

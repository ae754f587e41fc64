using System.Globalization;
using System.Text;

namespace Ksmg.Sdk;

/// <summary>
/// Foreign text before it reaches a terminal or a log: what a node, a neighbour or a file's name says must neither steer the one nor
/// forge lines in the other. One rule for this library, its adapters and the command line.
/// </summary>
internal static class Printable
{
    private const int LongestLine = 500;
    private const int LongestBeginning = 150;

    /// <summary>The text on one line: each character that ends a line, steers a terminal, or turns the direction of writing is a space.</summary>
    public static string Line(string? text)
    {
        if (text is null || !IsTricky(text))
        {
            return text ?? string.Empty;
        }

        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // Half a surrogate pair comes as U+FFFD.
            line.Append(IsTrick(rune) ? " " : rune.ToString());
        }

        return line.ToString();
    }

    /// <summary>A foreign text on one line, cut where it is long, with one blank where there are several.</summary>
    public static string OneLine(string? text, int most = LongestLine)
    {
        StringBuilder line = new();
        foreach (char c in Line(text))
        {
            if (c != ' ')
            {
                line.Append(c);
            }
            else if (line is [.., not ' '])
            {
                line.Append(' ');
            }

            if (line.Length >= most)
            {
                return line.Append('…').ToString();
            }
        }

        return line.ToString().Trim();
    }

    /// <summary>
    /// What a program complains of, on one line. Of a long text the beginning and the end are kept: the reason comes first or last,
    /// never in between.
    /// </summary>
    public static string Reason(string? text)
    {
        string line = OneLine(text, int.MaxValue);
        return line.Length <= LongestLine
            ? line
            : $"{line[..CutAt(line, LongestBeginning)]}…{line[CutAt(line, line.Length - (LongestLine - LongestBeginning))..]}";

        static int CutAt(string line, int at) => char.IsLowSurrogate(line[at]) ? at + 1 : at;
    }

    /// <summary>JSON whose strings hold nothing but what can be printed; it means the same. Line ends between its values stay.</summary>
    public static string Json(string json)
    {
        if (!IsTricky(json))
        {
            return json;
        }

        StringBuilder text = new(json.Length);
        foreach (Rune rune in json.EnumerateRunes())
        {
            if (!IsTrick(rune) || rune.Value is '\n' or '\r')
            {
                text.Append(rune.ToString());
                continue;
            }

            foreach (char unit in rune.ToString())
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }
        }

        return text.ToString();
    }

    /// <summary>Whether a character does something else than being read.</summary>
    public static bool IsTrick(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsTricky(string text)
    {
        foreach (char c in text)
        {
            // Surrogates are looked at in pairs.
            if (!char.IsAscii(c) || char.IsControl(c))
            {
                return true;
            }
        }

        return false;
    }
}

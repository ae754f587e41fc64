using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What differs between two files, as <c>diff -u</c> prints it; for people who carry a change over by hand.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>Beyond this many comparisons what differs in the middle is shown as one block.</summary>
    private const long MostComparisons = 4_000_000;

    /// <summary>How to get from one file to the other. Every byte stands for a letter, so that any encoding comes through.</summary>
    public static string Of(string fromName, ReadOnlySpan<byte> from, string toName, ReadOnlySpan<byte> to)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"--- {fromName}\n+++ {toName}\n");
        if (from.Contains((byte)0) || to.Contains((byte)0))
        {
            return text.Append("Binary files differ.\n").ToString();
        }

        List<(char Sign, string Line)> lines = Compare(Lines(from), Lines(to));
        for (int i = lines.FindIndex(l => l.Sign != ' '); i >= 0;)
        {
            int start = Math.Max(0, i - Context);
            int last = i;
            int next = i;
            while ((next = lines.FindIndex(last + 1, l => l.Sign != ' ')) >= 0 && next - last <= 2 * Context)
            {
                last = next;
            }

            AppendHunk(text, lines, start, Math.Min(lines.Count, last + Context + 1));
            i = next;
        }

        return text.ToString();
    }

    private static void AppendHunk(StringBuilder text, List<(char Sign, string Line)> lines, int start, int end)
    {
        List<(char Sign, string Line)> hunk = lines[start..end];
        text.Append(CultureInfo.InvariantCulture, $"@@ -{Range('+')} +{Range('-')} @@\n");
        foreach ((char sign, string line) in hunk)
        {
            text.Append(sign).Append(line).Append(line.EndsWith('\n') ? string.Empty : "\n\\ No newline at end of file\n");
        }

        // Nothing is counted from the line before it.
        string Range(char others)
        {
            int count = hunk.Count(l => l.Sign != others);
            int before = lines[..start].Count(l => l.Sign != others);
            return string.Create(CultureInfo.InvariantCulture, $"{(count == 0 ? before : before + 1)},{count}");
        }
    }

    /// <summary>Each with its end, so that a file whose last line has none differs from one whose last line has.</summary>
    private static string[] Lines(ReadOnlySpan<byte> content)
    {
        string[] lines = Encoding.Latin1.GetString(content).Split('\n');
        return [.. lines[..^1].Select(line => line + '\n'), .. lines[^1..].Where(line => line.Length > 0)];
    }

    private static List<(char Sign, string Line)> Compare(string[] from, string[] to)
    {
        int head = from.AsSpan().CommonPrefixLength(to);
        int tail = 0;
        while (tail < Math.Min(from.Length, to.Length) - head && from[^(tail + 1)] == to[^(tail + 1)])
        {
            tail++;
        }

        return
        [
            .. from[..head].Select(line => (' ', line)),
            .. CompareMiddle(from[head..^tail], to[head..^tail]),
            .. from[^tail..].Select(line => (' ', line)),
        ];
    }

    /// <summary>The longest common lines, by the table of all pairs.</summary>
    private static List<(char Sign, string Line)> CompareMiddle(string[] from, string[] to)
    {
        if ((long)from.Length * to.Length > MostComparisons)
        {
            return [.. from.Select(line => ('-', line)), .. to.Select(line => ('+', line))];
        }

        int[,] common = new int[from.Length + 1, to.Length + 1];
        for (int i = from.Length - 1; i >= 0; i--)
        {
            for (int j = to.Length - 1; j >= 0; j--)
            {
                common[i, j] = from[i] == to[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<(char, string)> lines = [];
        int a = 0;
        int b = 0;
        while (a < from.Length || b < to.Length)
        {
            if (a < from.Length && b < to.Length && from[a] == to[b])
            {
                lines.Add((' ', from[a++]));
                b++;
            }
            else if (b == to.Length || (a < from.Length && common[a + 1, b] >= common[a, b + 1]))
            {
                lines.Add(('-', from[a++]));
            }
            else
            {
                lines.Add(('+', to[b++]));
            }
        }

        return lines;
    }
}

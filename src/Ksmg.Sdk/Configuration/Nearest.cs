namespace Ksmg.Sdk;

/// <summary>What a misspelt word was meant to be.</summary>
internal static class Nearest
{
    /// <summary><c> Did you mean X?</c>, or nothing where no known word is near.</summary>
    public static string Ask(string word, IEnumerable<string> known) => Of(word, known) is { } nearest ? Words.Get("setting.nearest", nearest) : string.Empty;

    /// <summary>The known word that differs in the fewest letters; <see langword="null"/> where all differ in more than a third.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        if (word.Length > 100)
        {
            return null;
        }

        (string Word, int Distance)[] near = [.. known.Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant())))
            .Where(k => k.Distance <= Math.Max(2, Math.Max(word.Length, k.Word.Length) / 3))];
        return near.Length == 0 ? null : near.MinBy(k => k.Distance).Word;
    }

    /// <summary>How many letters are to be added, left out, replaced or swapped with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] steps = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    steps[i, j] = i + j;
                    continue;
                }

                int same = a[i - 1] == b[j - 1] ? 0 : 1;
                int least = Math.Min(Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1, steps[i - 1, j - 1] + same);
                bool isSwapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                steps[i, j] = isSwapped ? Math.Min(least, steps[i - 2, j - 2] + 1) : least;
            }
        }

        return steps[a.Length, b.Length];
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What identifies a step in its run. As text, in the journal and as JSON, <c>id/node/package</c> with <c>-</c> for what it has not:
/// <c>S8/gw2/0</c>, <c>S16/gw2/-</c>, <c>S0/-/-</c>. This is the only place that writes and reads that text.
/// </summary>
/// <param name="Id">Its number.</param>
/// <param name="Node">The node; <see langword="null"/> for steps of the run.</param>
/// <param name="Package">The index of the package, for steps done once per package.</param>
[JsonConverter(typeof(StepKeyConverter))]
public readonly record struct StepKey(StepId Id, string? Node = null, int? Package = null)
{
    private const string Nothing = "-";

    /// <summary>The text.</summary>
    public override string ToString() => $"{Id}/{Node ?? Nothing}/{Package?.ToString(CultureInfo.InvariantCulture) ?? Nothing}";

    /// <summary>Reads the text.</summary>
    /// <param name="text">The text, as <see cref="ToString"/> wrote it.</param>
    /// <exception cref="FormatException">It is no key of a step.</exception>
    public static StepKey Parse(string text) =>
        TryParse(text, out StepKey key) ? key : throw new FormatException(Words.Get("document.wrong-step-key", text));

    /// <summary>Reads the text, if it is one.</summary>
    /// <param name="text">The text, as <see cref="ToString"/> wrote it, or another one.</param>
    /// <param name="key">The key.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out StepKey key)
    {
        key = default;
        ReadOnlySpan<char> all = text;
        int first = all.IndexOf('/');
        int last = all.LastIndexOf('/');
        if (first <= 0 || last <= first + 1 || !TryParsePackage(all[(last + 1)..], out int? package))
        {
            return false;
        }

        ReadOnlySpan<char> node = all[(first + 1)..last];
        key = new StepKey(Procedure.IdOf(all[..first]), node is Nothing ? null : node.ToString(), package);
        return true;
    }

    private static bool TryParsePackage(ReadOnlySpan<char> text, out int? package)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        package = isNumber ? number : null;
        return isNumber || text is Nothing;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ksmg.Sdk;

/// <summary>
/// The full build of an appliance, such as <c>2.1.0.7854</c>. Compared structurally, never as text:
/// the short version <c>2.1</c> is a prefix of <c>2.1.1</c> too.
/// </summary>
/// <param name="Major">First part.</param>
/// <param name="Minor">Second part.</param>
/// <param name="Patch">Third part.</param>
/// <param name="Revision">Fourth part.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BuildNumber(int Major, int Minor, int Patch, int Revision)
    : IComparable<BuildNumber>, ISpanParsable<BuildNumber>
{
    /// <summary>Parses exactly four dot-separated numbers.</summary>
    /// <exception cref="FormatException">The text is not a full build.</exception>
    public static BuildNumber Parse(string s) => Parse(s.AsSpan(), null);

    /// <inheritdoc cref="Parse(string)"/>
    public static BuildNumber Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc cref="Parse(string)"/>
    public static BuildNumber Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out BuildNumber result)
            ? result
            : throw new FormatException(Words.Get("cluster.no-build", s.ToString()));

    /// <summary>Parses exactly four dot-separated numbers; <see langword="false"/> for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BuildNumber result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out BuildNumber)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, out BuildNumber result) =>
        TryParse(s.AsSpan(), null, out result);

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out BuildNumber)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out BuildNumber result)
    {
        result = default;
        Span<Range> parts = stackalloc Range[5];
        if (s.Length > 40 || s.Split(parts, '.') != 4)
        {
            return false;
        }

        Span<int> numbers = stackalloc int[4];
        for (int i = 0; i < 4; i++)
        {
            if (!int.TryParse(s[parts[i]], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
        }

        result = new BuildNumber(numbers[0], numbers[1], numbers[2], numbers[3]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(BuildNumber other) =>
        (Major, Minor, Patch, Revision).CompareTo((other.Major, other.Minor, other.Patch, other.Revision));

    /// <summary>Whether one build is older than the other.</summary>
    public static bool operator <(BuildNumber left, BuildNumber right) => left.CompareTo(right) < 0;

    /// <summary>Whether one build is newer than the other.</summary>
    public static bool operator >(BuildNumber left, BuildNumber right) => left.CompareTo(right) > 0;

    /// <summary>Whether one build is older than or the same as the other.</summary>
    public static bool operator <=(BuildNumber left, BuildNumber right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one build is newer than or the same as the other.</summary>
    public static bool operator >=(BuildNumber left, BuildNumber right) => left.CompareTo(right) >= 0;

    /// <summary>The build as the product prints it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}.{Revision}");
}

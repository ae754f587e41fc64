using System.Globalization;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What <c>eng/</c> tells tests through variables of the environment.</summary>
internal static class Variables
{
    /// <summary>A number, or another one where nothing is said.</summary>
    public static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What becomes of a file that is given for a package.</summary>
internal enum PackageVerdict
{
    /// <summary>Its KTGZ is read, without a word.</summary>
    Read,

    /// <summary>Its KTGZ is read, with a warning.</summary>
    Warned,

    /// <summary>It is not read, with a line that says why and how to go on.</summary>
    Refused,
}

/// <summary>A file as people's tools make it, and what is right to do with it.</summary>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Says">A regular expression over the refusal or the warnings.</param>
internal sealed record PackageCase(PackageVerdict Verdict, Func<byte[]> Bytes, string Says = "")
{
    public string FileName { get; init; } = "update.zip";

    public UpdatePackageOptions Options { get; init; } = new();

    /// <summary>The KTGZ that is read, where it is another one than in all of them.</summary>
    public byte[]? Content { get; init; }

    /// <summary>What must not be said.</summary>
    public string Never { get; init; } = "(?!)";
}

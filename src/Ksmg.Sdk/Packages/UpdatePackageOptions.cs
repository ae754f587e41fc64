namespace Ksmg.Sdk;

/// <summary>What the operator knows that the file names do not tell.</summary>
public sealed record UpdatePackageOptions
{
    /// <summary>The build a single, renamed package starts from.</summary>
    public BuildNumber? From { get; init; }

    /// <summary>The build a single, renamed package leads to.</summary>
    public BuildNumber? To { get; init; }

    /// <summary>The names of the KTGZ entries in the order of their installation, where it cannot be told.</summary>
    public IReadOnlyList<string>? Files { get; init; }
}
